import Checkpoints
import Files
import Foundation
import NeuralFields
import Training

/// The saved states in a run's folder, `state-000123.safetensors`: the last three, and the best.
///
/// The number counts all steps, those that were taken back included, so the highest is the newest. The
/// best is the one whose steps since the save before had the highest PSNR, as the run's log says.
struct SavedStates {
  let folder: String

  /// States that are kept beside the best one.
  static let keptCount = 3

  /// What they take on the disk at most, MiB: the four that are kept, and one that is being written.
  ///
  /// Each has parameters and both moments, and a running mean where there is one, of the last step and of
  /// the last good one. A cell takes half a byte where nothing is known to be empty yet, later far less.
  static func mebibytes(for state: TrainingState, keepsMean: Bool, cellCount: Int) -> Int {
    let numbers = state.hypernetwork.parameters.count + state.latents.values.count
    let bytes = 2 * (keepsMean ? 4 : 3) * 4 * numbers + state.latents.names.count * cellCount / 2
    return (keptCount + 2) * bytes >> 20 + 1
  }

  /// Where earlier versions kept the only one.
  private var unnumberedPath: String { folder + "/state.safetensors" }

  func path(of number: Int) -> String {
    folder + "/state-" + String(format: "%06ld", number) + ".safetensors"
  }

  /// The numbers of all states that are there, ascending.
  var numbers: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name in
      name.wholeMatch(of: /state-([0-9]{6,})\.safetensors/).flatMap { Int($0.1) }
    }.sorted()
  }

  private var newestFirst: [String] {
    numbers.reversed().map(path(of:))
      + (FileManager.default.fileExists(atPath: unnumberedPath) ? [unnumberedPath] : [])
  }

  /// A state to go on from.
  struct Loaded {
    let snapshot: TrainingSnapshot
    let state: TrainingState
    /// Nil for a run that begins.
    let health: TrainingGuard?
  }

  /// Reads the newest state that is valid, and says which newer ones are not.
  ///
  /// - Parameters:
  ///   - resolution: of the cells, as the run was begun with.
  ///   - admit: is asked for each file before it is read.
  /// - Throws: `CommandFailure` where there is none.
  func newest(resolution: Int, admit: (String) throws -> Void) throws -> Loaded {
    let paths = newestFirst
    var faults: [CheckpointError] = []
    for path in paths {
      try admit(path)
      do throws(CheckpointError) {
        let snapshot = try TrainingSnapshot.read(path)
        let (state, health) = try snapshot.trainerParts(resolution: resolution, path: path)
        for fault in faults { Terminal.error("warning: \(fault): an older state is used") }
        if !snapshot.isComplete {
          Terminal.error(
            "warning: \(path): found a state of an earlier version, which does not know where the "
              + "scenes are empty: the training goes on, but not to the same bytes")
        }
        return Loaded(snapshot: snapshot, state: state, health: health)
      } catch {
        faults.append(error)
      }
    }
    guard let first = faults.first else {
      throw CommandFailure(
        "\(folder): found no saved state, expected one: the run ended before its first save, begin "
          + "it again", .missingInput)
    }
    guard faults.count > 1 else { throw CommandFailure(first) }
    throw CommandFailure(
      "\(folder): found no valid state: " + faults.map(\.description).joined(separator: "; "),
      .badData)
  }

  /// Writes a state, and then removes those that are no longer wanted.
  ///
  /// - Parameter psnr: of the steps since the save before, by the states' numbers, dB.
  func write(_ snapshot: TrainingSnapshot, psnr: [Int: Double]) throws {
    try CommandFailure.wrapping {
      try snapshot.write(to: path(of: snapshot.number), overwriting: true)
    }
    let numbers = numbers
    var kept = Set(numbers.suffix(Self.keptCount))
    if let best = numbers.filter({ psnr[$0] != nil }).max(by: { psnr[$0] ?? 0 < psnr[$1] ?? 0 }) {
      kept.insert(best)
    }
    for number in numbers where !kept.contains(number) {
      try? FileManager.default.removeItem(atPath: path(of: number))
    }
    try? FileManager.default.removeItem(atPath: unnumberedPath)
  }

  /// Removes all of them.
  func removeAll() throws(FileError) {
    for path in newestFirst {
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw .cannotCreate(path: path, reason: "found no right to replace it")
      }
    }
  }
}
