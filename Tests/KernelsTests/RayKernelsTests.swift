import Kernels
import TestSupport
import Testing

/// Samples of rays in a random grid, against a plain walk.
@Suite("Samples in occupied cells")
struct OccupiedSamplesTests {
  static let minimum: SIMD3<Float> = [-1, -0.5, 0.25]
  static let counts = SIMD3(7, 5, 4)
  static let cellSize: Float = 0.25

  static let occupied: [Int] = {
    var random = SeededGenerator(seed: 1)
    return (0..<counts.x * counts.y * counts.z).filter { _ in random.uniform() < 0.4 }
  }()

  static let mask = OccupiedCells(
    minimum: minimum, cellSize: cellSize, counts: counts, occupied: occupied)

  static func isOccupied(_ position: SIMD3<Float>) -> Bool {
    var index = 0
    for axis in [2, 1, 0] {
      let cell = Int(((position[axis] - minimum[axis]) / cellSize).rounded(.down))
      index = index * counts[axis] + min(max(cell, 0), counts[axis] - 1)
    }
    return occupied.contains(index)
  }

  @Test(
    "all samples in occupied cells are found, front to back, behind what is there",
    arguments: [0, 1, 3, 4, 5, 41])
  func samples(count: Int) {
    var random = SeededGenerator(seed: 2, UInt64(count))
    for ray in 0..<50 {
      func vector() -> SIMD3<Float> { [random.normal(), random.normal(), random.normal()] }
      // Some start in the grid, some outside of it.
      let (origin, towards) = (vector(), vector())
      let direction = towards / (towards * towards).sum().squareRoot()
      let first = random.uniform()
      var batch = FieldBatch(capacity: count + 2)
      batch.append(position: [9, 9, 9], direction: [0, 1, 0])
      let found = batch.append(
        in: Self.mask, origin: origin, direction: direction, first: first, interval: 0.07,
        sampleCount: count, keepsDirection: ray % 2 == 0)
      let expected = (0..<count).map { origin + direction * (first + 0.07 * Float($0)) }
        .filter(Self.isOccupied)
      #expect(found == expected.count && batch.count == found + 1)
      #expect(batch.x[0] == 9 && batch.directionY[0] == 1)
      for (index, position) in expected.enumerated() {
        let place = index + 1
        let error = SIMD3(batch.x[place], batch.y[place], batch.z[place]) - position
        #expect((error * error).sum().squareRoot() < 1e-5)
        if ray % 2 == 0 {
          #expect(
            SIMD3(batch.directionX[place], batch.directionY[place], batch.directionZ[place])
              == direction)
        }
      }
    }
  }

  @Test("the first samples leave, and the others move to the front", arguments: [0, 2, 5])
  func removal(removed: Int) {
    var batch = FieldBatch(capacity: 8)
    for index in 0..<5 {
      let value = Float(index)
      batch.append(
        position: [value, value + 10, value + 20],
        direction: [value + 30, value + 40, value + 50])
    }
    batch.removeFirst(removed, keepsDirections: true)
    #expect(batch.count == 5 - removed)
    for index in 0..<batch.count {
      let value = Float(index + removed)
      #expect(
        [batch.x[index], batch.y[index], batch.z[index]] == [value, value + 10, value + 20])
      #expect(
        [batch.directionX[index], batch.directionY[index], batch.directionZ[index]]
          == [value + 30, value + 40, value + 50])
    }
  }
}

@Suite("Loss of rays")
struct RayLossTests {
  static let interval: Float = 0.05

  /// Some rays, their samples one after the other.
  struct Rays: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var densities: [[Float]]
    var radiances: [[SIMD3<Float>]]
    var targets: [SIMD3<Float>]
    var backgrounds: [SIMD3<Float>]

    init(_ name: String, _ densities: [[Float]]) {
      var random = SeededGenerator(seed: 3)
      func colour() -> SIMD3<Float> { [random.uniform(), random.uniform(), random.uniform()] }
      testDescription = name
      self.densities = densities
      radiances = densities.map { $0.map { _ in colour() } }
      targets = densities.map { _ in colour() }
      backgrounds = densities.map { _ in colour() }
    }

    /// Densities, then colours, of all samples.
    var point: [Double] {
      densities.joined().map(Double.init)
        + radiances.joined().flatMap { [Double($0.x), Double($0.y), Double($0.z)] }
    }

    var sampleCount: Int { densities.joined().count }

    func loss(at point: [Double]) -> Double {
      var sum = 0.0
      var first = 0
      for ray in densities.indices {
        let own = first..<first + densities[ray].count
        let samples = own.map { index in
          let colour = sampleCount + 3 * index
          return ReferenceMath.Sample(
            density: point[index],
            radiance: [point[colour], point[colour + 1], point[colour + 2]])
        }
        let pixel = ReferenceMath.pixel(
          of: samples, interval: Double(RayLossTests.interval),
          background: SIMD3<Double>(backgrounds[ray]))
        sum += ReferenceMath.squaredError(pixel, target: SIMD3<Double>(targets[ray]))
        first = own.upperBound
      }
      return sum
    }

