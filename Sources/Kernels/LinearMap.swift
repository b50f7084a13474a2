internal import COpenBLAS

/// A batch of vectors through one affine map, forward and backward, over OpenBLAS.
///
///     y = x Wᵀ + b        x: [batch × inputs], W: [outputs × inputs], b: [outputs], y: [batch × outputs]
///
/// Matrices are row-major stretches of flat arrays. Large maps are cut into blocks of outputs that are
/// multiplied in parallel; the cut depends on the shape alone, so results are the same for any number
/// of threads.
package struct LinearMap: Sendable, Hashable {
  package let inputs: Int
  package let outputs: Int
  /// Where W and b begin in the flat parameter array.
  package let weightOffset: Int
  package let biasOffset: Int

  package init(inputs: Int, outputs: Int, weightOffset: Int, biasOffset: Int) {
    self.inputs = inputs
    self.outputs = outputs
    self.weightOffset = weightOffset
    self.biasOffset = biasOffset
  }

  /// Outputs per parallel block: a block of W stays in the L2 cache.
  private static let blockOutputs = 1024

  private var blockCount: Int { (outputs + Self.blockOutputs - 1) / Self.blockOutputs }

  private func block(_ index: Int) -> (first: Int, count: Int) {
    let first = index * Self.blockOutputs
    return (first, min(Self.blockOutputs, outputs - first))
  }

  /// Outputs of a batch: y = x Wᵀ + b.
  ///
  /// - Parameters:
  ///   - y: `[batch × yStride]`; columns `yOffset`…`yOffset + outputs` of every row are overwritten.
  package func forward(
    _ x: [Float], batch: Int, parameters: [Float], into y: inout [Float], yOffset: Int = 0,
    yStride: Int? = nil, threadCount: Int
  ) {
    let yStride = yStride ?? outputs
    precondition(x.count >= batch * inputs && y.count >= (batch - 1) * yStride + yOffset + outputs)
    Self.useOneThread()
    unsafe x.withUnsafeBufferPointer { x in
      unsafe parameters.withUnsafeBufferPointer { parameters in
        unsafe y.withUnsafeMutableBufferPointer { y in
          nonisolated(unsafe) let (x, parameters, y) = unsafe (x, parameters, y)
          Self.forEachBlock(blockCount, threadCount: threadCount) { index in
            let (first, count) = block(index)
            for row in 0..<batch {
              for output in 0..<count {
                unsafe y[row * yStride + yOffset + first + output] =
                  parameters[biasOffset + first + output]
              }
            }
            guard let source = unsafe x.baseAddress, let base = unsafe parameters.baseAddress,
              let target = unsafe y.baseAddress
            else { return }
            unsafe cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasTrans, Int32(batch), Int32(count), Int32(inputs),
              1, source, Int32(inputs), base + weightOffset + first * inputs, Int32(inputs),
              1, target + yOffset + first, Int32(yStride))
          }
        }
      }
    }
  }

  /// Adds the inputs' gradient: ∂L/∂x += ∂L/∂y W.
  ///
  /// Blocks of outputs give partial sums, which are added in block order.
  package func accumulateInputGradient(
    _ yGradient: [Float], batch: Int, parameters: [Float], into xGradient: inout [Float],
    yOffset: Int = 0, yStride: Int? = nil, threadCount: Int
  ) {
    let yStride = yStride ?? outputs
    precondition(
      xGradient.count >= batch * inputs
        && yGradient.count >= (batch - 1) * yStride + yOffset + outputs)
    Self.useOneThread()
    let partials = ParallelLoop.map(count: blockCount, threadCount: threadCount) { index in
      let (first, count) = block(index)
      var partial = [Float](repeating: 0, count: batch * inputs)
      unsafe yGradient.withUnsafeBufferPointer { slopes in
        unsafe parameters.withUnsafeBufferPointer { parameters in
          unsafe partial.withUnsafeMutableBufferPointer { partial in
            guard let from = slopes.baseAddress, let base = parameters.baseAddress else { return }
            unsafe cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(batch), Int32(inputs), Int32(count),
              1, from + yOffset + first, Int32(yStride), base + weightOffset + first * inputs,
              Int32(inputs), 0, partial.baseAddress, Int32(inputs))
          }
        }
      }
      return partial
    }
    for partial in partials {
      for index in 0..<batch * inputs { xGradient[index] += partial[index] }
    }
  }

  /// Adds the parameters' gradient: ∂L/∂W += (∂L/∂y)ᵀ x, ∂L/∂b += Σ ∂L/∂y over the batch.
  package func accumulateParameterGradient(
    _ yGradient: [Float], of x: [Float], batch: Int, into parameterGradient: inout [Float],
    yOffset: Int = 0, yStride: Int? = nil, threadCount: Int
  ) {
    let yStride = yStride ?? outputs
    precondition(
      x.count >= batch * inputs && yGradient.count >= (batch - 1) * yStride + yOffset + outputs)
    Self.useOneThread()
    unsafe x.withUnsafeBufferPointer { x in
      unsafe yGradient.withUnsafeBufferPointer { slopes in
        unsafe parameterGradient.withUnsafeMutableBufferPointer { gradient in
          nonisolated(unsafe) let (x, slopes, gradient) = unsafe (x, slopes, gradient)
          Self.forEachBlock(blockCount, threadCount: threadCount) { index in
            let (first, count) = block(index)
            for row in 0..<batch {
              for output in 0..<count {
                unsafe gradient[biasOffset + first + output] +=
                  slopes[row * yStride + yOffset + first + output]
              }
            }
            guard let source = unsafe x.baseAddress, let from = unsafe slopes.baseAddress,
              let target = unsafe gradient.baseAddress
            else { return }
            unsafe cblas_sgemm(
              CblasRowMajor, CblasTrans, CblasNoTrans, Int32(count), Int32(inputs), Int32(batch),
              1, from + yOffset + first, Int32(yStride), source, Int32(inputs), 1,
              target + weightOffset + first * inputs, Int32(inputs))
          }
        }
      }
    }
  }

  private static func forEachBlock(
    _ count: Int, threadCount: Int, _ body: @Sendable (Int) -> Void
  ) {
    _ = ParallelLoop.map(count: count, threadCount: min(threadCount, count), body)
  }

  /// OpenBLAS keeps to the calling thread: the parallel loops here are the only ones.
  private static func useOneThread() { _ = oneThread }
  private static let oneThread: Void = openblas_set_num_threads(1)
}

/// Which BLAS is in use.
package enum LinearAlgebraBackend {
  /// The library's version and the kernels it chose, as in "OpenBLAS 0.3.21 … (Zen)".
  package static var description: String {
    let configuration = unsafe text(openblas_get_config()) ?? "OpenBLAS"
    let core = unsafe text(openblas_get_corename()) ?? "unknown kernels"
    return "\(configuration) (\(core))"
  }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
  }
}
