import Kernels
package import NeuralFields

/// Adam's state for one flat array of parameters.
///
/// (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980.) Rows that take part in only some steps, such
/// as the codes of scenes, count their own steps: a row at rest stays where it is, and its moments keep.
package struct Adam: Sendable, Hashable {
  /// Running means of gradients and of their squares, `[rowCount × rowLength]`.
  package private(set) var firstMoment: [Float]
  package private(set) var secondMoment: [Float]
  /// Steps that each row has taken.
  package private(set) var stepCounts: [Int]
  private let rowLength: Int

  package init(rowCount: Int = 1, rowLength: Int) {
    self.rowLength = rowLength
    firstMoment = [Float](repeating: 0, count: rowCount * rowLength)
    secondMoment = firstMoment
    stepCounts = [Int](repeating: 0, count: rowCount)
  }

  /// A state as it was saved.
  ///
  /// - Precondition: both moments have `rowLength` entries per row.
  package init(rowLength: Int, firstMoment: [Float], secondMoment: [Float], stepCounts: [Int]) {
    precondition(
      firstMoment.count == rowLength * stepCounts.count && secondMoment.count == firstMoment.count,
      "found \(firstMoment.count) and \(secondMoment.count) moments, expected "
        + "\(stepCounts.count)×\(rowLength)")
    self.rowLength = rowLength
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
    self.stepCounts = stepCounts
  }

  /// Takes one step of one row.
  ///
  /// - Parameter gradient: of the row alone.
  package mutating func step(
    _ parameters: inout [Float], row: Int = 0, gradient: Span<Float>, learningRate: Float,
    threadCount: Int
  ) {
    precondition(
      gradient.count == rowLength, "found a gradient of \(gradient.count), expected \(rowLength)")
    nextUpdate(ofRow: row, learningRate: learningRate).apply(
      to: &parameters, gradient: gradient, firstMoment: &firstMoment, secondMoment: &secondMoment,
      offset: row * rowLength, threadCount: threadCount)
  }

  /// Takes one step of the only row, the parameters of a hypernetwork.
  ///
  /// - Parameter pass: after the backward pass.
  package mutating func step(
    _ network: inout Hypernetwork, after pass: Hypernetwork.Pass, learningRate: Float,
    threadCount: Int
  ) {
    network.step(
      nextUpdate(ofRow: 0, learningRate: learningRate), after: pass, firstMoment: &firstMoment,
      secondMoment: &secondMoment, threadCount: threadCount)
  }

  private mutating func nextUpdate(ofRow row: Int, learningRate: Float) -> AdamUpdate {
    stepCounts[row] += 1
    return AdamUpdate(
      learningRate: learningRate, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: stepCounts[row])
  }
}
