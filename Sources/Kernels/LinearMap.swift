internal import CFieldKernels
internal import COpenBLAS

/// A batch of vectors through one affine map: forward, backward, and one step of learning.
///
///     y = x Wᵀ + b        x: [batch × inputs], W: [outputs × inputs], b: [outputs], y: [batch × outputs]
///
/// Matrices are row-major stretches of flat arrays. Maps are cut into blocks of outputs that are worked
/// on in parallel; the cut depends on the shape alone, so results are the same for any number of
/// threads.
///
/// Products with many vectors are OpenBLAS's. With few, the scenes of a step, all time goes into reading
/// the weights: there kernels that read them once, asking for them ahead, take half of its time. Their
/// formulas stand in `affine_kernels.h`.
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

  /// Outputs per parallel block: its part of W fits the L2 cache.
  private static let blockOutputs = 512

  /// The most vectors that are few: with more, OpenBLAS is about as fast.
  package static let fewVectors = 16

  private var blockCount: Int { (outputs + Self.blockOutputs - 1) / Self.blockOutputs }

  private func block(_ index: Int) -> (first: Int, count: Int) {
    let first = index * Self.blockOutputs
    return (first, min(Self.blockOutputs, outputs - first))
  }

  private func check(parameterCount: Int, x: Int, y: Int, batch: Int) {
    precondition(
      parameterCount >= max(weightOffset + inputs * outputs, biasOffset + outputs)
        && x >= batch * inputs && y >= batch * outputs,
      "found \(parameterCount), \(x) and \(y) numbers, expected those of \(batch) × \(inputs) → "
        + "\(outputs)")
  }

  /// OpenBLAS keeps to the calling thread: the parallel loops here are the only ones.
  private static func useOneThread() { _ = oneThread }
  private static let oneThread: Void = openblas_set_num_threads(1)

  /// Outputs of a batch: y = x Wᵀ + b.
  ///
  /// A vector has the same result in every batch of few.
  ///
  /// - Parameters:
  ///   - x: `[batch × inputs]`.
  ///   - y: `[batch × outputs]`, overwritten.
  package func forward(
    _ x: [Float], batch: Int, parameters: [Float], into y: inout [Float], threadCount: Int,
    backend: FieldKernelBackend = .best
  ) {
    check(parameterCount: parameters.count, x: x.count, y: y.count, batch: batch)
    Self.useOneThread()
    unsafe x.withUnsafeBufferPointer { x in
      unsafe parameters.withUnsafeBufferPointer { parameters in
        unsafe y.withUnsafeMutableBufferPointer { y in
          guard let from = x.baseAddress, let base = parameters.baseAddress,
            let to = y.baseAddress
          else { return }
          nonisolated(unsafe) let (source, weights, target) = unsafe (from, base, to)
          ParallelLoop.run(count: blockCount, threadCount: threadCount) { index in
            let (first, count) = block(index)
            let matrix = unsafe weights + weightOffset + first * inputs
            let bias = unsafe weights + biasOffset + first
            if batch <= Self.fewVectors {
              unsafe fk_affine_forward(
                backend.cBackend, count, inputs, batch, source, inputs, matrix, bias,
                target + first, outputs)
            } else {
              for row in 0..<batch {
                unsafe (target + row * outputs + first).update(from: bias, count: count)
              }
              unsafe cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, Int32(batch), Int32(count), Int32(inputs),
                1, source, Int32(inputs), matrix, Int32(inputs), 1, target + first, Int32(outputs))
            }
          }
        }
      }
    }
  }

  /// Gradient of the inputs: ∂L/∂x = ∂L/∂y W.
  ///
  /// Blocks of outputs give partial sums, which are added in block order.
  ///
  /// - Parameters:
  ///   - xGradient: `[batch × inputs]`, overwritten.
  ///   - partials: scratch memory, brought to the size that is needed.
  package func inputGradient(
    _ yGradient: [Float], batch: Int, parameters: [Float], into xGradient: inout [Float],
    partials: inout [Float], threadCount: Int, backend: FieldKernelBackend = .best
  ) {
    check(parameterCount: parameters.count, x: xGradient.count, y: yGradient.count, batch: batch)
    Self.useOneThread()
    let count = batch * inputs
    partials.resize(to: max(partials.count, blockCount * count))
    unsafe yGradient.withUnsafeBufferPointer { slopes in
      unsafe parameters.withUnsafeBufferPointer { parameters in
        unsafe partials.withUnsafeMutableBufferPointer { partials in
          guard let from = slopes.baseAddress, let base = parameters.baseAddress,
            let to = partials.baseAddress
          else { return }
          nonisolated(unsafe) let (source, weights, sums) = unsafe (from, base, to)
          ParallelLoop.run(count: blockCount, threadCount: threadCount) { index in
            let (first, rows) = block(index)
            let matrix = unsafe weights + weightOffset + first * inputs
            let partial = unsafe sums + index * count
            if batch <= Self.fewVectors {
              unsafe fk_affine_input_gradient(
                backend.cBackend, rows, inputs, batch, source + first, outputs, matrix, partial)
            } else {
              unsafe cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(batch), Int32(inputs), Int32(rows),
                1, source + first, Int32(outputs), matrix, Int32(inputs), 0, partial, Int32(inputs))
            }
          }
        }
      }
    }
    var sum = xGradient.mutableSpan
    sum.replace(with: partials.span.extracting(0..<count))
    for block in 1..<max(1, blockCount) {
      sum.add(partials.span.extracting(block * count..<(block + 1) * count))
    }
  }

  /// One step of Adam for W and b, whose gradients are sums of outer products over the batch.
  ///
  ///     ∂L/∂W = (∂L/∂y)ᵀ x      ∂L/∂b = Σ ∂L/∂y over the batch
  ///
  /// - Parameters:
  ///   - yGradient: ∂L/∂y, `[batch × outputs]`.
  ///   - firstMoment: of all parameters, as `secondMoment`.
  package func learn(
    _ update: AdamUpdate, yGradient: [Float], of x: [Float], batch: Int,
    parameters: inout [Float], firstMoment: inout [Float], secondMoment: inout [Float],
    threadCount: Int, backend: FieldKernelBackend = .best
  ) {
    check(parameterCount: parameters.count, x: x.count, y: yGradient.count, batch: batch)
    unsafe update.withPointers(&parameters, &firstMoment, &secondMoment) { numbers, targets in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe yGradient.withUnsafeBufferPointer { outer in
          guard let from = x.baseAddress, let above = outer.baseAddress else { return }
          nonisolated(unsafe) let (source, slopes, shared) = unsafe (from, above, targets)
          ParallelLoop.run(count: blockCount, threadCount: threadCount) { index in
            let (first, count) = block(index)
            unsafe shared.learn(
              numbers, at: weightOffset + first * inputs, rows: count, inputs: inputs,
              batch: batch, u: slopes + first, uStride: outputs, x: source, xStride: inputs,
              backend: backend)
            // Σ over the batch of 1 · ∂L/∂y: an outer product of a single row.
            unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: batch) { ones in
              unsafe ones.initialize(repeating: 1)
              guard let unit = ones.baseAddress else { return }
              unsafe shared.learn(
                numbers, at: biasOffset + first, rows: 1, inputs: count, batch: batch, u: unit,
                uStride: 1, x: slopes + first, xStride: outputs, backend: backend)
            }
          }
        }
      }
    }
  }
}
