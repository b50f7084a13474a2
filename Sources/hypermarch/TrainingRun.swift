import Checkpoints
import Datasets
import Files
import Foundation
import Imaging
import NeuralFields
import Training
import VolumeRendering

/// The folder of one training run: its settings, the state to go on from, a log and previews.
///
///     config.json                what the run was started with
///     state-000123.safetensors   all that it takes to go on: the last three saves, and the best
///     log.jsonl                  one JSON object per save
///     preview-000123.png         the first scene after so many steps
///     diagnostic.json            where the numbers went wrong for good: what they were
struct TrainingRun {
  let folder: String
  var settings: Settings
  private var logLines: [String] = []

  /// What a run was started with, kept so that `--resume` needs nothing else.
  struct Settings: Codable {
    var schema = 1
    /// Data set and model as they were named, and the folder that those names are relative to.
    var dataset: String
    var output: String
    var workingFolder = FileManager.default.currentDirectoryPath
    var scenes: [String]
    var maximumScenes: Int?
    var minutes: Double?
    var steps: Int?
    var storesHalfPrecision: Bool
    var saveIntervalSeconds: Double
    var configuration: TrainingConfiguration
    /// The options that decide the result, by name, for the model's record.
    var options: [String: String]

    /// Makes the names of data set and model hold in the folder that the run goes on from.
    mutating func relocate() {
      let here = FileManager.default.currentDirectoryPath
      guard here != workingFolder else { return }
      func moved(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(workingFolder)/\(path)"
      }
      (dataset, output, workingFolder) = (moved(dataset), moved(output), here)
    }

    /// The file that keeps them.
    var bytes: [UInt8] {
      get throws { try Array((Terminal.json(self) + "\n").utf8) }
    }
  }

  /// A new run; its folder is made, and must not hold another run unless overwriting.
  init(new folder: String, settings: Settings, overwriting: Bool) throws {
    self.folder = folder
    self.settings = settings
    try CommandFailure.wrapping {
      try FileWriter.createFolder(folder)
      if overwriting { try removeEarlierRun() }
      try FileWriter.write(settings.bytes, to: configurationPath, overwriting: overwriting)
    }
    removeLeftovers()
  }

  /// Removes what a run that is overwritten has saved: going on with its state would mix two runs.
  private func removeEarlierRun() throws(FileError) {
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: folder)) ?? []
    let previews = names.filter { $0.wholeMatch(of: /preview-[0-9]{6,}\.png/) != nil }
    try states.removeAll()
    let paths = [logPath, diagnosticPath] + previews.map { "\(folder)/\($0)" }
    for path in paths where files.fileExists(atPath: path) {
      do {
        try files.removeItem(atPath: path)
      } catch {
        throw .cannotCreate(path: path, reason: "found no right to replace it")
      }
    }
  }

  /// A run that was begun before.
  init(resuming folder: String) throws {
    self.folder = folder
    let path = Self.configurationPath(in: folder)
    let bytes = try CommandFailure.wrapping { try FileReader.bytes(at: path, limit: 1 << 20) }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      // Strictly: no key twice.
      try StrictJSON(parsing: bytes).expectSnakeCase()
      settings = try decoder.decode(Settings.self, from: Data(bytes))
    } catch {
      throw CommandFailure(
        "\(path): found no settings of a training run, expected those that train wrote", .badData)
    }
    guard settings.schema == 1 else {
      throw CommandFailure("\(path): schema: found \(settings.schema), expected 1", .badData)
    }
    guard settings.areInRange else {
      throw CommandFailure(
        "\(path): found a number out of range, expected the settings that train wrote", .badData)
    }
    settings.relocate()
    let log = try? FileReader.bytes(at: logPath, limit: 1 << 28)
    logLines = String(decoding: log ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
    removeLeftovers()
  }

  /// Gives a run that goes on another budget or interval, and keeps them for the next time.
  ///
  /// A new budget takes the old one's place, so that a run whose steps are done can go on for minutes.
  mutating func update(minutes: Double?, steps: Int?, saveIntervalSeconds: Double?) throws {
    guard minutes != nil || steps != nil || saveIntervalSeconds != nil else { return }
    if minutes != nil || steps != nil { (settings.minutes, settings.steps) = (minutes, steps) }
    if let saveIntervalSeconds { settings.saveIntervalSeconds = saveIntervalSeconds }
    try CommandFailure.wrapping {
      try FileWriter.write(settings.bytes, to: configurationPath, overwriting: true)
    }
  }

  /// Removes what a process that was killed while it saved has left behind.
  private func removeLeftovers() {
    FileWriter.removeLeftovers(of: settings.output)
    FileWriter.removeLeftovers(in: folder) { _ in true }
  }

  /// What the settings say of a finished share: of steps or of time, whichever is further.
  func progress(step: Int, seconds: Double) -> Float {
    let ofSteps = settings.steps.map { Float(step) / Float($0) } ?? 0
    let ofTime = settings.minutes.map { Float(seconds / ($0 * 60)) } ?? 0
    return min(1, max(ofSteps, ofTime))
  }

  private static func configurationPath(in folder: String) -> String { folder + "/config.json" }
  private var configurationPath: String { Self.configurationPath(in: folder) }
  private var logPath: String { folder + "/log.jsonl" }
  private var diagnosticPath: String { folder + "/diagnostic.json" }
  var states: SavedStates { SavedStates(folder: folder) }

  /// What the log says of a save, for choosing the best.
  private struct LoggedSave: Decodable {
    let state: Int
    let psnr: Double
  }

  private var loggedPSNR: [Int: Double] {
    let saves = logLines.filter(\.isStreamSafe).compactMap {
      try? JSONDecoder().decode(LoggedSave.self, from: Data($0.utf8))
    }
    return Dictionary(saves.map { ($0.state, $0.psnr) }) { $1 }
  }

  /// Saves the state, then the model, then the log and a preview.
  mutating func save(_ snapshot: TrainingSnapshot, logLine: String?, threadCount: Int) throws {
    if let logLine { logLines.append(logLine) }
    let log = Array(logLines.map { $0 + "\n" }.joined().utf8)
    try states.write(snapshot, psnr: loggedPSNR)
    try CommandFailure.wrapping {
      try snapshot.result.write(
        to: settings.output, elementType: settings.storesHalfPrecision ? .float16 : .float32,
        overwriting: true)
      try FileWriter.write(log, to: logPath, overwriting: true)
      try writePreview(of: snapshot, threadCount: threadCount)
    }
  }

  /// Writes what is known of a training whose numbers went wrong for good.
  func write(_ diagnostic: some Encodable) throws {
    try CommandFailure.wrapping {
      try FileWriter.write(
        Array((Terminal.json(diagnostic) + "\n").utf8), to: diagnosticPath, overwriting: true)
    }
  }

  private func writePreview(of snapshot: TrainingSnapshot, threadCount: Int) throws {
    let model = snapshot.result
    let camera = model.configuration.defaultView.camera
    let width = min(200, camera.width)
    let field = model.field(for: model.latents[0], threadCount: threadCount)
    let grid = OccupancyGrid(of: field, threadCount: threadCount)
    let renderer = Renderer(
      settings: RenderSettings(near: model.configuration.near, threadCount: threadCount))
    let image = renderer.render(
      field,
      camera: camera.resized(width: width, height: max(1, width * camera.height / camera.width)),
      grid: grid)
    let number = String(format: "%06d", snapshot.point.step)
    try PNGFile.write(
      image.picture(over: [1, 1, 1]), to: "\(folder)/preview-\(number).png", overwriting: true)
  }
}
