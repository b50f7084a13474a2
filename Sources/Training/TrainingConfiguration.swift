/// How a prior is trained: everything that, with the data and the seed, decides the result.
package struct TrainingConfiguration: Sendable, Hashable, Codable {
  package var seed: UInt64 = 42

  /// Scenes per step; all of them where the set has fewer.
  package var scenesPerStep = 8
  /// Samples that a step aims at: the number of rays follows from how many samples rays took lately.
  package var samplesPerStep = 65_536
  /// The most rays per step, shared out evenly among the step's scenes.
  package var raysPerStep = 8192
  /// Intervals along the bound's diagonal.
  package var samplesPerDiagonal = 96
  /// The distance before which nothing is seen, scene units.
  package var near: Float = 0

  /// Adam's step size for the hypernetwork and for the codes, at the peak of the schedule.
  package var learningRate: Float = 2e-3
  package var codeLearningRate: Float = 1e-2
  /// Steps over which both rates rise from zero.
  package var warmupSteps = 200
  /// The share of the peak rates that is left at the end.
  package var finalRateShare: Float = 0.02

  /// Weight of the mean square of the codes in the loss.
  package var latentPenalty: Float = 1e-4

  /// The share of rays drawn from foreground pixels alone, at the start and at the end.
  package var foregroundShare: Float = 0.5
  package var finalForegroundShare: Float = 0.2

  /// Cells of the occupancy grids along the bound's longest edge.
  package var gridResolution = 64
  /// Steps that a scene takes part in between updates of its grid.
  package var gridPeriod = 32
  /// What is left of a cell's density estimate at every update.
  package var gridDecay: Float = 0.8

  package init() {}
}
