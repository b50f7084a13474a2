package import Kernels

/// How a prior is trained: everything that, with the data and the seed, decides the result.
package struct TrainingConfiguration: Sendable, Hashable, Codable {
  package var seed: UInt64 = 42

  /// New scenes made of each one of the set, each with a code of its own.
  package var variantsPerScene = 0
  /// Widths of the narrower fields that are trained inside each field, ascending and below its own.
  package var nestedWidths: [Int] = []
  /// Scenes per step; all of them where the set has fewer.
  package var scenesPerStep = 8
  /// Samples that a step aims at: the number of rays follows from how many samples rays took lately.
  package var samplesPerStep = 32_768
  /// The most rays per step, shared out evenly among the step's scenes.
  package var raysPerStep = 8192
  /// Intervals along the bound's diagonal.
  package var samplesPerDiagonal = 64
  /// The same at the start, from where it grows evenly until the middle; nil has them all at once.
  package var firstSamplesPerDiagonal: Int?
  /// The distance before which nothing is seen, scene units.
  package var near: Float = 0

  /// Adam's step size for the hypernetwork and for the codes, at the peak of the schedule.
  package var learningRate: Float = 2e-3
  package var codeLearningRate: Float = 1e-2
  /// Steps over which both rates rise from zero.
  package var warmupSteps = 200
  /// The share of the peak rates that is left at the end.
  package var finalRateShare: Float = 0.02

  /// What each step leaves of the running mean of weights and codes that becomes the model, [0, 1).
  ///
  /// At 0 there is no mean, and the last step's weights are the model.
  package var averageDecay: Float = 0

  /// Whether codes keep the length that they have on average at the start.
  package var normalizesCodes = false

  /// Weight of the mean square of the codes in the loss.
  package var latentPenalty: Float = 1e-4

  /// Weight of the codes' divergence from the prior, a nat of each scene, in the loss; nil where codes have
  /// no deviations.
  package var divergenceWeight: Float?

  /// Weight of the roughness of moving scenes' trajectories in the loss.
  package var trajectorySmoothness: Float = 1e-3

  /// The share of rays drawn from foreground pixels alone, at the start and at the end.
  package var foregroundShare: Float = 0.5
  package var finalForegroundShare: Float = 0.2

  /// Cells of the occupancy grids along the bound's longest edge.
  package var gridResolution = 64
  /// Steps that a scene takes part in between updates of its grid, once it has taken part in many.
  package var gridPeriod = 64
  /// What is left of a cell's density estimate at every update.
  package var gridDecay: Float = 0.5

  /// What the fields compute with.
  ///
  /// On this CPU the fastest: the master copy of all weights, the sums and Adam are in 32 bits anyway.
  package var precision =
    FieldPrecision.bfloat16.isAvailable
    ? FieldPrecision.bfloat16 : .float32

  package init() {}

  /// Intervals along the bound's diagonal at a point of the training.
  ///
  /// - Parameter progress: the share of the budget that is used up, 0…1.
  package func samplesPerDiagonal(progress: Float) -> Int {
    guard let first = firstSamplesPerDiagonal else { return samplesPerDiagonal }
    let share = min(1, 2 * progress)
    return first + Int((Float(samplesPerDiagonal - first) * share).rounded())
  }
}

/// Reading settings that were kept: a number that they do not name has the value that it had before it
/// could be chosen.
extension TrainingConfiguration {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decode(UInt64.self, forKey: .seed)
    variantsPerScene = try values.decodeIfPresent(Int.self, forKey: .variantsPerScene) ?? 0
    nestedWidths = try values.decodeIfPresent([Int].self, forKey: .nestedWidths) ?? []
    scenesPerStep = try values.decode(Int.self, forKey: .scenesPerStep)
    samplesPerStep = try values.decode(Int.self, forKey: .samplesPerStep)
    raysPerStep = try values.decode(Int.self, forKey: .raysPerStep)
    samplesPerDiagonal = try values.decode(Int.self, forKey: .samplesPerDiagonal)
    firstSamplesPerDiagonal = try values.decodeIfPresent(
      Int.self, forKey: .firstSamplesPerDiagonal)
    near = try values.decode(Float.self, forKey: .near)
    learningRate = try values.decode(Float.self, forKey: .learningRate)
    codeLearningRate = try values.decode(Float.self, forKey: .codeLearningRate)
    warmupSteps = try values.decode(Int.self, forKey: .warmupSteps)
    finalRateShare = try values.decode(Float.self, forKey: .finalRateShare)
    averageDecay = try values.decodeIfPresent(Float.self, forKey: .averageDecay) ?? 0
    normalizesCodes = try values.decodeIfPresent(Bool.self, forKey: .normalizesCodes) ?? false
    latentPenalty = try values.decode(Float.self, forKey: .latentPenalty)
    divergenceWeight = try values.decodeIfPresent(Float.self, forKey: .divergenceWeight)
    trajectorySmoothness =
      try values.decodeIfPresent(Float.self, forKey: .trajectorySmoothness) ?? 1e-3
    foregroundShare = try values.decode(Float.self, forKey: .foregroundShare)
    finalForegroundShare = try values.decode(Float.self, forKey: .finalForegroundShare)
    gridResolution = try values.decode(Int.self, forKey: .gridResolution)
    gridPeriod = try values.decode(Int.self, forKey: .gridPeriod)
    gridDecay = try values.decode(Float.self, forKey: .gridDecay)
    precision = try values.decodeIfPresent(FieldPrecision.self, forKey: .precision) ?? .float32
  }
}
