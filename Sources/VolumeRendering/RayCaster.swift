import Kernels
import NeuralFields

/// Casts the rays of a tile, row by row, as many at a time as there is room for.
///
/// Only rays that can meet an occupied cell arrive.
struct RayCaster {
  private let capacity: Int
  private let settings: RenderSettings
  private var tile = Tile(columns: 0..<0, rows: 0..<0)
  private var view: (camera: Camera, bound: BoundingBox)?
  private var pixels = PixelRow()
  /// The next row to cast.
  private var row = 0
  /// Rays that wait for a place among those under way.
  private var arrivals: [RayFront.Newcomer] = []
  /// The next of `arrivals` to hand out.
  private var place = 0

  init(settings: RenderSettings, capacity: Int) {
    self.capacity = capacity
    self.settings = settings
  }

  mutating func begin(_ tile: Tile, camera: Camera, bound: BoundingBox) {
    self.tile = tile
    view = (camera, bound)
    row = tile.rows.lowerBound
    arrivals.removeAll(keepingCapacity: true)
    place = 0
  }

  /// Whether all rays that were cast are handed out, and there are more to cast.
  @inline(__always)
  var needsCasting: Bool { place == arrivals.count && row < tile.rows.upperBound }

  /// The next rays, in row order, at most `count`; none when those that were cast are handed out.
  mutating func next(_ count: Int) -> ArraySlice<RayFront.Newcomer> {
    let first = place
    place = min(place + count, arrivals.count)
    return arrivals[first..<place]
  }

  /// Casts rows of rays through pixel centres until there is a batch of arrivals or no row left.
  mutating func cast(grid: OccupancyGrid) {
    arrivals.removeAll(keepingCapacity: true)
    place = 0
    guard let (camera, bound) = view, !grid.isEmpty else {
      row = tile.rows.upperBound
      return
    }
    let view = PixelRow.View(
      position: camera.position, right: camera.right, up: camera.up, backward: camera.backward,
      focal: [camera.focalX, camera.focalY], principal: [camera.principalX, camera.principalY],
      minimum: grid.occupiedMinimum, maximum: grid.occupiedMaximum)
    while row < tile.rows.upperBound && arrivals.count < capacity {
      let first = (row - tile.rows.lowerBound) * tile.columns.count
      pixels.cast(columns: tile.columns, row: row, view: view)
      for index in 0..<tile.columns.count {
        let pixel = pixels[index]
        // Most rays miss the occupied cells: those need not be cut to the bound.
        guard
          pixel.enter <= pixel.leave, pixel.leave >= settings.near,
          let ray = Ray(
            origin: camera.position, direction: pixel.direction, within: bound,
            near: settings.near),
          pixel.leave >= ray.tNear && pixel.enter <= ray.tFar
        else { continue }
        let stream = settings.jitter(column: tile.columns.lowerBound + index, row: row)
        arrivals.append(
          RayFront.Newcomer(
            pixel: Int32(first + index), direction: ray.direction, near: ray.tNear,
            far: ray.tFar, enter: pixel.enter, leave: pixel.leave,
            stream: stream ?? SeededGenerator(seed: 0)))
      }
      row += 1
    }
  }
}
