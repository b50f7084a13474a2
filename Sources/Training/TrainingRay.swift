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
  /// Where in its interval each of the ray's samples lies, [0, 1).
  package let offset: Float

  package init(ray: Ray?, target: SIMD3<Float>, background: SIMD3<Float>, offset: Float) {
    self.ray = ray
    self.target = target
    self.background = background
    self.offset = offset
  }
}

/// Draws the training rays of a scene, many at a time; it keeps its memory.
package struct RayDrawing: Sendable {
  package private(set) var rays: [TrainingRay] = []
  private var draws: [Draw] = []

  /// A ray's pixel, and the rest of the ray's random stream.
  private struct Draw {
    let pixel: Int
    var bytes: UInt32 = 0
    var random: SeededGenerator
  }

  package init() {}

  /// Draws `count` rays in place of those before.
  ///
  /// A transparent picture is set before a random colour, the same for prediction and target, so that
  /// only true emptiness explains it. Pixels lie anywhere in memory, so they are fetched in a loop of
  /// their own, in which the processor waits for many at once.
  ///
  /// - Parameters:
  ///   - random: ray i has its i-th part for itself.
  ///   - foregroundShare: the chance to draw from foreground pixels alone.
  ///   - box: outside of which nothing is: rays are cut to it.
  ///   - near: the distance before which nothing is seen, scene units.
  package mutating func draw(
    _ count: Int, of scene: TrainingScene, random: SeededGenerator, foregroundShare: Float,
    within box: BoundingBox, near: Float
  ) {
    draws.removeAll(keepingCapacity: true)
    for ray in 0..<count {
      var own = random.split(UInt64(ray))
      let fromForeground = own.uniform() < foregroundShare
      let pixel = scene.drawPixel(fromForeground: fromForeground, random: &own)
      draws.append(Draw(pixel: pixel, random: own))
    }
    var waiting = draws.mutableSpan
    for ray in 0..<count { waiting[ray].bytes = scene.bytes(ofPixel: waiting[ray].pixel) }
    rays.removeAll(keepingCapacity: true)
    for draw in draws {
      var random = draw.random
      let (origin, direction) = scene.ray(throughPixel: draw.pixel)
      let (radiance, alpha) = scene.colour(of: draw.bytes)
      let behind: SIMD3<Float> =
        if case .plain(let colour) = scene.background {
          colour
        } else {
          SIMD3(random.uniform(), random.uniform(), random.uniform())
        }
      rays.append(
        TrainingRay(
          ray: Ray(origin: origin, direction: direction, within: box, near: near),
          target: radiance * alpha + behind * (1 - alpha), background: behind,
          offset: random.uniform()))
    }
  }
}
