import Kernels
import NeuralFields

/// Casts the rays of a tile, row by row, as many at a time as there is room for.
///
/// Only rays that can meet an occupied cell arrive.
struct RayCaster {
  /// A ray that waits for a place among those under way.
  struct Arrival {
    let pixel: Int
    let sampler: RaySampler
  }

  private let capacity: Int
  private let settings: RenderSettings
  private var tile = Tile(columns: 0..<0, rows: 0..<0)
  private var view: (camera: Camera, bound: BoundingBox, interval: Float)?
  /// The next row to cast.
  private var row = 0
  private var arrivals: [Arrival] = []
  /// The next of `arrivals` to hand out.
  private var place = 0

  init(settings: RenderSettings, capacity: Int) {
    self.capacity = capacity
    self.settings = settings
  }

  mutating func begin(_ tile: Tile, camera: Camera, bound: BoundingBox, interval: Float) {
    self.tile = tile
    view = (camera, bound, interval)
    row = tile.rows.lowerBound
    arrivals.removeAll(keepingCapacity: true)
    place = 0
  }

  /// Whether all rays that were cast are handed out, and there are more to cast.
  @inline(__always)
  var needsCasting: Bool { place == arrivals.count && row < tile.rows.upperBound }

  /// The next rays, in row order, at most `count`; none when those that were cast are handed out.
  mutating func next(_ count: Int) -> ArraySlice<Arrival> {
    let first = place
    place = min(place + count, arrivals.count)
    return arrivals[first..<place]
  }

  /// Casts rows of rays through pixel centres until there is a batch of arrivals or no row left.
  mutating func cast(grid: OccupancyGrid) {
    arrivals.removeAll(keepingCapacity: true)
    place = 0
    guard let (camera, bound, interval) = view, !grid.isEmpty else {
      row = tile.rows.upperBound
      return
    }
    while row < tile.rows.upperBound && arrivals.count < capacity {
      let first = (row - tile.rows.lowerBound) * tile.columns.count
      for column in tile.columns {
        let direction = camera.direction(throughPoint: [Float(column) + 0.5, Float(row) + 0.5])
        // Most rays miss the occupied cells: those need not be cut to the bound.
        guard
          let (enter, leave) = grid.stretch(origin: camera.position, direction: direction),
          leave >= settings.near,
          let ray = Ray(
            origin: camera.position, direction: direction, within: bound, near: settings.near),
          leave >= ray.tNear && enter <= ray.tFar
        else { continue }
        let sampler = RaySampler(
          ray: ray, interval: interval, jitter: settings.jitter(column: column, row: row),
          from: enter, to: leave)
        arrivals.append(
          Arrival(pixel: first + column - tile.columns.lowerBound, sampler: sampler))
      }
      row += 1
    }
  }
}
