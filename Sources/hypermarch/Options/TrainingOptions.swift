import ArgumentParser
import Datasets
import Kernels
import NeuralFields
import Training

/// The options that decide what a training makes; each left open takes the data's default.
struct TrainingOptions: ParsableArguments {
  enum Generator: String, ExpressibleByArgument, CaseIterable {
    case perLayer = "per-layer"
    case lowRank = "low-rank"
    case chunked
  }

  enum ViewDirections: String, ExpressibleByArgument, CaseIterable {
    case auto, on, off
  }

  @Option(help: "How features become weights: per-layer, the default, low-rank or chunked.")
  var generator: Generator?

  @Option(help: ArgumentHelp("Rank of the low-rank factors, 1…256; else 8.", valueName: "n"))
  var rank: Int?

  @Option(
    help: ArgumentHelp("Weights per chunk of the chunked generator; else 512.", valueName: "n"))
  var chunkLength: Int?

  @Option(
    help: ArgumentHelp("Length of the chunked generator's embeddings; else 64.", valueName: "n"))
  var embeddingWidth: Int?

  @Option(help: ArgumentHelp("Width of the field's hidden layers, 16…256.", valueName: "n"))
  var width: Int?

  @Option(help: ArgumentHelp("Hidden layers of the field, 1…16.", valueName: "n"))
  var layers: Int?

  @Option(help: ArgumentHelp("Octaves of the positional encoding, 0…16.", valueName: "n"))
  var octaves: Int?

  @Option(help: "Whether colour depends on the view: auto, the default, on or off.")
  var viewDirections: ViewDirections?

  @Option(help: "Density activation: shifted-softplus or truncated-exponential.")
  var density: DensityActivation?

  @Option(help: ArgumentHelp("Length of a latent code.", valueName: "n"))
  var latentWidth: Int?

  @Option(help: ArgumentHelp("Widths of the trunk's layers.", valueName: "n,n"))
  var trunk: String?

  @Option(help: ArgumentHelp("Scenes per step.", valueName: "n"))
  var scenesPerStep: Int?

  @Option(help: ArgumentHelp("Rays per step.", valueName: "n"))
  var rays: Int?

  @Option(
    help: ArgumentHelp("Intervals along the diagonal of the scene's bound.", valueName: "n"))
  var samples: Int?

  @Option(help: ArgumentHelp("Adam's step size for the hypernetwork.", valueName: "rate"))
  var learningRate: Float?

  @Option(help: ArgumentHelp("Adam's step size for the codes.", valueName: "rate"))
  var codeLearningRate: Float?

  @Option(help: ArgumentHelp("Weight of the codes' mean square in the loss.", valueName: "weight"))
  var latentPenalty: Float?

  @Option(
    help: ArgumentHelp("The distance before which nothing is seen.", valueName: "scene units"))
  var near: Float?

  @Option(help: ArgumentHelp("The random seed; else 42.", valueName: "n"))
  var seed: UInt64?

  /// The options that were given, by their names without dashes.
  var given: [String] {
    let all = [
      ("generator", generator != nil), ("rank", rank != nil), ("chunk-length", chunkLength != nil),
      ("embedding-width", embeddingWidth != nil), ("width", width != nil),
      ("layers", layers != nil), ("octaves", octaves != nil),
      ("view-directions", viewDirections != nil), ("density", density != nil),
      ("latent-width", latentWidth != nil), ("trunk", trunk != nil),
      ("scenes-per-step", scenesPerStep != nil), ("rays", rays != nil),
      ("samples", samples != nil), ("learning-rate", learningRate != nil),
      ("code-learning-rate", codeLearningRate != nil), ("latent-penalty", latentPenalty != nil),
      ("near", near != nil), ("seed", seed != nil),
    ]
    return all.filter(\.1).map(\.0)
  }

