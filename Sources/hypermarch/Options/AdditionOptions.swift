import ArgumentParser
import Checkpoints
import Datasets
import Kernels
import NeuralFields
import Training

/// The options that decide how scenes are added to a model.
struct AdditionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Steps for the codes alone; else 300.", valueName: "n"))
  var codeSteps: Int?

  @Option(help: ArgumentHelp("Steps for codes and hypernetwork; else 1200.", valueName: "n"))
  var steps: Int?

  @Flag(help: "Leave the hypernetwork as it is: no old scene changes.")
  var codesOnly = false

  @Option(
    help: ArgumentHelp(
      "How firmly old scenes are held, 0 or more; else 1. inf is --codes-only.",
      valueName: "weight"))
  var hold: Float?

  @Option(help: ArgumentHelp("Old codes that each step holds.", valueName: "n"))
  var heldPerStep: Int?

  @Flag(inversion: .prefixedNo, help: "Measure what is held in each tensor's own deviation.")
  var scaled = true

  @Option(
    help: ArgumentHelp(
      "New scenes made of each added one, stretched and repainted; else 0.", valueName: "n"))
  var variants: Int?

  @Option(help: ArgumentHelp("Adam's step size for the hypernetwork.", valueName: "rate"))
  var learningRate: Float?

  @Option(help: ArgumentHelp("Adam's step size for the codes.", valueName: "rate"))
  var codeLearningRate: Float?

  @Option(help: ArgumentHelp("Deviation of the codes' beginnings.", valueName: "share"))
  var codeSpread: Float?

  @Option(help: ArgumentHelp("Scenes per step.", valueName: "n"))
  var scenesPerStep: Int?

  @Option(help: ArgumentHelp("Samples per step, about.", valueName: "n"))
  var samplesPerStep: Int?

  @Option(
    help: ArgumentHelp("float32 or bfloat16, as of train.", valueName: "precision"))
  var precision: FieldPrecision?

  @Option(help: ArgumentHelp("The random seed; else 42.", valueName: "n"))
  var seed: UInt64?

  func validate() throws {
    try check("code-steps", codeSteps, 0...1_000_000_000)
    try check("steps", steps, 0...1_000_000_000)
    try check("held-per-step", heldPerStep, 1...1024)
    try check("variants", variants, 0...1000)
    try check("learning-rate", learningRate, 0...1)
    try check("code-learning-rate", codeLearningRate, 0...1)
    try check("code-spread", codeSpread, 0...100)
    try check("scenes-per-step", scenesPerStep, 1...1024)
    try check("samples-per-step", samplesPerStep, 256...16_777_216)
    if let hold, !(hold >= 0) {
      throw ValidationError("--hold: found \(hold), expected 0 or more, or inf")
    }
    if codesOnly, hold != nil {
      throw ValidationError("--codes-only: found --hold beside it, expected one of the two")
    }
  }

  var settings: SceneAddition.Settings {
    var settings = SceneAddition.Settings()
    if let codeSteps { settings.codeSteps = codeSteps }
    if let steps { settings.jointSteps = steps }
    if let heldPerStep { settings.heldPerStep = heldPerStep }
    if let codeSpread { settings.codeSpread = codeSpread }
    settings.hold = codesOnly ? .infinity : hold ?? settings.hold
    settings.scalesByDeviation = scaled
    return settings
  }

  func configuration(
    for scenes: [SceneDataset], model: ModelConfiguration
  ) -> TrainingConfiguration {
    var configuration = TrainingPlan(
      for: scenes, bound: SceneBound(box: model.bound, near: model.near)
    ).configuration
    configuration.variantsPerScene = variants ?? 0
    configuration.nestedWidths = model.nestedWidths ?? []
    configuration.learningRate = learningRate ?? 2e-3
    if let codeLearningRate { configuration.codeLearningRate = codeLearningRate }
    if let scenesPerStep { configuration.scenesPerStep = scenesPerStep }
    if let samplesPerStep { configuration.samplesPerStep = samplesPerStep }
    if let precision { configuration.precision = precision }
    if let seed { configuration.seed = seed }
    return configuration
  }

  /// The options that decide the result, by name.
  func record(_ configuration: TrainingConfiguration, isReplaying: Bool) -> [String: String] {
    let settings = settings
    return [
      "code-steps": "\(settings.codeSteps)", "steps": "\(settings.jointSteps)",
      "hold": "\(settings.hold)", "held-per-step": "\(settings.heldPerStep)",
      "variants": "\(configuration.variantsPerScene)",
      "learning-rate": "\(configuration.learningRate)",
      "code-learning-rate": "\(configuration.codeLearningRate)",
      "scenes-per-step": "\(configuration.scenesPerStep)",
      "samples-per-step": "\(configuration.samplesPerStep)",
      "precision": configuration.precision.rawValue, "seed": "\(configuration.seed)",
      "replay": isReplaying ? "on" : "off",
    ]
  }
}
