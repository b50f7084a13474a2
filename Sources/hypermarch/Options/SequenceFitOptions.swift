import ArgumentParser
import Checkpoints
import Fitting

/// How a path of codes is fitted to a sequence.
struct SequenceFitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder of frames with times, in place of pictures; --frames takes some of them.",
      valueName: "folder"))
  var sequence: String?

  @Option(help: ArgumentHelp("Keys of the path, 2…64; else 12.", valueName: "n"))
  var trajectoryRows: Int?

  @Option(
    help: ArgumentHelp(
      "Weight of the roughness of the path's change from its start; else 0.0001.",
      valueName: "weight"))
  var smoothness: Float?

  func validate() throws {
    for (option, isUsed) in [
      ("--trajectory-rows", trajectoryRows != nil), ("--smoothness", smoothness != nil),
    ] where isUsed && sequence == nil {
      throw ValidationError("\(option): found it alone, expected --sequence beside it")
    }
    if let trajectoryRows, !(2...LatentPath.rowLimit).contains(trajectoryRows) {
      throw ValidationError(
        "--trajectory-rows: found \(trajectoryRows), expected 2…\(LatentPath.rowLimit)")
    }
    if let smoothness, !(0...1e6).contains(smoothness) {
      throw ValidationError("--smoothness: found \(smoothness), expected 0…1000000")
    }
  }

  func settings(_ fit: FitOptions) -> SequenceFitSettings {
    var settings = SequenceFitSettings()
    settings.keyCount = trajectoryRows ?? settings.keyCount
    settings.smoothness = smoothness ?? settings.smoothness
    settings.steps = fit.steps ?? settings.steps
    settings.priorWeight = fit.priorWeight ?? settings.priorWeight
    return settings
  }
}
