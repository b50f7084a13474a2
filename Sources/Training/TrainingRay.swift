package import Kernels
package import NeuralFields
package import VolumeRendering

/// One training ray: where it goes and what it ought to show.
package struct TrainingRay: Sendable {
  package let ray: Ray?
  /// The colour to reproduce, RGB in [0, 1].
  package let target: SIMD3<Float>
  /// The colour behind the scene, for the prediction as for the target.
  package let background: SIMD3<Float>
  /// The ray's own random stream.
  package let jitter: SeededGenerator

  package init(
    ray: Ray?, target: SIMD3<Float>, background: SIMD3<Float>, jitter: SeededGenerator
  ) {
    self.ray = ray
    self.target = target
    self.background = background
    self.jitter = jitter
  }
}

extension TrainingScene {
  /// Draws one training ray.
  ///
  /// A transparent picture is set before a random colour, the same for prediction and target, so that
  /// only true emptiness explains it.
  ///
  /// - Parameters:
  ///   - random: the ray's own random stream.
  ///   - foregroundShare: the chance to draw from foreground pixels alone.
  package func drawRay(
    random: SeededGenerator, foregroundShare: Float, bound: BoundingBox, near: Float
  ) -> TrainingRay {
    var random = random
    let fromForeground = random.uniform() < foregroundShare
    let pixel = drawPixel(fromForeground: fromForeground, random: &random)
    let (origin, direction) = ray(throughPixel: pixel)
    let (radiance, alpha) = colour(ofPixel: pixel)
    let behind: SIMD3<Float> =
      if case .plain(let colour) = background {
        colour
      } else {
        SIMD3(random.uniform(), random.uniform(), random.uniform())
      }
    return TrainingRay(
      ray: Ray(origin: origin, direction: direction, within: bound, near: near),
      target: radiance * alpha + behind * (1 - alpha), background: behind,
      jitter: random.split(0))
  }
}
