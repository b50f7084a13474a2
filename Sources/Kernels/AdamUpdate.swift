internal import CFieldKernels

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

  /// Changes a stretch of the parameters and of both moments.
  ///
  /// Every entry is computed by itself, so the cut into blocks changes no bit.
  ///
  /// - Parameters:
  ///   - gradient: ∂L/∂θ of the stretch alone.
  ///   - offset: where the stretch begins in the parameters.
  package func apply(
    to parameters: inout [Float], gradient: Span<Float>, firstMoment: inout [Float],
    secondMoment: inout [Float], offset: Int, threadCount: Int,
    backend: FieldKernelBackend = .best
  ) {
    let count = gradient.count
    precondition(
      offset >= 0 && offset + count <= parameters.count,
      "found \(parameters.count) parameters, expected \(offset + count)")
    let blockCount = (count + Self.blockLength - 1) / Self.blockLength
    unsafe gradient.withUnsafeBufferPointer { buffer in
      unsafe withPointers(&parameters, &firstMoment, &secondMoment) { numbers, targets in
        guard let base = buffer.baseAddress else { return }
        nonisolated(unsafe) let (slopes, shared) = unsafe (base, targets)
        ParallelLoop.run(count: blockCount, threadCount: threadCount) { block in
          let start = block * Self.blockLength
          var one: Float = 1
          unsafe shared.learn(
            numbers, at: offset + start, rows: 1, inputs: min(Self.blockLength, count - start),
            batch: 1, u: &one, uStride: 1, x: slopes + start, xStride: count, backend: backend)
        }
      }
    }
  }

  /// The kernels' numbers: both corrections drawn into the rate and into ε, which is the same algebra.
  private var numbers: fk_adam {
    let root = Float((1 - Self.power(beta2, step)).squareRoot())
    return fk_adam(
      beta1: beta1, beta2: beta2, rate: learningRate * root / Float(1 - Self.power(beta1, step)),
      epsilon: epsilon * root)
  }

  /// βᵗ by repeated squaring: the same bits on every machine, unlike a library's `pow`.
  private static func power(_ base: Float, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = Double(base)
    var remaining = exponent
    while remaining > 0 {
      if remaining & 1 == 1 { result *= factor }
      factor *= factor
      remaining >>= 1
    }
    return result
  }

  /// What a step changes.
  @unsafe struct Targets {
    let parameters: UnsafeMutablePointer<Float>
    let firstMoment: UnsafeMutablePointer<Float>
    let secondMoment: UnsafeMutablePointer<Float>

    /// A step of `rows` × `inputs` parameters from `offset` on; `u` and `x` are as in the kernel.
    func learn(
      _ numbers: fk_adam, at offset: Int, rows: Int, inputs: Int, batch: Int,
      u: UnsafePointer<Float>, uStride: Int, x: UnsafePointer<Float>, xStride: Int,
      backend: FieldKernelBackend
    ) {
      var numbers = numbers
      unsafe fk_affine_adam(
        backend.cBackend, &numbers, rows, inputs, batch, u, uStride, x, xStride,
        parameters + offset, firstMoment + offset, secondMoment + offset)
    }
  }

  func withPointers(
    _ parameters: inout [Float], _ firstMoment: inout [Float], _ secondMoment: inout [Float],
    _ body: (fk_adam, Targets) -> Void
  ) {
    precondition(
      firstMoment.count == parameters.count && secondMoment.count == parameters.count,
      "found \(firstMoment.count) and \(secondMoment.count) moments, expected \(parameters.count)")
    let numbers = numbers
    unsafe parameters.withUnsafeMutableBufferPointer { parameters in
      unsafe firstMoment.withUnsafeMutableBufferPointer { first in
        unsafe secondMoment.withUnsafeMutableBufferPointer { second in
          guard let base = parameters.baseAddress, let first = first.baseAddress,
            let second = second.baseAddress
          else { return }
          unsafe body(
            numbers, Targets(parameters: base, firstMoment: first, secondMoment: second))
        }
      }
    }
  }
}
