import ArgumentParser
import Fitting

/// How a latent is fitted.
struct FitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The colour behind the object; by default alpha, or the colour of the border.",
      valueName: "colour"))
  var background: BackgroundArgument?

  @Option(
    help: ArgumentHelp(
      "A PNG, bright or opaque where the object is; one per picture.", valueName: "file"))
  var mask: [String] = []

  @Option(
    help: ArgumentHelp(
      "Which frames of --cameras the pictures are, from 0; by default those of the same name.",
      valueName: "n,n"))
  var frames: NumberList?

  @Flag(help: "Find the camera too; the default where none is given.")
  var unknownCamera = false

  @Flag(
    inversion: .prefixedNo,
    help: "After the code, change the generated weights too, by a change of low rank.")
  var refine = true

  @Option(help: ArgumentHelp("Rank of the change of each matrix, 1…64; else 8.", valueName: "n"))
  var rank: Int?

  @Option(help: ArgumentHelp("Steps of the code; else 200.", valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "Stop after about this long; the result then depends on the machine.", valueName: "s"))
  var seconds: Double?

  @Option(
    help: ArgumentHelp(
      "Weight of the codes' Gaussian in the loss: more keeps closer to the model's scenes.",
      valueName: "weight"))
  var priorWeight: Float?

  @Option(help: ArgumentHelp("The random seed; else 42.", valueName: "n"))
  var seed: UInt64?

  func validate() throws {
    if let rank, !(1...64).contains(rank) {
      throw ValidationError("--rank: found \(rank), expected 1…64")
    }
    if rank != nil && !refine {
      throw ValidationError("--rank: found it beside --no-refine, expected --refine")
    }
    if let steps, !(1...100_000).contains(steps) {
      throw ValidationError("--steps: found \(steps), expected 1…100000")
    }
    if let seconds, !(seconds > 0 && seconds <= 1e6) {
      throw ValidationError("--seconds: found \(seconds), expected more than 0 to 1000000")
    }
    if let priorWeight, !(0...1e3).contains(priorWeight) {
      throw ValidationError("--prior-weight: found \(priorWeight), expected 0…1000")
    }
    if background == .transparent {
      throw ValidationError("--background: found transparent, expected a colour")
    }
    if background != nil && !mask.isEmpty {
      throw ValidationError("--mask: found it beside --background, expected one of them")
    }
  }

  var settings: FitSettings {
    var settings = FitSettings()
    settings.seed = seed ?? settings.seed
    settings.codeSteps = steps ?? settings.codeSteps
    settings.priorWeight = priorWeight ?? settings.priorWeight
    settings.refineRank = rank ?? settings.refineRank
    return settings
  }
}
