import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Ray sampler")
struct RaySamplerTests {
  /// Grids with much, little and nothing to skip.
  static let grids: [(name: String, grid: OccupancyGrid)] = [
    ("full", OccupancyGrid(fullyOccupied: CellGrid(bound: TinyModels.cube, resolution: 8))),
    ("ball", OccupancyGrid(of: BallField(), resolution: 32, threadCount: 1)),
    (
      "small ball",
      OccupancyGrid(
        of: BallField(centre: [0.5, -0.4, 0.3], radius: 0.15), resolution: 24, threadCount: 1)
    ),
    ("scattered", scattered(resolution: 40, share: 0.002)),
    ("dense scatter", scattered(resolution: 21, share: 0.02)),
    (
      "flat",
      OccupancyGrid(
        of: BallField(
          bound: BoundingBox(minimum: [-1, -0.3, -1], maximum: [1, 0.4, 0.6]), radius: 0.25),
        resolution: 19, threadCount: 1)
    ),
    (
      "empty",
      OccupancyGrid(
        cells: CellGrid(bound: TinyModels.cube, resolution: 16),
        densities: [Float](repeating: 0, count: 4096), threshold: 1)
    ),
  ]

  static func scattered(resolution: Int, share: Float) -> OccupancyGrid {
    let cells = CellGrid(bound: TinyModels.cube, resolution: resolution)
    var random = SeededGenerator(seed: 7)
    return OccupancyGrid(
      cells: cells,
      densities: (0..<cells.cellCount).map { _ in random.uniform() < share ? 1 : 0 },
      threshold: 0.5)
  }

  /// Rays through a bound: in all directions, along the axes, nearly so, and through cell corners.
  static func rays(within bound: BoundingBox) -> [Ray] {
    var random = SeededGenerator(seed: 8)
    func vector() -> SIMD3<Float> { [random.normal(), random.normal(), random.normal()] }
    let slanted = (0..<150).compactMap { _ in
      let origin = bound.centre + vector() * 2
      let direction = (bound.centre + vector() * 0.5 - origin).normalised
      return Ray(origin: origin, direction: direction, within: bound)
    }
    let straight = RayTests.axisDirections.flatMap { axis in
      [SIMD3<Float>.zero, [0.013, 0.017, 0.011], [0.25, 0.25, 0.25]].flatMap { shift in
        [axis, (axis + SIMD3(1e-7, -1e-8, 1e-6)).normalised].compactMap { direction in
          Ray(
            origin: bound.centre + shift - axis * 4, direction: direction, within: bound)
        }
      }
    }
    let diagonals: [SIMD3<Float>] = [
      [1, 1, 1], [-1, 1, 1], [1, -1, 0], [0, -1, -1], [2, 0, 1],
    ]
    let throughCorners = diagonals.flatMap { direction in
      [SIMD3<Float>.zero, [0.25, 0.25, 0.25], [0.125, 0, 0]].compactMap { shift in
        Ray(
          origin: bound.centre + shift - direction * 4, direction: direction.normalised,
          within: bound)
      }
    }
    return slanted + straight + throughCorners
  }

  static func samples(
    of ray: Ray, interval: Float, jitter: SeededGenerator?, in grid: OccupancyGrid
  ) -> [Float] {
    var sampler = RaySampler(ray: ray, interval: interval, jitter: jitter)
    var distances: [Float] = []
    while let t = sampler.next(in: grid) { distances.append(t) }
    return distances
  }

  /// Every interval looked at, none skipped.
  static func bruteForce(
    of ray: Ray, interval: Float, jitter: SeededGenerator?, in grid: OccupancyGrid
  ) -> [Float] {
    let count = Int(((ray.tFar - ray.tNear) / interval).rounded(.up))
    return (0..<count).map { index in
      var draw = jitter?.split(UInt64(index))
      return ray.tNear + (Float(index) + (draw?.uniform() ?? 0.5)) * interval
    }.filter { $0 < ray.tFar && grid.isOccupied(at: ray.position(at: $0)) }
  }

  @Test(
    "samples are those of all intervals that lie in occupied cells",
    arguments: grids.indices, [0.37, 0.0625, 0.004] as [Float])
  func bruteForce(gridIndex: Int, interval: Float) {
    let (name, grid) = Self.grids[gridIndex]
    var sampleCount = 0
    for (index, ray) in Self.rays(within: grid.cells.bound).enumerated() {
      for jitter in [nil, SeededGenerator(seed: 9, UInt64(index))] {
        let found = Self.samples(of: ray, interval: interval, jitter: jitter, in: grid)
        let expected = Self.bruteForce(of: ray, interval: interval, jitter: jitter, in: grid)
        #expect(found == expected, "\(name), \(ray)")
        sampleCount += found.count
      }
    }
    #expect((sampleCount > 0) == (name != "empty"))
  }

  @Test("each sample lies within its own interval, in ascending order")
  func strata() {
    let interval: Float = 0.11
    for ray in Self.rays(within: TinyModels.cube) {
      for jitter in [nil, SeededGenerator(seed: 10)] {
        let found = Self.samples(
          of: ray, interval: interval, jitter: jitter, in: Self.grids[0].grid)
        for (index, t) in found.enumerated() {
          let offset = (t - ray.tNear) / interval - Float(index)
          #expect(offset > -1e-4 && offset < 1 + 1e-4)
          if jitter == nil { #expect(abs(offset - 0.5) < 1e-4) }
        }
        // All strata but a last, cut one are taken.
        #expect(found.count >= Int(((ray.tFar - ray.tNear) / interval).rounded(.down)))
      }
    }
  }

  @Test("a ray that goes on beyond the grid ends, even if it hardly leaves an axis")
  func beyondTheGrid() {
    for direction in RayTests.axisDirections {
      var nearly = direction
      for axis in 0..<3 where direction[axis] == 0 { nearly[axis] = 1e-33 }
      for side in [0, 1.5, -1.5] as [Float] {
        let beside = SIMD3(repeating: side).replacing(with: 0, where: direction .!= .zero)
        for (_, grid) in [Self.grids[1], Self.grids[6]] {
          let ray = Ray(
            origin: beside - direction * 5, direction: nearly, tNear: 0, tFar: 20)
          let found = Self.samples(of: ray, interval: 0.1, jitter: nil, in: grid)
          #expect(found == Self.bruteForce(of: ray, interval: 0.1, jitter: nil, in: grid))
        }
      }
    }
  }

  @Test("an asked sampler goes on giving nil after its end")
  func end() {
    let ray = Ray(origin: [0, 0, -4], direction: [0, 0, 1], tNear: 3, tFar: 5)
    var sampler = RaySampler(ray: ray, interval: 0.5, jitter: nil)
    for _ in 0..<4 { #expect(sampler.next(in: Self.grids[0].grid) != nil) }
    for _ in 0..<3 { #expect(sampler.next(in: Self.grids[0].grid) == nil) }
  }
}
