import Checkpoints
import Datasets
import Files
import Foundation
import NeuralFields
import Sequences

/// What the user names as a scene of a model, looked up.
///
/// It is a name, the path of a latent file (`*.latent.safetensors`), `mean`, or a weighted sum of such
/// terms: `a*0.3 + b*0.7 - c*0.2`. `FILE@2` is a row of the trajectory that a latent file holds.
struct SceneReference {
  /// What the scene is called where files are named after it.
  let name: String
  /// What was asked for.
  let written: LatentMix
  /// The same with moving scenes as they are at the time that was asked for.
  let mix: LatentMix
  /// Whether a part of it is a scene that moves.
  let moves: Bool
  let latent: SceneLatent

  /// Looks up a scene.
  ///
  /// - Parameters:
  ///   - text: what the user wrote; nil for the first scene.
  ///   - time: of scenes that move, 0…1.
  ///   - place: the option that it was written for, or the place in a file.
  ///   - folder: which latent files must lie in, where a file names them.
  ///   - library: receives the latent files that are named.
  ///   - budget: counts them before they are read.
  init(
    _ text: String?, place: String = "--scene", inside folder: String? = nil,
    at time: Double = 0, of model: Checkpoint, library: inout LatentLibrary,
    budget: inout MemoryBudget
  ) throws {
    let mix: LatentMix
    do {
      mix =
        try text.map { try LatentMix(parsing: $0, names: model.configuration.knownNames) }
        ?? LatentMix(.scene(model.configuration.defaultScene))
    } catch LatentMixError.unknownScene(let name, let nearest, _) {
      // Variants that training made are no scenes that the user knows.
      throw CommandFailure(
        LatentMixError.unknownScene(
          name: name, nearest: nearest, count: model.latents.ownRows.count), place: place)
    } catch let error as LatentMixError where folder != nil {
      // What a file says is data, not use.
      throw CommandFailure("\(place): \(error)", .badData)
    } catch let error as LatentMixError {
      throw CommandFailure(error, place: place)
    }
    for part in mix.parts {
      guard let folder, let path = part.source.path,
        ConfinedPath.path(path, inside: folder) == nil
      else { continue }
      throw CommandFailure(
        "\(place): found \(path.clipped(to: 120)), expected a latent file inside the working folder",
        .badData)
    }
    try self.init(mix, at: time, of: model, library: &library, budget: &budget)
  }

  init(
    _ text: String?, place: String = "--scene", of model: Checkpoint, budget: inout MemoryBudget
  ) throws {
    var library = LatentLibrary(model)
    try self.init(text, place: place, of: model, library: &library, budget: &budget)
  }

  /// - Throws: `CommandFailure` where the model has not all of the mix's scenes.
  init(
    _ mix: LatentMix, at time: Double = 0, of model: Checkpoint, library: inout LatentLibrary,
    budget: inout MemoryBudget
  ) throws {
    for part in mix.parts {
      guard case .scene(let name) = part.source,
        !model.configuration.knownNames.contains(name)
      else { continue }
      throw CommandFailure(
        LatentMixError.unknownScene(
          name: name, nearest: nil, count: model.latents.ownRows.count), place: "--scene")
    }
    try budget.keepLatents(mix.filePaths.filter { library.checksum(of: .file($0)) == nil })
    try CommandFailure.wrapping { try library.load(mix, of: model) }
    if let (source, rowCount) = library.missingRow(of: mix) {
      throw CommandFailure(
        "--scene: found \(source.text.clipped(to: 120)), expected "
          + (rowCount == 0
            ? "a latent file alone: this one holds no trajectory"
            : "one of the file's \(rowCount) rows"),
        .missingInput)
    }
    name = Self.fileName(mix)
    moves = mix.parts.contains { $0.source.trajectory(among: library.trajectories) != nil }
    written = mix
    self.mix = mix.moment(at: time, of: library.trajectories)
    latent = library.latent(of: self.mix)
  }

  /// The mix as a part of a file's name.
  private static func fileName(_ mix: LatentMix) -> String {
    var text = mix.text
    if mix.parts.count == 1, let path = mix.parts[0].source.path {
      text = URL(fileURLWithPath: path).lastPathComponent
      text = String(text.dropLast(LatentMix.fileSuffix.count))
    }
    let short = String(text.replacing("/", with: "_").replacing(" ", with: "").prefix(60))
    return short.isEmpty ? "latent" : short
  }
}

extension CommandFailure {
  init(_ error: LatentMixError, place: String) {
    let code: FailureCode =
      if case .unknownScene = error { .missingInput } else { .usage }
    self.init("\(place): \(error)", code)
  }
}
