package import Kernels
package import NeuralFields
import VolumeRendering

/// The render chain in reverse, for the rays of one scene: what `RayMarcher` does, with gradients.
///
/// One per thread: it owns the scratch memory. Rays are gathered into batches that hold all their
/// samples, so that activations are still in the cache when the backward pass reads them.
package final class Backpropagation {
  /// Samples per batch: its activations fit the L2 cache, and a weight gradient's registers are
  /// summed across lanes only once per batch.
  private static let preferredCount = 256

  /// Samples that the kernels work on together: a batch of another length leaves lanes idle.
  private static let blockLength = 32

  /// δ of the rays at hand, scene units.
  private var interval: Float = 0
  private let longestRay: Int
  private let keepsDirections: Bool
  private var batch: FieldBatch
  private var outputGradient: FieldOutputGradient
  private let activations: FieldActivations
  /// The rays whose samples wait in the batch.
  private var pending: RayLoss
  private var drawing = RayDrawing()

  /// - Parameters:
  ///   - shape: of the field's network.
  ///   - samplesPerDiagonal: intervals along the bound's diagonal, at most: no ray has more samples.
  package init(shape: FieldKernelShape, samplesPerDiagonal: Int) {
    longestRay = samplesPerDiagonal + 2
    let capacity = Self.preferredCount + longestRay
    batch = FieldBatch(capacity: capacity)
    outputGradient = FieldOutputGradient(capacity: capacity)
    activations = FieldActivations(shape: shape, capacity: capacity)
    pending = RayLoss(capacity: capacity)
    keepsDirections = shape.directionOctaves != nil
  }

  /// The sums over some rays.
  package struct Sums: Sendable {
    /// Σ over rays of the mean squared error of the three channels.
    package var loss = 0.0
    package var sampleCount = 0
    /// Processor time, where it was asked for.
    package var seconds: PhaseSeconds?
  }

  /// Adds the gradient of `weight` · Σ mean squared error over some rays to `weightGradient`.
  ///
  /// - Parameters:
  ///   - interval: δ, scene units.
  ///   - occupied: the cells in which rays take samples.
  package func accumulate(
    rays: [TrainingRay], weight: Float = 1, interval: Float, field: CoordinateMLP,
    occupied: OccupiedCells, weightGradient: inout FieldWeights
  ) -> Sums {
    self.interval = interval
    var clock = PhaseClock(isRunning: false) { 0 }
    return accumulate(
      rays: rays, weight: weight, field: field, occupied: occupied,
      weightGradient: &weightGradient, clock: &clock)
  }

  /// Draws rays, and adds the gradient of `weight` · Σ mean squared error over them.
  ///
  /// - Parameter measuresPhases: whether to take the time.
  package func accumulate(
    drawing draw: (inout RayDrawing) -> Void, weight: Float, interval: Float,
    field: CoordinateMLP, occupied: OccupiedCells, weightGradient: inout FieldWeights,
    measuresPhases: Bool
  ) -> Sums {
    self.interval = interval
    var clock = PhaseClock(isRunning: measuresPhases) { ProcessorClock.threadSeconds }
    draw(&drawing)
    return accumulate(
      rays: drawing.rays, weight: weight, field: field, occupied: occupied,
      weightGradient: &weightGradient, clock: &clock)
  }

  private func accumulate(
    rays: [TrainingRay], weight: Float, field: CoordinateMLP, occupied: OccupiedCells,
    weightGradient: inout FieldWeights, clock: inout PhaseClock
  ) -> Sums {
    var sums = Sums()
    for ray in rays {
      sample(ray, in: occupied, sums: &sums)
      if batch.count >= Self.preferredCount {
        clock.end(.rays)
        finish(
          cut(), field: field, weight: weight, weightGradient: &weightGradient, sums: &sums,
          clock: &clock)
      }
    }
    clock.end(.rays)
    finish(
      pending.rayCount, field: field, weight: weight, weightGradient: &weightGradient, sums: &sums,
      clock: &clock)
    sums.seconds = clock.seconds
    return sums
  }

  /// Adds a ray's samples to the batch.
  ///
  /// A ray that meets no occupied cell shows its background whatever the field: it has a loss, and no
  /// gradient.
  private func sample(_ ray: TrainingRay, in occupied: OccupiedCells, sums: inout Sums) {
    let found = batch.append(
      ray, in: occupied, interval: interval, atMost: longestRay, keepsDirection: keepsDirections)
    if found == 0 {
      sums.loss += Loss.squaredError(ray.background, target: ray.target)
    } else {
      pending.append(end: batch.count, target: ray.target, background: ray.background)
    }
  }

  /// How many of the pending rays to finish: those that leave the fewest lanes of a block idle, and fewer
  /// samples behind than make a batch, so that there is room for the longest ray.
  private func cut() -> Int {
    var best = pending.rayCount
    var bestShare = 0.0
    for ray in (0..<pending.rayCount).reversed() {
      let end = pending.end(ofRay: ray)
      guard end >= Self.preferredCount / 2, batch.count - end < Self.preferredCount else { break }
      let blocks = (end + Self.blockLength - 1) / Self.blockLength
      let share = Double(end) / Double(blocks * Self.blockLength)
      if share > bestShare { (best, bestShare) = (ray + 1, share) }
    }
    return best
  }

  /// Forward and backward through the first pending rays; the others stay.
  private func finish(
    _ rayCount: Int, field: CoordinateMLP, weight: Float, weightGradient: inout FieldWeights,
    sums: inout Sums, clock: inout PhaseClock
  ) {
    guard rayCount > 0 else { return }
    let count = pending.end(ofRay: rayCount - 1)
    let total = batch.count
    batch.count = count
    sums.sampleCount += count
    // 1. Samples → density and radiance.
    field.evaluate(&batch, storing: activations)
    clock.end(.fieldForward)
    // 2. Density and radiance → pixels → loss, and back.
    sums.loss += pending.backward(
      rayCount: rayCount, batch: &batch, interval: interval, weight: weight,
      gradient: &outputGradient)
    clock.end(.compositing)
    // 3. Density and radiance → weights.
    field.accumulateGradient(
      of: &batch, outputGradient: &outputGradient, activations: activations,
      weightGradient: &weightGradient)
    clock.end(.fieldBackward)
    // 4. The rest moves to the front.
    batch.count = total
    batch.removeFirst(count, keepsDirections: keepsDirections)
    pending.removeFirst(rayCount)
  }
}
