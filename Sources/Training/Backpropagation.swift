package import Kernels
package import NeuralFields
package import VolumeRendering

/// The render chain in reverse, for the rays of one scene: what `RayMarcher` does, with gradients.
///
/// One per thread: it owns the scratch memory. Rays are gathered into batches that hold all their
/// samples, so that activations are still in the cache when the backward pass reads them.
package final class Backpropagation {
  /// Samples per batch: its activations fit the L2 cache, and a weight gradient's registers are
  /// summed across lanes only once per batch.
  private static let preferredCapacity = 384

  private let interval: Float
  private let capacity: Int
  private var batch: FieldBatch
  private var outputGradient: FieldOutputGradient
  private var transmittances: [Float]
  private let activations: FieldActivations
  private var pending: [(ray: TrainingRay, range: Range<Int>)] = []

  /// - Parameters:
  ///   - shape: of the field's network.
  ///   - interval: δ, scene units.
  ///   - diagonal: of the bound, scene units: no ray has more samples than fit into it.
  package init(shape: FieldKernelShape, interval: Float, diagonal: Float) {
    self.interval = interval
    let longestRay = Int((diagonal / interval).rounded(.up)) + 2
    capacity = max(Self.preferredCapacity, longestRay)
    batch = FieldBatch(capacity: capacity)
    outputGradient = FieldOutputGradient(capacity: capacity)
    transmittances = [Float](repeating: 0, count: capacity)
    activations = FieldActivations(shape: shape, capacity: capacity)
  }

  /// The sums over some rays.
  package struct Sums: Sendable {
    /// Σ over rays of the mean squared error of the three channels.
    package var loss = 0.0
    package var sampleCount = 0
  }

  /// Adds the gradient of Σ mean squared error over `rays` to `weightGradient`.
  package func accumulate(
    rays: [TrainingRay], field: CoordinateMLP, grid: OccupancyGrid,
    weightGradient: inout FieldWeights
  ) -> Sums {
    var sums = Sums()
    batch.count = 0
    pending.removeAll(keepingCapacity: true)
    for ray in rays {
      // 1. Sample the ray; when the batch cannot hold it, finish the batch and begin anew with it.
      let first = batch.count
      if !sample(ray, in: grid) {
        batch.count = first
        finish(field: field, weightGradient: &weightGradient, sums: &sums)
        let fits = sample(ray, in: grid)
        precondition(fits, "found a ray longer than the bound's diagonal")
      }
    }
    finish(field: field, weightGradient: &weightGradient, sums: &sums)
    return sums
  }

  /// Adds a ray's samples to the batch; false where they do not fit.
  private func sample(_ ray: TrainingRay, in grid: OccupancyGrid) -> Bool {
    let first = batch.count
    if let path = ray.ray {
      var sampler = RaySampler(ray: path, interval: interval, jitter: ray.jitter)
      while let t = sampler.next(in: grid) {
        // A ray that fills the whole batch alone ends with it: its rest is rounding of the bound.
        guard batch.count < capacity else {
          if first == 0 { break }
          return false
        }
        batch.append(position: path.position(at: t), direction: path.direction)
      }
    }
    pending.append((ray, first..<batch.count))
    return true
  }

  /// Forward and backward through everything that is pending, in five calls.
  private func finish(
    field: CoordinateMLP, weightGradient: inout FieldWeights, sums: inout Sums
  ) {
    sums.sampleCount += batch.count
    // 2. Samples → density and radiance.
    field.evaluate(&batch, storing: activations)
    for (ray, range) in pending {
      // 3. Density and radiance → pixel → loss.
      let pixel = Compositing.pixel(
        of: batch, range: range, interval: interval, background: ray.background,
        transmittances: &transmittances)
      let (loss, gradient) = Loss.squaredError(pixel, target: ray.target)
      sums.loss += loss
      // 4. And back: loss → pixel → density and radiance.
      Compositing.backward(
        pixelGradient: gradient, of: batch, range: range, interval: interval,
        background: ray.background, transmittances: transmittances, gradient: &outputGradient)
    }
    // 5. Density and radiance → weights.
    field.accumulateGradient(
      of: &batch, outputGradient: &outputGradient, activations: activations,
      weightGradient: &weightGradient)
    batch.count = 0
    pending.removeAll(keepingCapacity: true)
  }
}
