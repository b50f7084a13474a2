/// Rays from one point under way side by side, and what each has gathered.
///
/// A ray is cut into intervals of one length δ from where it enters the scene; each has one sample,
/// in the middle, or anywhere with equal chance (stratified sampling, Mildenhall et al. 2020, eq. 2):
///
///     tᵢ = near + (i + uᵢ) δ      uᵢ = ½ or uniform in [0, 1)
///
/// Samples outside occupied cells are passed over. Where a ray's samples lie depends on the ray, δ,
/// the grid and the ray's own random stream alone, and what it gathers on its samples alone: never on
/// the rays beside it.
///
/// A turn is `march`, `removeEnded`, `fillBatch`, an evaluation of the batch and `composite`. One
/// front per thread; it keeps its memory.
package struct RayFront: Sendable {
  /// The most rays under way at once.
  package let capacity: Int

  /// The number of rays under way.
  package private(set) var count = 0

  /// The rays' samples, the i-th that of the i-th ray.
  package var batch: FieldBatch

  let backend: FieldKernelBackend
  private(set) var line = Line(origin: .zero, interval: 1, isRandom: false)
  var rays: RayRows
  /// Rays that have no further sample, ascending, the first `endedCount`.
  var endedPlaces: [Int32]
  var endedCount = 0

  /// What all rays have in common.
  struct Line: Sendable {
    /// Scene units.
    var origin: SIMD3<Float>
    /// δ, scene units.
    var interval: Float
    /// Whether samples lie anywhere in their intervals, else in the middle.
    var isRandom: Bool
  }

  /// A ray before its first sample.
  package struct Newcomer: Sendable {
    /// The ray's number, for the caller.
    package let pixel: Int32
    /// Unit length.
    package let direction: SIMD3<Float>
    /// Where the ray enters and leaves the scene: distances from its origin, scene units,
    /// 0 ≤ `near` < `far`.
    package let near: Float
    package let far: Float
    /// No cell before and after these distances is occupied, scene units: the samples are the same,
    /// and found sooner.
    package let enter: Float
    package let leave: Float
    /// The ray's own random stream; of no effect where samples lie in the middle.
    package let stream: SeededGenerator

    @inlinable
    package init(
      pixel: Int32, direction: SIMD3<Float>, near: Float, far: Float, enter: Float, leave: Float,
      stream: SeededGenerator
    ) {
      self.pixel = pixel
      self.direction = direction
      self.near = near
      self.far = far
      self.enter = enter
      self.leave = leave
      self.stream = stream
    }
  }

  /// A ray behind its last sample.
  package struct Veteran: Sendable {
    package let pixel: Int32
    /// Whether it met an occupied cell.
    package let hasSampled: Bool
    /// T: the share of light from behind that still passes, 1…0.
    package let transmittance: Float
    /// Σ w c.
    package let radiance: SIMD3<Float>
    /// Σ w t, scene units.
    package let weightedDistance: Float
  }

  package init(capacity: Int, backend: FieldKernelBackend = .best) {
    precondition(capacity > 0, "found capacity \(capacity), expected a positive one")
    self.capacity = capacity
    self.backend = backend
    rays = RayRows(capacity: capacity)
    batch = FieldBatch(capacity: rays.room)
    endedPlaces = [Int32](repeating: 0, count: rays.room)
  }

  /// Begins anew, with no ray under way.
  ///
  /// - Parameters:
  ///   - origin: of all rays, scene units.
  ///   - interval: δ, scene units, > 0.
  ///   - isRandom: whether samples lie anywhere in their intervals, else in the middle.
  package mutating func begin(origin: SIMD3<Float>, interval: Float, isRandom: Bool) {
    line = Line(origin: origin, interval: interval, isRandom: isRandom)
    count = 0
    endedCount = 0
  }

  /// Adds rays behind those under way; none has a sample yet.
  ///
  /// - Precondition: there is room for them.
  package mutating func append(_ newcomers: Span<Newcomer>) {
    precondition(
      newcomers.count <= capacity - count,
      "found \(newcomers.count) rays, expected at most \(capacity - count)")
    rays.write(newcomers, at: count, interval: line.interval)
    count += newcomers.count
  }

  /// Takes away the rays that `march` found to have no further sample; the last rays take their
  /// places.
  package mutating func removeEnded(_ body: (Veteran) -> Void) {
    for index in 0..<endedCount { body(rays.veteran(at: Int(endedPlaces[index]))) }
    rays.remove(endedPlaces[..<endedCount], count: count)
    count -= endedCount
    endedCount = 0
  }

  /// t of a ray's sample, scene units.
  package func distance(ofRay ray: Int) -> Float {
    precondition(ray < count, "found ray \(ray), expected one of \(count)")
    return rays.distance(at: ray)
  }
}
