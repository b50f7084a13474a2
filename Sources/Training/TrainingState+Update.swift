import NeuralFields

extension TrainingState {
  /// Moves all that is learned down the gradients of a step.
  ///
  /// - Parameters:
  ///   - pass: that of the step through the hypernetwork, forward and back.
  ///   - rows: gradients of rows of the table of codes.
  ///   - chosen: the step's scenes.
  ///   - slopes: of the deviations of their codes.
  ///   - rateShare: of the learning rates that the configuration has.
  ///   - codeLength: that of every code afterwards; nil where it is left alone.
  mutating func update(
    after pass: Hypernetwork.Pass, rows: [(row: Int, gradient: [Float])], chosen: [Int],
    slopes: CodeDeviations.Slopes, configuration: TrainingConfiguration, rateShare: Float,
    codeLength: Float?, threadCount: Int
  ) {
    let learningRate = configuration.learningRate * rateShare
    let codeLearningRate = configuration.codeLearningRate * rateShare
    // At a rate of nothing the hypernetwork rests, to the last bit.
    if configuration.learningRate > 0 {
      optimizer.step(
        &hypernetwork, after: pass, learningRate: learningRate, threadCount: threadCount)
    }
    for (row, gradient) in rows where recurrence?.makes(row: row) != true {
      codeOptimizer.step(
        &latents.values, row: row, gradient: gradient.span, learningRate: codeLearningRate,
        threadCount: 1)
      if let codeLength { latents.normalize(row: row, length: codeLength) }
    }
    recurrence?.step(
      rows, learningRate: learningRate, codeLearningRate: codeLearningRate, latents: &latents)
    deviations?.step(rows: chosen, slopes: slopes, codeLearningRate: codeLearningRate)
  }
}
