/// The arithmetic of one Adam step over a flat array.
///
///     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
///     θ ← θ − η · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// (Kingma and Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980.)
package struct AdamUpdate: Sendable {
  package var learningRate: Float
  package var beta1: Float
  package var beta2: Float
  package var epsilon: Float
  /// t, the number of this step for these parameters, from 1.
  package var step: Int

  package init(learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, step: Int) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.step = step
  }

  /// Entries per parallel block.
  private static let blockLength = 1 << 16

  /// Changes `range` of the parameters and of both moments.
  ///
  /// Every entry is computed by itself, so the cut into blocks changes no bit.
  package func apply(
    to parameters: inout [Float], gradient: [Float], firstMoment: inout [Float],
    secondMoment: inout [Float], range: Range<Int>, threadCount: Int
  ) {
    precondition(
      range.upperBound <= min(parameters.count, gradient.count)
        && range.upperBound <= min(firstMoment.count, secondMoment.count),
      "found arrays shorter than \(range.upperBound)")
    let blockCount = (range.count + Self.blockLength - 1) / Self.blockLength
    let power = Float(step)
    let firstCorrection = 1 / (1 - Self.power(beta1, power))
    let secondCorrection = 1 / (1 - Self.power(beta2, power))
    unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe gradient.withUnsafeBufferPointer { gradient in
        unsafe firstMoment.withUnsafeMutableBufferPointer { first in
          unsafe secondMoment.withUnsafeMutableBufferPointer { second in
            nonisolated(unsafe) let (parameters, gradient, first, second) =
              unsafe (parameters, gradient, first, second)
            _ = ParallelLoop.map(count: blockCount, threadCount: min(threadCount, blockCount)) {
              block in
              let start = range.lowerBound + block * Self.blockLength
              for i in start..<min(start + Self.blockLength, range.upperBound) {
                let g = unsafe gradient[i]
                let m = unsafe beta1 * first[i] + (1 - beta1) * g
                let v = unsafe beta2 * second[i] + (1 - beta2) * g * g
                unsafe first[i] = m
                unsafe second[i] = v
                unsafe parameters[i] -=
                  learningRate * (m * firstCorrection)
                  / ((v * secondCorrection).squareRoot() + epsilon)
              }
            }
          }
        }
      }
    }
  }

  /// βᵗ by repeated squaring: the same bits on every machine, unlike a library's `pow`.
  private static func power(_ base: Float, _ exponent: Float) -> Float {
    var result = 1.0
    var factor = Double(base)
    var remaining = Int(exponent)
    while remaining > 0 {
      if remaining & 1 == 1 { result *= factor }
      factor *= factor
      remaining >>= 1
    }
    return Float(result)
  }
}
