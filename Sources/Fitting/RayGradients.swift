import Kernels
package import NeuralFields
package import Training

/// Rays to loss to gradients of field weights, by several threads, with the same bytes for any number.
package struct RayGradients {
  /// Shares of a step's rays: the unit of parallel work, whatever the number of threads.
  private static let sliceCount = 8

  private struct Slice {
    let index: Int
    var gradient: FieldWeights
    var loss = 0.0
  }

  private var workers: [Backpropagation]
  private var slices: [Slice]
  /// δ, scene units.
  package let interval: Float

  /// - Parameter samplesPerDiagonal: intervals along the bound's diagonal.
  package init(
    architecture: FieldArchitecture, bound: BoundingBox, samplesPerDiagonal: Int, threadCount: Int
  ) {
    interval = bound.diagonal / Float(samplesPerDiagonal)
    let shape = architecture.kernelShape(over: bound)
    workers = (0..<max(1, threadCount)).map { _ in
      Backpropagation(shape: shape, samplesPerDiagonal: samplesPerDiagonal)
    }
    let empty = FieldWeights([Float](repeating: 0, count: architecture.layout.count))
    slices = (0..<Self.sliceCount).map { Slice(index: $0, gradient: empty) }
  }

  /// The mean loss of some rays, and its gradient.
  ///
  /// - Returns: the mean over rays of the mean squared error of the channels; `[layout.count]`.
  package mutating func evaluate(
    _ rays: [TrainingRay], field: CoordinateMLP, occupancy: FitOccupancy
  ) -> (loss: Double, gradient: [Float]) {
    precondition(!rays.isEmpty, "found no rays, expected some")
    let (interval, count) = (interval, slices.count)
    ParallelLoop.forEach(&slices, workspaces: &workers) { _, slice, worker in
      slice.gradient.values.clear()
      let first = slice.index * rays.count / count
      let end = (slice.index + 1) * rays.count / count
      slice.loss =
        worker.accumulate(
          rays: Array(rays[first..<end]), weight: 1 / Float(rays.count), interval: interval,
          field: field, occupied: occupancy.occupied, weightGradient: &slice.gradient
        ).loss
    }
    var gradient = slices[0].gradient.values
    var loss = slices[0].loss
    for slice in slices.dropFirst() {
      var target = gradient.mutableSpan
      target.add(slice.gradient.values.span)
      loss += slice.loss
    }
    return (loss / Double(rays.count), gradient)
  }
}
