package import Kernels
import VolumeRendering

extension FieldBatch {
  /// Adds the samples of a training ray that lie in occupied cells: evenly spaced, from a point of its
  /// first interval on.
  ///
  ///     tᵢ = tNear + (i + u) δ < tFar
  ///
  /// u is uniform in [0, 1) and the ray's own, so every point of the ray is as likely a sample as any
  /// other. A ray that misses the bound, or whose points are not numbers, has none.
  ///
  /// - Parameters:
  ///   - interval: δ, scene units.
  ///   - longest: the samples of the longest ray, for which there is room: a ray from where rounding is
  ///     coarse has no more.
  ///   - keepsDirection: whether the field depends on directions; else they are left alone.
  /// - Returns: the number of samples added.
  package mutating func append(
    _ ray: TrainingRay, in occupied: OccupiedCells, interval: Float, atMost longest: Int,
    keepsDirection: Bool
  ) -> Int {
    guard let path = ray.ray, path.isFinite else { return 0 }
    let first = path.tNear + ray.offset * interval
    let reach = ((path.tFar - first) / interval).rounded(.up)
    let count = reach > 0 ? Int(min(reach, Float(longest))) : 0
    return append(
      in: occupied, origin: path.origin, direction: path.direction, first: first,
      interval: interval, sampleCount: count, keepsDirection: keepsDirection)
  }
}

extension Ray {
  /// Whether every point of the ray within the bound is a number: cells are found for nothing else.
  fileprivate var isFinite: Bool {
    let (start, end) = (origin + direction * tNear, origin + direction * tFar)
    return (start.sum() + end.sum()).isFinite
  }
}
