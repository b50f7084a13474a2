package import Kernels
import NeuralFields

/// Walks one ray through the scene bound and stops at each sample that lies in an occupied cell.
///
/// The ray is cut into intervals of one length δ from where it enters the bound; each has one
/// sample, in the middle, or anywhere with equal chance (stratified sampling, Mildenhall et al.
/// 2020, eq. 2):
///
///     tᵢ = tNear + (i + uᵢ) δ      uᵢ = ½ or uniform in [0, 1)
///
/// Where a ray's samples lie depends on the ray, δ, the grid and the ray's own random stream alone.
///
/// From a cell whose nearest occupied cell is n steps away, n − 1 cells can be crossed along the
/// axis on which the ray is fastest before an occupied one can come.
package struct RaySampler: Sendable {
  package let ray: Ray
  /// δ, scene units.
  package let interval: Float
  /// Intervals of a way of one scene unit along the axis on which the ray is fastest, a little less
  /// against rounding.
  private let intervalsPerUnit: Float
  private var index: Int32 = 0
  private var count: Int32
  private var jitter: SeededGenerator?
  /// Whether the ray has met an occupied cell.
  private(set) var hasSampled = false

  /// - Parameters:
  ///   - interval: δ, scene units, > 0.
  ///   - jitter: the ray's own random stream; nil samples the middle of every interval.
  @inline(__always)
  package init(ray: Ray, interval: Float, jitter: SeededGenerator?) {
    self.ray = ray
    self.interval = interval
    self.jitter = jitter
    let direction = ray.direction
    let fastest = max(abs(direction.x), abs(direction.y), abs(direction.z))
    intervalsPerUnit = (1 - 1e-5) / (fastest * interval)
    count = Self.intervalCount(until: ray.tFar - ray.tNear, interval: interval)
  }

  /// A sampler that looks only at the part of the ray between two distances outside which no cell
  /// is occupied: the samples are the same, and found sooner.
  @inline(__always)
  init(ray: Ray, interval: Float, jitter: SeededGenerator?, from enter: Float, to leave: Float) {
    self.init(ray: ray, interval: interval, jitter: jitter)
    // An interval more at both ends does no harm.
    if enter > ray.tNear {
      index = Self.intervalCount(until: enter - ray.tNear, interval: interval) &- 3
      index = max(index, 0)
    }
    if leave < ray.tFar {
      count = min(count, Self.intervalCount(until: leave - ray.tNear, interval: interval))
    }
  }

  /// The number of intervals that begin before a distance from the ray's entry, up to two more, and
  /// 2³⁰ at most.
  @inline(__always)
  private static func intervalCount(until distance: Float, interval: Float) -> Int32 {
    let count = distance / interval
    return Int32(count > 0 ? (count < 0x1p30 ? count : 0x1p30) : 0) &+ 2
  }

  /// A sampler that has no samples.
  static let ended = RaySampler(
    ray: Ray(origin: .zero, direction: [0, 0, 1], tNear: 0, tFar: 0), interval: 1, jitter: nil)

  /// The distance of the next sample in an occupied cell; nil when the ray has left the bound.
  package mutating func next(in grid: OccupancyGrid) -> Float? {
    let distances = grid.distances.span
    while let (t, isOccupied) = step(in: grid.cells, distances: distances) {
      if isOccupied { return t }
    }
    return nil
  }

  /// Looks at the next interval in which there may be something; nil when there is none.
  ///
  /// No branch depends on what is found, so that the looks of many rays, one after another, do not
  /// wait for each other.
  ///
  /// - Parameter distances: those of the grid with these cells.
  /// - Returns: where its sample is, and whether that lies in an occupied cell, so is to be taken.
  @inline(__always)
  mutating func step(
    in cells: CellGrid, distances: Span<UInt8>
  ) -> (t: Float, isOccupied: Bool)? {
    guard index < count else { return nil }
    let offset: Float
    // What the sample's place in its interval adds to the number of intervals skipped.
    let slack: Float
    if let jitter {
      // Each interval has its own draw, so skipping an empty stretch moves no later sample. Where
      // the others' samples lie is not known: only whole intervals are skipped.
      var draw = jitter.split(UInt64(index))
      offset = draw.uniform()
      slack = offset
    } else {
      offset = 0.5
      slack = 1
    }
    let t = ray.tNear + (Float(index) + offset) * interval
    guard t < ray.tFar else {
      end()
      return nil
    }
    let cell = cells.cell(containing: ray.position(at: t))
    let distance = distances[cell.x &+ cells.counts.x &* (cell.y &+ cells.counts.y &* cell.z)]
    let way = Float(Int32(distance) &- 1) * cells.cellSize
    // Rounding never skips a sample: a thirty-second of an interval is given away.
    let skipped = way * intervalsPerUnit + (slack - 0x1p-5)
    let bounded = skipped < 0x1p24 ? skipped : 0x1p24
    index &+= Int32(bounded > 1 ? bounded : 1)
    let isOccupied = distance == 0
    hasSampled = hasSampled || isOccupied
    return (t, isOccupied)
  }

  /// Ends the ray: it has no further samples.
  @inline(__always)
  mutating func end() { index = count }
}
