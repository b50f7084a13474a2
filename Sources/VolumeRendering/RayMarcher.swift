import Kernels
package import NeuralFields

/// Renders one tile at a time: cast, sample, evaluate in batches, composite, stop early.
///
/// One marcher per thread: it owns the scratch memory. A fixed number of rays is under way at once,
/// and every turn takes one sample of each, so that a batch has no sample that a ray does not need;
/// where a ray ends, the tile's next takes its place, so that batches stay full. What a ray gathers
/// depends on its own samples alone.
package struct RayMarcher {
  /// Rays under way at once, and so samples in a full batch.
  private static let capacity = 512

  private let settings: RenderSettings
  private var front = RayFront(capacity: RayMarcher.capacity)
  private var caster: RayCaster
  private var stopwatch: Stopwatch

  package init(settings: RenderSettings) {
    self.settings = settings
    caster = RayCaster(settings: settings, capacity: Self.capacity)
    stopwatch = Stopwatch(isRunning: settings.measuresPhases)
  }

  /// What the rays of one tile gathered, pixel by pixel in row order.
  package struct TileResult: Sendable {
    package let tile: Tile
    package var accumulators: [RayAccumulator]
    /// Unit normals that point out of the surface, or zero; empty unless asked for.
    package var normals: [SIMD3<Float>]
    package var statistics = RenderStatistics()
  }

  package mutating func march(
    _ tile: Tile, camera: Camera, field: any RadianceField, grid: OccupancyGrid
  ) -> TileResult {
    var result = TileResult(
      tile: tile,
      accumulators: [RayAccumulator](repeating: RayAccumulator(), count: tile.pixelCount),
      normals: [])
    let interval = field.bound.diagonal / Float(settings.samplesPerDiagonal)
    front.begin(
      origin: camera.position, interval: interval, isRandom: settings.jitterSeed != nil)
    caster.begin(tile, camera: camera, bound: field.bound)
    stopwatch.reset()

    while true {
      // 1. Every ray under way goes to its next sample; new rays take the place of those that
      // ended.
      takeSamples(grid: grid, result: &result)
      guard front.count > 0 else { break }
      result.statistics.sampleCount += front.count

      // 2. Evaluate the samples together.
      field.evaluate(&front.batch)
      stopwatch.lap(\.field)

      // 3. Composite each, and end rays which hardly any light passes.
      front.composite(endingBelow: settings.terminationThreshold)
      stopwatch.lap(\.compositing)
    }

    if settings.makesNormals {
      result.normals = normals(of: &result, camera: camera, field: field)
      stopwatch.lap(\.field)
    }
    result.statistics.phases = stopwatch.phases
    return result
  }

  /// Takes every ray under way to its next sample; rays that have none make place for the tile's next.
  private mutating func takeSamples(grid: OccupancyGrid, result: inout TileResult) {
    // Rays before this one have their sample, those from there on are still to be taken to it.
    var place = 0
    while true {
      front.march(from: place, through: grid.space)
      front.removeEnded { ray in
        result.accumulators[Int(ray.pixel)] = RayAccumulator(ray)
        if ray.hasSampled { result.statistics.marchedRayCount += 1 }
      }
      place = front.count
      guard place < Self.capacity else { break }
      if caster.needsCasting {
        stopwatch.lap(\.traversal)
        caster.cast(grid: grid)
        stopwatch.lap(\.rays)
      }
      let arrivals = caster.next(Self.capacity - place)
      guard !arrivals.isEmpty else { break }
      front.append(arrivals.span)
    }
    front.fillBatch()
    stopwatch.lap(\.traversal)
  }

  /// The unit normals of the surfaces seen: against the gradient of density at the expected depth.
  ///
  ///     n = −∇σ / |∇σ|      ∂σ/∂x ≈ (σ(p + h eₓ) − σ(p − h eₓ)) / 2h
  ///
  /// h is a 192nd of the bound's diagonal, about the size of a cell of the occupancy grid: normals
  /// are the same at every quality.
  private mutating func normals(
    of result: inout TileResult, camera: Camera, field: any RadianceField
  ) -> [SIMD3<Float>] {
    let tile = result.tile
    let h = field.bound.diagonal / 192
    var normals = [SIMD3<Float>](repeating: .zero, count: tile.pixelCount)
    let seen = normals.indices.filter { result.accumulators[$0].opacity > 0 }
    let partLength = Self.capacity / 6
    for first in stride(from: 0, to: seen.count, by: partLength) {
      let part = seen[first..<min(first + partLength, seen.count)]
      front.batch.count = 0
      for pixel in part {
        let (row, column) = pixel.quotientAndRemainder(dividingBy: tile.columns.count)
        let direction = camera.direction(
          throughPoint: [
            Float(tile.columns.lowerBound + column) + 0.5, Float(tile.rows.lowerBound + row) + 0.5,
          ])
        let surface = camera.position + direction * result.accumulators[pixel].expectedDepth
        for axis in 0..<3 {
          var offset = SIMD3<Float>.zero
          offset[axis] = h
          front.batch.append(position: surface + offset, direction: direction)
          front.batch.append(position: surface - offset, direction: direction)
        }
      }
      field.evaluate(&front.batch)
      result.statistics.sampleCount += front.batch.count
      for (place, pixel) in part.enumerated() {
        var gradient = SIMD3<Float>.zero
        for axis in 0..<3 {
          let index = place * 6 + axis * 2
          gradient[axis] = front.batch.density[index] - front.batch.density[index + 1]
        }
        let length = gradient.length
        if length > 0 { normals[pixel] = -gradient / length }
      }
    }
    return normals
  }
}
