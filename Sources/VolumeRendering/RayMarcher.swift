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
  private var batch = FieldBatch(capacity: RayMarcher.capacity)
  /// Of the samples in the batch, along their rays.
  private var distances = [Float](repeating: 0, count: RayMarcher.capacity)
  /// What share of light passes each sample of the batch.
  private var passing = [Float](repeating: 0, count: RayMarcher.capacity)
  /// Rays under way, the first `travellerCount`.
  private var travellers: [Traveller]
  private var travellerCount = 0
  private var seeking = [Int32](repeating: 0, count: RayMarcher.capacity)
  private var caster: RayCaster
  private var stopwatch: Stopwatch

  package init(settings: RenderSettings) {
    self.settings = settings
    travellers = [Traveller](repeating: Traveller(), count: Self.capacity)
    caster = RayCaster(settings: settings, capacity: Self.capacity)
    stopwatch = Stopwatch(isRunning: settings.measuresPhases)
  }

  /// A pixel's ray on its way.
  private struct Traveller {
    var sampler = RaySampler.ended
    var pixel = 0
    var accumulator = RayAccumulator()
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
    caster.begin(tile, camera: camera, bound: field.bound, interval: interval)
    stopwatch.reset()

    while true {
      // 1. Every ray under way goes to its next sample; new rays take the place of those that
      // ended.
      takeSamples(grid: grid, result: &result)
      guard batch.count > 0 else { break }
      result.statistics.sampleCount += batch.count

      // 2. Evaluate the samples together.
      field.evaluate(&batch)
      stopwatch.lap(\.field)

      // 3. Composite each, and end rays which hardly any light passes.
      composite(interval: interval)
      stopwatch.lap(\.compositing)
    }

    if settings.makesNormals {
      result.normals = normals(of: &result, camera: camera, field: field)
      stopwatch.lap(\.field)
    }
    result.statistics.phases = stopwatch.phases
    return result
  }

  /// Fills the batch with the next sample of every ray under way, the i-th with that of the i-th.
  private mutating func takeSamples(grid: OccupancyGrid, result: inout TileResult) {
    // Travellers before `place` have their sample, those from there on are still to be asked.
    var place = 0
    while true {
      Self.advance(
        &travellers, in: place..<travellerCount, of: grid, distances: &distances,
        seeking: &seeking)
      place = dismiss(from: place, result: &result)
      guard place < Self.capacity else { break }
      if caster.needsCasting {
        stopwatch.lap(\.traversal)
        caster.cast(grid: grid)
        stopwatch.lap(\.rays)
      }
      let arrivals = caster.next(Self.capacity - place)
      guard !arrivals.isEmpty else { break }
      for arrival in arrivals {
        travellers[travellerCount] = Traveller(sampler: arrival.sampler, pixel: arrival.pixel)
        travellerCount += 1
      }
    }
    batch.count = place
    Self.scatter(
      travellers, count: place, &batch.x, &batch.y, &batch.z
    ) { $0.sampler.ray.position(at: distances[$1]) }
    Self.scatter(
      travellers, count: place, &batch.directionX, &batch.directionY, &batch.directionZ
    ) { traveller, _ in traveller.sampler.ray.direction }
    stopwatch.lap(\.traversal)
  }

  /// Moves some travellers on to their next samples, each by one step at a time, so that the steps
  /// of different rays overlap in the processor.
  ///
  /// - Parameters:
  ///   - distances: where each one's sample is written, or not a number for one that has none.
  ///   - seeking: scratch memory, as long as `travellers`.
  private static func advance(
    _ travellers: inout [Traveller], in range: Range<Int>, of grid: OccupancyGrid,
    distances: inout [Float], seeking: inout [Int32]
  ) {
    let cells = grid.cells
    let steps = grid.distances.span
    var travellers = travellers.mutableSpan
    var distances = distances.mutableSpan
    var seeking = seeking.mutableSpan
    var count = 0
    for place in range {
      seeking[count] = Int32(truncatingIfNeeded: place)
      count &+= 1
    }
    while count > 0 {
      var remaining = 0
      for index in 0..<count {
        let place = Int(seeking[index])
        if let (t, isOccupied) = travellers[place].sampler.step(in: cells, distances: steps) {
          distances[place] = t
          seeking[remaining] = Int32(truncatingIfNeeded: place)
          remaining &+= isOccupied ? 0 : 1
        } else {
          distances[place] = .nan
        }
      }
      count = remaining
    }
  }

  /// Takes what the rays without a sample gathered; the last travellers take their places.
  ///
  /// - Returns: how many travellers there are now, all with a sample.
  private mutating func dismiss(from first: Int, result: inout TileResult) -> Int {
    var place = first
    while place < travellerCount {
      if distances[place].isNaN {
        let traveller = travellers[place]
        result.accumulators[traveller.pixel] = traveller.accumulator
        if traveller.sampler.hasSampled { result.statistics.marchedRayCount += 1 }
        travellerCount -= 1
        travellers[place] = travellers[travellerCount]
        distances[place] = distances[travellerCount]
      } else {
        place += 1
      }
    }
    return place
  }

  /// Writes a vector of each traveller to three arrays.
  @inline(__always)
  private static func scatter(
    _ travellers: [Traveller], count: Int, _ x: inout [Float], _ y: inout [Float],
    _ z: inout [Float], _ vector: (Traveller, Int) -> SIMD3<Float>
  ) {
    let travellers = travellers.span
    var x = x.mutableSpan
    var y = y.mutableSpan
    var z = z.mutableSpan
    for place in 0..<count {
      let vector = vector(travellers[place], place)
      x[place] = vector.x
      y[place] = vector.y
      z[place] = vector.z
    }
  }

  private mutating func composite(interval: Float) {
    Self.fade(batch, interval: interval, &passing)
    Self.composite(
      &travellers, samples: batch, passing: passing, distances: distances,
      terminationThreshold: settings.terminationThreshold)
  }

  /// The share of light that passes each sample of a batch.
  private static func fade(_ batch: FieldBatch, interval: Float, _ passing: inout [Float]) {
    var passing = passing.mutableSpan
    Exponential.passing(
      density: batch.density.span, range: 0..<batch.count, interval: interval, &passing)
  }

  /// Adds to each traveller its sample; ends those which hardly any light passes any more.
  private static func composite(
    _ travellers: inout [Traveller], samples: FieldBatch, passing: [Float], distances: [Float],
    terminationThreshold: Float
  ) {
    var travellers = travellers.mutableSpan
    let passing = passing.span
    let distances = distances.span
    let red = samples.red.span
    let green = samples.green.span
    let blue = samples.blue.span
    for place in 0..<samples.count {
      travellers[place].accumulator.add(
        passing: passing[place], radiance: [red[place], green[place], blue[place]],
        distance: distances[place])
      if travellers[place].accumulator.transmittance < terminationThreshold {
        travellers[place].sampler.end()
      }
    }
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
      batch.count = 0
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
          batch.append(position: surface + offset, direction: direction)
          batch.append(position: surface - offset, direction: direction)
        }
      }
      field.evaluate(&batch)
      result.statistics.sampleCount += batch.count
      for (place, pixel) in part.enumerated() {
        var gradient = SIMD3<Float>.zero
        for axis in 0..<3 {
          let index = place * 6 + axis * 2
          gradient[axis] = batch.density[index] - batch.density[index + 1]
        }
        let length = gradient.length
        if length > 0 { normals[pixel] = -gradient / length }
      }
    }
    return normals
  }
}
