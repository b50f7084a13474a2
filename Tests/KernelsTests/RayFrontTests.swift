import Kernels
import Testing

/// Rays through a cube of scattered cells, and what each gathers, written plainly.
private struct FrontFixture {
  static let interval: Float = 0.031
  static let threshold: Float = 0.02
  static let origin: SIMD3<Float> = [-2.5, 0.3, 0.1]
  private static let resolution = 12
  private static let cellSize: Float = 2 / 12

  let rays: [RayFront.Newcomer]
  let space: EmptySpace

  init(rayCount: Int) {
    var random = SeededGenerator(seed: 4)
    rays = (0..<rayCount).map { index in
      let target = SIMD3<Float>(0, 1.2 * random.uniform() - 0.6, 1.2 * random.uniform() - 0.6)
      let way = target - Self.origin
      let length = (way * way).sum().squareRoot()
      return RayFront.Newcomer(
        pixel: Int32(index), direction: way / length, near: 1.2 + 0.2 * random.uniform(),
        far: 4 * random.uniform() + 1.5, enter: -.infinity, leave: .infinity,
        stream: SeededGenerator(seed: 6, UInt64(index)))
    }
    let side = Self.resolution
    let cells = (0..<side * side * side).map {
      SIMD3($0 % side, $0 / side % side, $0 / side / side)
    }
    let occupied = cells.filter { _ in random.uniform() < 0.02 }
    space = EmptySpace(
      minimum: [-1, -1, -1], cellSize: Self.cellSize, counts: SIMD3(repeating: side),
      distances: cells.map { cell in
        let steps = occupied.map { other in (0..<3).map { abs(cell[$0] - other[$0]) }.max() ?? 0 }
        return UInt8(steps.min() ?? side)
      })
  }

  /// A dense and a thin half, of many colours.
  static func sample(at p: SIMD3<Float>) -> (density: Float, colour: SIMD3<Float>) {
    (p.y > 0 ? 200 : 3, [p.z * p.z, p.x * p.x, p.y * p.y])
  }

  /// One ray alone, every interval looked at.
  func expected(_ ray: RayFront.Newcomer, isRandom: Bool) -> [Float] {
    var (sampleCount, transmittance, weightedDistance): (Float, Float, Float) = (0, 1, 0)
    var radiance = SIMD3<Float>.zero
    for index in 0..<200 {
      var draw = ray.stream.split(UInt64(index))
      let offset = isRandom ? draw.uniform() : 0.5
      let t = ray.near + (Float(index) + offset) * Self.interval
      let position = Self.origin + ray.direction * t
      let cell = (0..<3).map { axis in
        min(max(Int(((position[axis] + 1) / Self.cellSize).rounded(.down)), 0), Self.resolution - 1)
      }
      let place = cell[0] + Self.resolution * (cell[1] + Self.resolution * cell[2])
      guard t < ray.far, transmittance >= Self.threshold else { break }
      guard space.distances[place] == 0 else { continue }
      let sample = Self.sample(at: position)
      let passing = Exponential.decay(sample.density * Self.interval)
      let weight = transmittance * (1 - passing)
      radiance += weight * sample.colour
      weightedDistance += weight * t
      transmittance *= passing
      sampleCount += 1
    }
    return [min(sampleCount, 1), transmittance, weightedDistance]
      + [radiance.x, radiance.y, radiance.z]
  }

  /// All rays, as many at a time as a front has room for.
  func found(capacity: Int, isRandom: Bool, backend: FieldKernelBackend) -> [[Float]] {
    var found = [[Float]](repeating: [], count: rays.count)
    var front = RayFront(capacity: capacity, backend: backend)
    front.begin(origin: Self.origin, interval: Self.interval, isRandom: isRandom)
    var waiting = rays[...]
    while true {
      var place = 0
      while true {
        front.march(from: place, through: space)
        front.removeEnded { ray in
          found[Int(ray.pixel)] =
            [ray.hasSampled ? 1 : 0, ray.transmittance, ray.weightedDistance]
            + [ray.radiance.x, ray.radiance.y, ray.radiance.z]
        }
        place = front.count
        let next = waiting.prefix(capacity - place)
        guard !next.isEmpty else { break }
        front.append(next.span)
        waiting = waiting.dropFirst(next.count)
      }
      guard front.count > 0 else { return found }
      front.fillBatch()
      for index in 0..<front.count {
        let position = SIMD3(front.batch.x[index], front.batch.y[index], front.batch.z[index])
        let sample = Self.sample(at: position)
        front.batch.density[index] = sample.density
        front.batch.red[index] = sample.colour.x
        front.batch.green[index] = sample.colour.y
        front.batch.blue[index] = sample.colour.z
      }
      front.composite(endingBelow: Self.threshold)
    }
  }
}

@Suite("Ray front")
struct RayFrontTests {
  @Test(
    "on every instruction set each ray gathers what it gathers alone, to the last bit",
    arguments: FieldKernelBackend.available, [1, 16, 37, 300])
  func alone(backend: FieldKernelBackend, capacity: Int) {
    let fixture = FrontFixture(rayCount: 250)
    for isRandom in [false, true] {
      let expected = fixture.rays.map { fixture.expected($0, isRandom: isRandom) }
      let found = fixture.found(capacity: capacity, isRandom: isRandom, backend: backend)
      #expect(found == expected)
      // Some rays meet nothing, some are stopped, some gather a little.
      #expect(expected.contains { $0[0] == 0 } && expected.contains { $0[1] < 0.02 })
      #expect(expected.contains { $0[0] == 1 && $0[1] > 0.1 && $0[1] < 1 })
    }
  }

  @Test("the batch holds each ray's sample and direction")
  func batch() {
    let fixture = FrontFixture(rayCount: 40)
    var front = RayFront(capacity: 40)
    front.begin(origin: FrontFixture.origin, interval: FrontFixture.interval, isRandom: false)
    front.append(fixture.rays.span)
    front.march(from: 0, through: fixture.space)
    var ended: Set<Int32> = []
    front.removeEnded { ended.insert($0.pixel) }
    front.fillBatch()
    #expect(front.batch.count == front.count && front.count == 40 - ended.count)
    let directions = Set(fixture.rays.filter { !ended.contains($0.pixel) }.map(\.direction))
    for index in 0..<front.count {
      let direction = SIMD3(
        front.batch.directionX[index], front.batch.directionY[index],
        front.batch.directionZ[index])
      let position = SIMD3(front.batch.x[index], front.batch.y[index], front.batch.z[index])
      #expect(directions.contains(direction))
      #expect(position == FrontFixture.origin + direction * front.distance(ofRay: index))
    }
  }
}
