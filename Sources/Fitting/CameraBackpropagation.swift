package import Kernels
import NeuralFields
package import Training
import VolumeRendering

/// The render chain in reverse with one link more: from the samples' positions to the camera.
///
/// A sample moves rigidly with its camera, so with g = ∂L/∂p of each sample
///
///     ∂L/∂τ = Σ g        ∂L/∂ω = Σ (p − c) × g
///
/// for a shift τ and a rotation ω about c. The distances along the ray stay as they are: where a ray is
/// cut to the bound there is nothing to see. What a field's colour owes to the view direction is left
/// out.
package final class CameraBackpropagation {
  private static let preferredCount = 256

  private let longestRay: Int
  private let keepsDirections: Bool
  private var batch: FieldBatch
  private var outputGradient: FieldOutputGradient
  private var positions: FieldPositionGradient
  private let activations: FieldActivations
  private var pending: RayLoss
  /// For each pending ray where its samples end, and whether it is a mirror image.
  private var spans: [(end: Int, isMirrored: Bool)] = []

  package init(shape: FieldKernelShape, samplesPerDiagonal: Int) {
    longestRay = samplesPerDiagonal + 2
    keepsDirections = shape.directionOctaves != nil
    let capacity = Self.preferredCount + longestRay
    batch = FieldBatch(capacity: capacity)
    outputGradient = FieldOutputGradient(capacity: capacity)
    positions = FieldPositionGradient(capacity: capacity)
    activations = FieldActivations(shape: shape, capacity: capacity)
    pending = RayLoss(capacity: capacity)
  }

  /// Sums over some rays.
  package struct Sums: Sendable {
    package var loss = 0.0
    /// ∂L/∂ω and ∂L/∂τ.
    package var motion = CameraMotion(rotation: .zero, shift: .zero)

    package init() {}
  }

  /// Adds the gradient of `weight` · Σ mean squared error over some rays to `weightGradient`.
  ///
  /// - Parameters:
  ///   - isMirrored: which rays start from the mirrored camera.
  ///   - interval: δ, scene units.
  ///   - pivot: c.
  /// - Returns: the loss, and the gradient with respect to the camera, that of mirrored rays mirrored
  ///   back.
  package func accumulate(
    rays: [TrainingRay], isMirrored: [Bool], weight: Float, interval: Float,
    field: PackedFieldWeights, occupied: OccupiedCells, pivot: SIMD3<Float>, mirror: MirrorPlane?,
    weightGradient: inout [Float]
  ) -> Sums {
    var sums = Sums()
    for (ray, isMirrored) in zip(rays, isMirrored) {
      let found = batch.append(
        ray, in: occupied, interval: interval, atMost: longestRay, keepsDirection: keepsDirections)
      if found == 0 {
        sums.loss += Loss.squaredError(ray.background, target: ray.target)
      } else {
        pending.append(end: batch.count, target: ray.target, background: ray.background)
        spans.append((batch.count, isMirrored))
        if batch.count >= Self.preferredCount {
          finish(
            field, weight: weight, interval: interval, pivot: pivot, mirror: mirror,
            weightGradient: &weightGradient, sums: &sums)
        }
      }
    }
    finish(
      field, weight: weight, interval: interval, pivot: pivot, mirror: mirror,
      weightGradient: &weightGradient, sums: &sums)
    return sums
  }

  /// Forward and backward through the pending rays.
  private func finish(
    _ field: PackedFieldWeights, weight: Float, interval: Float, pivot: SIMD3<Float>,
    mirror: MirrorPlane?, weightGradient: inout [Float], sums: inout Sums
  ) {
    guard batch.count > 0 else { return }
    field.evaluate(&batch, storing: activations)
    sums.loss += pending.backward(
      rayCount: pending.rayCount, batch: &batch, interval: interval, weight: weight,
      gradient: &outputGradient)
    field.accumulateGradient(
      of: &batch, outputGradient: &outputGradient, activations: activations,
      weightGradient: &weightGradient, positionGradient: &positions)
    var start = 0
    for span in spans {
      var shift = SIMD3<Float>.zero
      var rotation = SIMD3<Float>.zero
      for sample in start..<span.end {
        var slope = SIMD3(positions.x[sample], positions.y[sample], positions.z[sample])
        var place = SIMD3(batch.x[sample], batch.y[sample], batch.z[sample])
        if span.isMirrored, let mirror {
          slope = mirror.mirrored(direction: slope)
          place = mirror.mirrored(place)
        }
        shift += slope
        rotation += (place - pivot).cross(slope)
      }
      sums.motion.shift += shift
      sums.motion.rotation += rotation
      start = span.end
    }
    spans.removeAll(keepingCapacity: true)
    pending.removeFirst(pending.rayCount)
    batch.count = 0
  }
}
