package import NeuralFields

/// Everything that a training run has learned and needs to go on.
package struct TrainingState: Sendable {
  package var hypernetwork: Hypernetwork
  package var latents: LatentTable
  package var optimizer: Adam
  package var codeOptimizer: Adam
  /// Steps done, skipped ones included.
  package var step = 0
  /// Steps whose loss or gradient was not a finite number; they changed nothing.
  package var skippedStepCount = 0
  /// A running mean of hypernetwork and codes, where one is kept.
  package var average: WeightAverage?

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
