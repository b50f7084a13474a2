import Kernels
package import NeuralFields

/// Renders one tile at a time: cast, sample, evaluate in batches, composite, stop early.
///
/// One marcher per thread: it owns the scratch memory. The samples of all rays of a tile that are still
/// under way are evaluated together, so that batches are long; what a ray gathers depends on its own
/// samples alone.
package struct RayMarcher {
  /// Samples that a ray contributes to one batch.
  private static let samplesPerTurn = 8

  private let settings: RenderSettings
  private var batch: FieldBatch
  private var distances: [Float]

  package init(settings: RenderSettings) {
    self.settings = settings
    let capacity = settings.tileSize * settings.tileSize * Self.samplesPerTurn
    batch = FieldBatch(capacity: capacity)
    distances = [Float](repeating: 0, count: capacity)
  }

  /// A pixel's ray on its way.
  private struct Traveller {
    let pixel: Int
    var sampler: RaySampler
    var accumulator = RayAccumulator()
    /// Where its samples stand in the current batch.
    var range: Range<Int> = 0..<0
    var isFinished = false
    /// Whether it has met an occupied cell.
    var hasSampled = false
  }

  /// What the rays of one tile gathered, pixel by pixel in row order.
  package struct TileResult: Sendable {
    package let tile: Tile
    package var accumulators: [RayAccumulator]
    /// Unit normals that point out of the surface, or zero; empty unless asked for.
    package var normals: [SIMD3<Float>]
    /// Rays that met an occupied cell.
    package var marchedRayCount = 0
    /// Field evaluations.
    package var sampleCount = 0
  }

  package mutating func march(
    _ tile: Tile, camera: Camera, field: any RadianceField, grid: OccupancyGrid
  ) -> TileResult {
    let interval = field.bound.diagonal / Float(settings.samplesPerDiagonal)
    var result = TileResult(
      tile: tile,
      accumulators: [RayAccumulator](repeating: RayAccumulator(), count: tile.pixelCount),
      normals: [])

    // 1. Cast a ray through every pixel's centre.
    var travellers: [Traveller] = []
    for row in tile.rows {
      for column in tile.columns {
        guard
          let ray = camera.ray(
            throughColumn: column, row: row, within: field.bound, near: settings.near)
        else { continue }
        let jitter = settings.jitterSeed.map {
          SeededGenerator(seed: $0, UInt64(row), UInt64(column))
        }
        let pixel =
          (row - tile.rows.lowerBound) * tile.columns.count + column - tile.columns.lowerBound
        travellers.append(
          Traveller(
            pixel: pixel,
            sampler: RaySampler(ray: ray, interval: interval, jitter: jitter)))
      }
    }

    while !travellers.isEmpty {
      // 2. Take the next samples of every ray under way.
      batch.count = 0
      for index in travellers.indices { sample(&travellers[index], in: grid) }
      guard batch.count > 0 else { break }
      result.sampleCount += batch.count

      // 3. Evaluate them together.
      field.evaluate(&batch)

      // 4. Composite each ray front to back until hardly any light passes.
      for index in travellers.indices {
        if !travellers[index].hasSampled && !travellers[index].range.isEmpty {
          travellers[index].hasSampled = true
          result.marchedRayCount += 1
        }
        composite(&travellers[index], interval: interval)
        result.accumulators[travellers[index].pixel] = travellers[index].accumulator
      }

      // 5. Let ended rays leave.
      travellers.removeAll { $0.isFinished }
    }

    if settings.makesNormals {
      result.normals = normals(of: result, camera: camera, field: field)
      result.sampleCount += 6 * tile.pixelCount
    }
    return result
  }

  private mutating func sample(_ traveller: inout Traveller, in grid: OccupancyGrid) {
    let first = batch.count
    let ray = traveller.sampler.ray
    for _ in 0..<Self.samplesPerTurn {
      guard let t = traveller.sampler.next(in: grid) else {
        traveller.isFinished = true
        break
      }
      distances[batch.count] = t
      batch.append(position: ray.position(at: t), direction: ray.direction)
    }
    traveller.range = first..<batch.count
  }

  private func composite(_ traveller: inout Traveller, interval: Float) {
    for i in traveller.range {
      traveller.accumulator.add(
        density: batch.density[i], radiance: [batch.red[i], batch.green[i], batch.blue[i]],
        distance: distances[i], interval: interval)
      if traveller.accumulator.transmittance < settings.terminationThreshold {
        traveller.isFinished = true
        return
      }
    }
  }

  /// The unit normals of the surfaces seen: against the gradient of density at the expected depth.
  ///
  ///     n = −∇σ / |∇σ|      ∂σ/∂x ≈ (σ(p + h eₓ) − σ(p − h eₓ)) / 2h
  ///
  /// h is two intervals: about the scale at which the surface was sampled.
  private mutating func normals(
    of result: TileResult, camera: Camera, field: any RadianceField
  ) -> [SIMD3<Float>] {
    let tile = result.tile
    let h = 2 * field.bound.diagonal / Float(settings.samplesPerDiagonal)
    var normals = [SIMD3<Float>](repeating: .zero, count: tile.pixelCount)
    batch.count = 0
    for (pixel, accumulator) in result.accumulators.enumerated() {
      let (row, column) = pixel.quotientAndRemainder(dividingBy: tile.columns.count)
      let direction = camera.direction(
        throughPoint: [
          Float(tile.columns.lowerBound + column) + 0.5, Float(tile.rows.lowerBound + row) + 0.5,
        ])
      let surface = camera.position + direction * accumulator.expectedDepth
      for axis in 0..<3 {
        var offset = SIMD3<Float>.zero
        offset[axis] = h
        batch.append(position: surface + offset, direction: direction)
        batch.append(position: surface - offset, direction: direction)
      }
    }
    field.evaluate(&batch)
    for pixel in normals.indices where result.accumulators[pixel].opacity > 0 {
      var gradient = SIMD3<Float>.zero
      for axis in 0..<3 {
        let index = pixel * 6 + axis * 2
        gradient[axis] = batch.density[index] - batch.density[index + 1]
      }
      let length = gradient.length
      if length > 0 { normals[pixel] = -gradient / length }
    }
    return normals
  }
}
