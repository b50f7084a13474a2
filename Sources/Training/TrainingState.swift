package import NeuralFields

/// Everything that a training run has learned and needs to go on.
///
/// With the scenes, the configuration and a ``TrainingGuard`` it decides every later step, bit for bit.
package struct TrainingState: Sendable {
  package var hypernetwork: Hypernetwork
  package var latents: LatentTable
  package var optimizer: Adam
  package var codeOptimizer: Adam
  /// Steps done, skipped ones included; a step back to an earlier state takes them back.
  package var step = 0
  /// Steps whose loss or gradient was not a finite number; they changed nothing.
  package var skippedStepCount = 0
  /// A running mean of hypernetwork and codes, where one is kept.
  package var average: WeightAverage?
  /// What makes the keys of recurrent paths, where there are some.
  package var recurrence: RecurrentPaths?
  /// How certain the codes are, where that is learned.
  package var deviations: CodeDeviations?
  /// What is known of every scene's space; empty where no step was taken yet.
  package var occupancy: [OccupancyEstimate] = []
  /// The steps that every scene took part in.
  package var visitCounts: [Int]
  /// A running mean over steps; nil before the first.
  package var samplesPerRay: Double?
  /// The loss over the last hundred steps or so; nil before the first.
  package var smoothedLoss: Double?

  package init(
    hypernetwork: Hypernetwork, latents: LatentTable, optimizer: Adam, codeOptimizer: Adam,
    step: Int, skippedStepCount: Int, average: WeightAverage? = nil
  ) {
    self.hypernetwork = hypernetwork
    self.latents = latents
    self.optimizer = optimizer
    self.codeOptimizer = codeOptimizer
    self.step = step
    self.skippedStepCount = skippedStepCount
    self.average = average
    visitCounts = [Int](repeating: 0, count: latents.names.count)
  }

  /// The beginning of a training run.
  package init(hypernetwork: Hypernetwork, latents: LatentTable) {
    self.init(
      hypernetwork: hypernetwork, latents: latents,
      optimizer: Adam(rowLength: hypernetwork.layout.count),
      codeOptimizer: Adam(rowCount: latents.names.count, rowLength: latents.width), step: 0,
      skippedStepCount: 0)
  }
}