  func validate() throws {
    func check<Value: Comparable>(
      _ name: String, _ value: Value?, _ range: ClosedRange<Value>
    ) throws {
      if let value, !range.contains(value) {
        throw ValidationError(
          "--\(name): found \(value), expected \(range.lowerBound)…\(range.upperBound)")
      }
    }
    try check("rank", rank, 1...256)
    try check("chunk-length", chunkLength, 1...65_536)
    try check("embedding-width", embeddingWidth, 1...4096)
    try check("width", width, 16...256)
    try check("layers", layers, 1...16)
    try check("octaves", octaves, 0...16)
    try check("latent-width", latentWidth, 1...4096)
    try check("scenes-per-step", scenesPerStep, 1...1024)
    try check("rays", rays, 16...1_048_576)
    try check("samples", samples, 8...4096)
    try check("learning-rate", learningRate, 0...1)
    try check("code-learning-rate", codeLearningRate, 0...1)
    try check("latent-penalty", latentPenalty, 0...1000)
    try check("near", near, 0...1e6)
    _ = try trunkWidths()
    try checkGenerator("rank", isGiven: rank != nil, belongsTo: .lowRank)
    try checkGenerator("chunk-length", isGiven: chunkLength != nil, belongsTo: .chunked)
    try checkGenerator("embedding-width", isGiven: embeddingWidth != nil, belongsTo: .chunked)
  }

  private func checkGenerator(_ name: String, isGiven: Bool, belongsTo kind: Generator) throws {
    if isGiven && generator != kind {
      throw ValidationError(
        "--\(name): found it with the generator \((generator ?? .perLayer).rawValue), "
          + "expected --generator \(kind.rawValue)")
    }
  }

  private func trunkWidths() throws -> [Int]? {
    guard let trunk else { return nil }
    let words = trunk.split(separator: ",", omittingEmptySubsequences: false)
    let widths = words.compactMap { Int($0) }.filter { (1...4096).contains($0) }
    guard widths.count == words.count, (1...8).contains(widths.count) else {
      throw ValidationError("--trunk: found \(trunk), expected 1…8 widths in 1…4096, as 256,256")
    }
    return widths
  }

  /// Puts what was asked for into a plan.
  func apply(to plan: inout TrainingPlan) throws {
    switch generator ?? .perLayer {
    case .perLayer: plan.hypernetwork.generator = .perLayer
    case .lowRank: plan.hypernetwork.generator = .lowRank(rank: rank ?? 8)
    case .chunked:
      plan.hypernetwork.generator = .chunked(
        chunkLength: chunkLength ?? 512, embeddingWidth: embeddingWidth ?? 64)
    }
    func set<Value>(_ place: inout Value, _ value: Value?) {
      if let value { place = value }
    }
    set(&plan.field.width, width)
    set(&plan.field.hiddenLayerCount, layers)
    set(&plan.field.positionOctaves, octaves)
    set(&plan.field.densityActivation, density)
    switch viewDirections ?? .auto {
    case .auto: break
    case .on: plan.field.directionOctaves = plan.field.directionOctaves ?? 2
    case .off: plan.field.directionOctaves = nil
    }
    set(&plan.hypernetwork.latentWidth, latentWidth)
    set(&plan.hypernetwork.trunkWidths, try trunkWidths())
    set(&plan.configuration.scenesPerStep, scenesPerStep)
    set(&plan.configuration.raysPerStep, rays)
    set(&plan.configuration.samplesPerDiagonal, samples)
    set(&plan.configuration.learningRate, learningRate)
    set(&plan.configuration.codeLearningRate, codeLearningRate)
    set(&plan.configuration.latentPenalty, latentPenalty)
    set(&plan.configuration.near, near)
    set(&plan.configuration.seed, seed)
  }
}

extension DensityActivation: ExpressibleByArgument {}

extension TrainingPlan {
  /// The options that decide the result, by the names that the command line gives them.
  var record: [String: String] {
    [
      "generator": hypernetwork.generator.name, "width": "\(field.width)",
      "layers": "\(field.hiddenLayerCount)", "octaves": "\(field.positionOctaves)",
      "view-directions": field.directionOctaves == nil ? "off" : "on",
      "density": field.densityActivation.rawValue, "latent-width": "\(hypernetwork.latentWidth)",
      "trunk": hypernetwork.trunkWidths.map(String.init).joined(separator: ","),
      "scenes-per-step": "\(configuration.scenesPerStep)", "rays": "\(configuration.raysPerStep)",
      "samples": "\(configuration.samplesPerDiagonal)",
      "learning-rate": "\(configuration.learningRate)",
      "code-learning-rate": "\(configuration.codeLearningRate)",
      "latent-penalty": "\(configuration.latentPenalty)", "seed": "\(configuration.seed)",
    ]
  }
}
