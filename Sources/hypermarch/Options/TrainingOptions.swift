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

  @Option(
    help: ArgumentHelp(
      "Widths that each field can be shown in, narrower ones inside it; the last is its own.",
      valueName: "n,n"))
  var widths: String?

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

  @Option(help: ArgumentHelp("Standard deviation of new codes.", valueName: "length"))
  var latentDeviation: Float?

  @Flag(help: "Keep every code at the length of a new one.")
  var normalizeCodes = false

  @Option(help: ArgumentHelp("Scenes per step.", valueName: "n"))
  var scenesPerStep: Int?

  @Option(help: ArgumentHelp("Samples per step, about.", valueName: "n"))
  var samplesPerStep: Int?

  @Option(help: ArgumentHelp("Rays per step, at most.", valueName: "n"))
  var rays: Int?

  @Option(
    help: ArgumentHelp("Intervals along the diagonal of the scene's bound.", valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "Intervals at the start, from where they grow to --samples.", valueName: "n"))
  var firstSamples: Int?

  @Option(
    help: ArgumentHelp(
      "The share of rays through the object, at the start and at the end.", valueName: "a,b"))
  var foreground: String?

  @Option(help: ArgumentHelp("Adam's step size for the hypernetwork.", valueName: "rate"))
  var learningRate: Float?

  @Option(help: ArgumentHelp("Adam's step size for the codes.", valueName: "rate"))
  var codeLearningRate: Float?

  @Option(help: ArgumentHelp("Steps over which both rates rise from zero.", valueName: "n"))
  var warmup: Int?

  @Option(help: ArgumentHelp("The share of both rates left at the end.", valueName: "share"))
  var finalRate: Float?

  @Option(
    help: ArgumentHelp(
      "What a step leaves of the running mean that becomes the model; 0 for none.",
      valueName: "share"))
  var averageDecay: Float?

  @Option(help: ArgumentHelp("Weight of the codes' mean square in the loss.", valueName: "weight"))
  var latentPenalty: Float?

  @Flag(
    help: "Learn how certain each code is too: a Gaussian about it, held near a prior to sample.")
  var variational = false

  @Option(
    help: ArgumentHelp(
      "Weight of a nat that a variational code differs from the prior; else 1e-5.",
      valueName: "weight"))
  var divergenceWeight: Float?

  @Option(
    help: ArgumentHelp("The distance before which nothing is seen.", valueName: "scene units"))
  var near: Float?

  @Option(
    help: ArgumentHelp(
      "float32 or bfloat16: the numbers that the fields compute with; by default bfloat16 where the "
        + "processor has it.", valueName: "precision"))
  var precision: FieldPrecision?

  @Option(
    help: ArgumentHelp(
      "New scenes made of each one, stretched and repainted, for a prior that spans more.",
      valueName: "n"))
  var variants: Int?

  @Option(help: ArgumentHelp("The random seed; else 42.", valueName: "n"))
  var seed: UInt64?

  /// The options that were given, by their names without dashes.
  var given: [String] {
    let all = [
      ("generator", generator != nil), ("rank", rank != nil), ("chunk-length", chunkLength != nil),
      ("embedding-width", embeddingWidth != nil), ("width", width != nil),
      ("widths", widths != nil),
      ("layers", layers != nil), ("octaves", octaves != nil),
      ("view-directions", viewDirections != nil), ("density", density != nil),
      ("latent-width", latentWidth != nil), ("trunk", trunk != nil),
      ("latent-deviation", latentDeviation != nil), ("normalize-codes", normalizeCodes),
      ("scenes-per-step", scenesPerStep != nil), ("samples-per-step", samplesPerStep != nil),
      ("rays", rays != nil), ("samples", samples != nil), ("first-samples", firstSamples != nil),
      ("foreground", foreground != nil), ("learning-rate", learningRate != nil),
      ("code-learning-rate", codeLearningRate != nil), ("warmup", warmup != nil),
      ("final-rate", finalRate != nil), ("average-decay", averageDecay != nil),
      ("latent-penalty", latentPenalty != nil),
      ("variational", variational), ("divergence-weight", divergenceWeight != nil),
      ("near", near != nil), ("precision", precision != nil), ("variants", variants != nil),
      ("seed", seed != nil),
    ]
    return all.filter(\.1).map(\.0)
  }

  func validate() throws {
    try check("rank", rank, 1...256)
    try check("chunk-length", chunkLength, 1...65_536)
    try check("embedding-width", embeddingWidth, 1...4096)
    try check("width", width, 16...256)
    try check("layers", layers, 1...16)
    try check("octaves", octaves, 0...16)
    try check("latent-width", latentWidth, 1...4096)
    try check("scenes-per-step", scenesPerStep, 1...1024)
    try check("rays", rays, 16...1_048_576)
    try check("samples-per-step", samplesPerStep, 256...16_777_216)
    try check("samples", samples, 8...4096)
    try check("first-samples", firstSamples, 8...4096)
    try check("latent-deviation", latentDeviation, 1e-4...100)
    try check("warmup", warmup, 0...1_000_000)
    try check("final-rate", finalRate, 0...1)
    try check("average-decay", averageDecay, 0...0.9999)
    try check("learning-rate", learningRate, 0...1)
    try check("code-learning-rate", codeLearningRate, 0...1)
    try check("latent-penalty", latentPenalty, 0...1000)
    try check("divergence-weight", divergenceWeight, 0...1)
    if divergenceWeight != nil && !variational {
      throw ValidationError(
        "--divergence-weight: found it without --variational, expected both")
    }
    if variational && normalizeCodes {
      throw ValidationError(
        "--variational: found --normalize-codes beside it, expected one of the two")
    }
    try check("near", near, 0...1e6)
    try check("variants", variants, 0...1000)
    _ = try trunkWidths()
    _ = try fieldWidths()
    _ = try foregroundShares()
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

  private func fieldWidths() throws -> [Int]? {
    guard let widths else { return nil }
    let words = widths.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0) }.filter { (16...256).contains($0) }
    guard numbers.count == words.count, (2...8).contains(numbers.count),
      zip(numbers, numbers.dropFirst()).allSatisfy(<)
    else {
      throw ValidationError(
        "--widths: found \(widths), expected 2…8 widths in 16…256 that ascend, as 16,32,64")
    }
    if let width, width != numbers.last {
      throw ValidationError(
        "--widths: found \(widths) beside --width \(width), expected the last of them to be it")
    }
    return numbers
  }

  private func foregroundShares() throws -> (start: Float, end: Float)? {
    guard let foreground else { return nil }
    let words = foreground.split(separator: ",", omittingEmptySubsequences: false)
    let shares = words.compactMap { Float($0) }.filter { (0...1).contains($0) }
    guard shares.count == words.count, shares.count == 2 else {
      throw ValidationError(
        "--foreground: found \(foreground), expected two shares in 0…1, as 0.5,0.2")
    }
    return (shares[0], shares[1])
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
    let widths = try fieldWidths()
    set(&plan.field.width, widths?.last ?? width)
    plan.configuration.nestedWidths = widths?.dropLast() ?? []
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
    set(&plan.hypernetwork.latentDeviation, latentDeviation)
    if normalizeCodes { plan.configuration.normalizesCodes = true }
    set(&plan.configuration.scenesPerStep, scenesPerStep)
    set(&plan.configuration.samplesPerStep, samplesPerStep)
    set(&plan.configuration.raysPerStep, rays)
    set(&plan.configuration.samplesPerDiagonal, samples)
    if let firstSamples { plan.configuration.firstSamplesPerDiagonal = firstSamples }
    if let shares = try foregroundShares() {
      plan.configuration.foregroundShare = shares.start
      plan.configuration.finalForegroundShare = shares.end
    }
    set(&plan.configuration.warmupSteps, warmup)
    set(&plan.configuration.finalRateShare, finalRate)
    set(&plan.configuration.averageDecay, averageDecay)
    set(&plan.configuration.learningRate, learningRate)
    set(&plan.configuration.codeLearningRate, codeLearningRate)
    set(&plan.configuration.latentPenalty, latentPenalty)
    if variational { plan.configuration.divergenceWeight = divergenceWeight ?? 1e-5 }
    set(&plan.configuration.near, near)
    set(&plan.configuration.precision, precision)
    set(&plan.configuration.variantsPerScene, variants)
    set(&plan.configuration.seed, seed)
  }
}