    /// The library's loss and gradient, in the order of `point`.
    func backward(
      weight: Float = 1, rayCount: Int? = nil
    ) -> (loss: Double, gradient: FieldOutputGradient, point: [Float]) {
      var batch = FieldBatch(capacity: sampleCount + 3)
      var rays = RayLoss(capacity: batch.capacity)
      for ray in densities.indices {
        for (density, colour) in zip(densities[ray], radiances[ray]) {
          let index = batch.count
          batch.append(position: .zero, direction: [0, 0, 1])
          batch.density[index] = density
          (batch.red[index], batch.green[index], batch.blue[index]) = (colour.x, colour.y, colour.z)
        }
        rays.append(end: batch.count, target: targets[ray], background: backgrounds[ray])
      }
      var gradient = FieldOutputGradient(capacity: batch.capacity)
      for index in 0..<batch.capacity { gradient.density[index] = -3 }
      let loss = rays.backward(
        rayCount: rayCount ?? rays.rayCount, batch: &batch, interval: RayLossTests.interval,
        weight: weight, gradient: &gradient)
      let own = 0..<sampleCount
      return (
        loss, gradient,
        Array(gradient.density[own])
          + own.flatMap { [gradient.red[$0], gradient.green[$0], gradient.blue[$0]] }
      )
    }
  }

  static func random(_ counts: [Int], largestDensity: Float) -> [[Float]] {
    var random = SeededGenerator(seed: 4)
    return counts.map { count in (0..<count).map { _ in random.uniform() * largestDensity } }
  }

  static let cases = [
    Rays("one sample", [[3]]),
    Rays("thin", random([5, 1, 9], largestDensity: 2)),
    Rays("dense", random([12, 7, 1, 1, 30], largestDensity: 60)),
    Rays("empty space", [[0, 0, 0, 0], [0]]),
    Rays("a wall", [[1, 0, 400, 2], [2000, 1]]),
  ]

  @Test("the loss and its gradient agree with double precision", arguments: cases)
  func agreement(rays: Rays) {
    let found = rays.backward()
    let expected = rays.loss(at: rays.point)
    #expect(abs(found.loss - expected) < 2e-6 * max(expected, 0.01))
    let slopes = FiniteDifference.derivatives(
      of: rays.loss, at: rays.point, entries: Array(rays.point.indices), step: 1e-5)
    #expect(Tolerance.share(found.point, slopes, relative: 1e-5, absolute: 1e-6) <= 1)
    #expect(found.gradient.density[rays.sampleCount...].allSatisfy { $0 == -3 })
  }

  @Test("the weight scales the gradient alone", arguments: cases)
  func weight(rays: Rays) {
    let (plain, scaled) = (rays.backward(), rays.backward(weight: 0.125))
    #expect(scaled.loss == plain.loss)
    #expect(scaled.point == plain.point.map { $0 * 0.125 })
  }

  @Test("later rays have no part in what is asked of the first")
  func firstRays() {
    let rays = Self.cases[2]
    let (all, two) = (rays.backward(), rays.backward(rayCount: 2))
    var alone = rays
    alone.densities = Array(rays.densities[..<2])
    alone.radiances = Array(rays.radiances[..<2])
    #expect(abs(two.loss - alone.backward().loss) < 1e-12)
    #expect(two.gradient.density[..<19] == all.gradient.density[..<19])
    #expect(two.gradient.density[19...].allSatisfy { $0 == -3 })
  }

  @Test("rays that are done leave the others as they are")
  func removal() {
    var rays = RayLoss(capacity: 20)
    for end in [3, 4, 9] { rays.append(end: end, target: .zero, background: .one) }
    rays.removeFirst(2)
    #expect(rays.rayCount == 1 && rays.end(ofRay: 0) == 5)
    rays.removeFirst(0)
    #expect(rays.rayCount == 1)
    rays.removeFirst(1)
    #expect(rays.rayCount == 0)
  }

  @Test(
    "the gradient is finite at awkward densities",
    arguments: [
      [0], [0, 0, 0], [.infinity], [1e38, 1e38], [0, .infinity, 5], [1e-38, 1e-30],
      [.leastNonzeroMagnitude, .greatestFiniteMagnitude],
    ] as [[Float]])
  func awkward(density: [Float]) {
    let found = Rays("awkward", [density]).backward()
    #expect(found.loss.isFinite && found.point.allSatisfy { $0.isFinite })
  }

  @Test("no light, no gradient: behind an opaque sample all derivatives are zero")
  func behindOpaque() {
    let gradient = Rays("opaque", [[1, 1e10, 3, 0]]).backward().gradient
    for values in [gradient.density, gradient.red, gradient.green, gradient.blue] {
      #expect(values[2] == 0 && values[3] == 0)
    }
    #expect(gradient.density[0] != 0)
  }

  @Test("what is not a number is seen in the loss", arguments: [0, 1, 2])
  func notANumber(place: Int) {
    var rays = Self.cases[1]
    rays.densities[place][0] = .nan
    #expect(rays.backward().loss.isNaN)
    rays = Self.cases[1]
    rays.radiances[place][0].y = .nan
    #expect(rays.backward().loss.isNaN)
  }
}
