package import Kernels

/// One ray on its own, sample by sample: a front of a single ray.
package struct RaySampler: Sendable {
  private var front = RayFront(capacity: 1)

  /// - Parameters:
  ///   - interval: δ, scene units, > 0.
  ///   - jitter: the ray's own random stream; nil samples the middle of every interval.
  package init(ray: Ray, interval: Float, jitter: SeededGenerator?) {
    front.begin(origin: ray.origin, interval: interval, isRandom: jitter != nil)
    front.append(
      [
        RayFront.Newcomer(
          pixel: 0, direction: ray.direction, near: ray.tNear, far: ray.tFar, enter: ray.tNear,
          leave: ray.tFar, stream: jitter ?? SeededGenerator(seed: 0))
      ].span)
  }

  /// The distance of the next sample in an occupied cell; nil when the ray has left the bound.
  package mutating func next(in grid: OccupancyGrid) -> Float? {
    front.march(from: 0, through: grid.space)
    front.removeEnded { _ in }
    return front.count > 0 ? front.distance(ofRay: 0) : nil
  }
}
