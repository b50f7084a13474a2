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
    unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe gradient.withUnsafeBufferPointer { gradient in
        unsafe firstMoment.withUnsafeMutableBufferPointer { first in
          unsafe secondMoment.withUnsafeMutableBufferPointer { second in
            nonisolated(unsafe) let (parameters, gradient, first, second) =
              unsafe (parameters, gradient, first, second)
            _ = ParallelLoop.map(count: blockCount, threadCount: min(threadCount, blockCount)) {
              block in
              let start = range.lowerBound + block * Self.blockLength
              let end = min(start + Self.blockLength, range.upperBound)
              unsafe applyBlock(
                start..<end, parameters: parameters, gradient: gradient, first: first,
                second: second)
            }
          }
        }
      }
    }
  }

  /// One block: eight entries side by side, and the last few one by one.
  private func applyBlock(
    _ range: Range<Int>, parameters: UnsafeMutableBufferPointer<Float>,
    gradient: UnsafeBufferPointer<Float>, first: UnsafeMutableBufferPointer<Float>,
    second: UnsafeMutableBufferPointer<Float>
  ) {
    let firstCorrection = 1 / (1 - Self.power(beta1, step))
    let secondCorrection = 1 / (1 - Self.power(beta2, step))
    var start = range.lowerBound
    while start < range.upperBound {
      let count = min(8, range.upperBound - start)
      var (parameter, m, v, g) = (
        SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero
      )
      for lane in 0..<count {
        unsafe parameter[lane] = parameters[start + lane]
        unsafe m[lane] = first[start + lane]
        unsafe v[lane] = second[start + lane]
        unsafe g[lane] = gradient[start + lane]
      }
      m = beta1 * m + (1 - beta1) * g
      v = beta2 * v + (1 - beta2) * g * g
      let deviation = (v * secondCorrection).squareRoot() + epsilon
      parameter -= learningRate * (m * firstCorrection) / deviation
      for lane in 0..<count {
        unsafe parameters[start + lane] = parameter[lane]
        unsafe first[start + lane] = m[lane]
        unsafe second[start + lane] = v[lane]
      }
      start += count
    }
  }

  /// βᵗ by repeated squaring: the same bits on every machine, unlike a library's `pow`.
  private static func power(_ base: Float, _ exponent: Int) -> Float {
    var result = 1.0
    var factor = Double(base)
    var remaining = exponent
    while remaining > 0 {
      if remaining & 1 == 1 { result *= factor }
      factor *= factor
      remaining >>= 1
    }
    return Float(result)
  }
}
