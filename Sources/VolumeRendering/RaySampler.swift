package import Kernels
import NeuralFields

/// Walks one ray through the scene bound and stops at each sample that lies in an occupied cell.
///
/// The ray is cut into intervals of one length δ from where it enters the bound; each has one sample,
/// in the middle, or anywhere with equal chance (stratified sampling, Mildenhall et al. 2020, eq. 2):
///
///     tᵢ = tNear + (i + uᵢ) δ      uᵢ = ½ or uniform in [0, 1)
///
/// Where a ray's samples lie depends on the ray, δ, the grid and the ray's own random stream alone.
package struct RaySampler: Sendable {
  package let ray: Ray
  /// δ, scene units.
  package let interval: Float
  private var index = 0
  private let count: Int
  private var jitter: SeededGenerator?

  /// - Parameters:
  ///   - interval: δ, scene units, > 0.
  ///   - jitter: the ray's own random stream; nil samples the middle of every interval.
  package init(ray: Ray, interval: Float, jitter: SeededGenerator?) {
    self.ray = ray
    self.interval = interval
    self.jitter = jitter
    count = Int(((ray.tFar - ray.tNear) / interval).rounded(.up))
  }

  /// The distance of the next sample in an occupied cell; nil when the ray has left the bound.
  package mutating func next(in grid: OccupancyGrid) -> Float? {
    let cells = grid.cells
    while index < count {
      let offset: Float
      if let jitter {
        // Each interval has its own draw, so skipping an empty stretch moves no later sample.
        var draw = jitter.split(UInt64(index))
        offset = draw.uniform()
      } else {
        offset = 0.5
      }
      let t = ray.tNear + (Float(index) + offset) * interval
      guard t < ray.tFar else { break }
      let position = ray.position(at: t)
      let cell = cells.cell(containing: position)
      if grid.isOccupied(cell) {
        index += 1
        return t
      }
      index = max(index + 1, firstIndex(after: cell, from: t, position, in: cells))
    }
    index = count
    return nil
  }

  /// The interval in which the ray leaves a cell.
  private func firstIndex(
    after cell: SIMD3<Int>, from t: Float, _ position: SIMD3<Float>, in cells: CellGrid
  ) -> Int {
    let lower = cells.position(in: cell, offset: .zero)
    let far = (lower + cells.cellSize).replacing(with: lower, where: ray.direction .< 0)
    // Rounding can put a position a little past its cell's face: it leaves there and then.
    let distances = pointwiseMax((far - position) / ray.direction, .zero)
    var leave = Float.infinity
    for axis in 0..<3 where ray.direction[axis] != 0 { leave = min(leave, distances[axis]) }
    return Int((t + leave - ray.tNear) / interval)
  }
}