extension DensityActivation: ExpressibleByArgument {}

extension TrainingPlan {
  /// The options that decide the result, by the names that the command line gives them.
  var record: [String: String] {
    var record = [
      "generator": hypernetwork.generator.name, "width": "\(field.width)",
      "layers": "\(field.hiddenLayerCount)", "octaves": "\(field.positionOctaves)",
      "view-directions": field.directionOctaves == nil ? "off" : "on",
      "density": field.densityActivation.rawValue, "latent-width": "\(hypernetwork.latentWidth)",
      "trunk": hypernetwork.trunkWidths.map(String.init).joined(separator: ","),
      "latent-deviation": "\(hypernetwork.latentDeviation)",
      "normalize-codes": configuration.normalizesCodes ? "on" : "off",
      "scenes-per-step": "\(configuration.scenesPerStep)",
      "samples-per-step": "\(configuration.samplesPerStep)",
      "rays": "\(configuration.raysPerStep)", "samples": "\(configuration.samplesPerDiagonal)",
      "first-samples":
        "\(configuration.firstSamplesPerDiagonal ?? configuration.samplesPerDiagonal)",
      "foreground": "\(configuration.foregroundShare),\(configuration.finalForegroundShare)",
      "warmup": "\(configuration.warmupSteps)", "final-rate": "\(configuration.finalRateShare)",
      "average-decay": "\(configuration.averageDecay)",
      "learning-rate": "\(configuration.learningRate)",
      "code-learning-rate": "\(configuration.codeLearningRate)",
      "latent-penalty": "\(configuration.latentPenalty)",
      "precision": configuration.precision.rawValue,
      "variants": "\(configuration.variantsPerScene)", "seed": "\(configuration.seed)",
    ]
    record["divergence-weight"] = configuration.divergenceWeight.map { "\($0)" }
    if !configuration.nestedWidths.isEmpty {
      let widths = configuration.nestedWidths + [field.width]
      record["widths"] = widths.map(String.init).joined(separator: ",")
    }
    return record
  }
}
