import Datasets
import Foundation
import Kernels
import Testing

@Suite("Analytic shape")
struct AnalyticShapeTests {
  /// A solid described twice: by its signed distance, and by which points lie in it.
  struct Solid: Sendable, CustomTestStringConvertible {
    let name: String
    let geometry: AnalyticShape.Geometry
    /// Written without the signed distance; every solid but the torus is star-shaped about 0.
    let contains: @Sendable (SIMD3<Double>) -> Bool
    var testDescription: String { name }
  }

  static func length(_ vector: SIMD3<Double>) -> Double { (vector * vector).sum().squareRoot() }

  static func across(_ p: SIMD3<Double>) -> Double { (p.x * p.x + p.y * p.y).squareRoot() }

  static func isInBox(_ p: SIMD3<Double>, _ half: SIMD3<Double>, _ rounding: Double) -> Bool {
    let core = half - rounding
    return length(p - p.clamped(lowerBound: -core, upperBound: core)) <= rounding + 1e-12
  }

  static let solids = [
    Solid(name: "sphere", geometry: .sphere(radius: 0.4)) { length($0) <= 0.4 },
    Solid(name: "box", geometry: .box(halfExtent: [0.3, 0.2, 0.4], rounding: 0)) {
      isInBox($0, [0.3, 0.2, 0.4], 0)
    },
    Solid(name: "rounded box", geometry: .box(halfExtent: [0.3, 0.25, 0.4], rounding: 0.1)) {
      isInBox($0, [0.3, 0.25, 0.4], 0.1)
    },
    Solid(name: "torus", geometry: .torus(radius: 0.35, tubeRadius: 0.12)) { p in
      length([across(p) - 0.35, p.z, 0]) <= 0.12
    },
    Solid(name: "capsule", geometry: .capsule(halfLength: 0.3, radius: 0.2)) { p in
      length(p - [0, 0, min(max(p.z, -0.3), 0.3)]) <= 0.2
    },
    Solid(
      name: "cone", geometry: .cone(halfLength: 0.35, bottomRadius: 0.4, topRadius: 0.1)
    ) { p in
      abs(p.z) <= 0.35 && across(p) <= 0.25 - 0.3 * p.z / 0.7
    },
    Solid(
      name: "pointed cone", geometry: .cone(halfLength: 0.3, bottomRadius: 0, topRadius: 0.35)
    ) { p in
      abs(p.z) <= 0.3 && across(p) <= 0.35 * (p.z + 0.3) / 0.6
    },
    Solid(
      name: "disc", geometry: .disc(radius: 0.4, halfThickness: 0.15, rounding: 0)
    ) { p in
      abs(p.z) <= 0.15 && across(p) <= 0.4
    },
    Solid(
      name: "rounded disc", geometry: .disc(radius: 0.4, halfThickness: 0.15, rounding: 0.1)
    ) { p in
      length([max(across(p) - 0.3, 0), max(abs(p.z) - 0.05, 0), 0]) <= 0.1
    },
  ]

  /// Points of the surface: where rays from inside leave the solid, found by bisection.
  static func surface(of solid: Solid) -> [SIMD3<Double>] {
    let count = 8000
    return (0..<count).map { index in
      let z = 1 - (2 * Double(index) + 1) / Double(count)
      let angle = 2 * Double.pi * 0.618_033_988_749_895 * Double(index)
      let width = (1 - z * z).squareRoot()
      var direction = SIMD3(width * cos(angle), width * sin(angle), z)
      var start = SIMD3<Double>.zero
      if case .torus(let radius, _) = solid.geometry {
        // From points all around the middle of the tube, across the tube.
        let turn = 2 * Double.pi * Double(index % 200) / 200
        let lift = 2 * Double.pi * Double(index / 200) / Double(count / 200)
        start = SIMD3(cos(turn), sin(turn), 0) * Double(radius)
        direction = SIMD3(cos(turn) * cos(lift), sin(turn) * cos(lift), sin(lift))
      }
      var (inside, outside) = (0.0, 1.0)
      for _ in 0..<40 {
        let middle = (inside + outside) / 2
        if solid.contains(start + direction * middle) {
          inside = middle
        } else {
          outside = middle
        }
      }
      return start + direction * inside
    }
  }

  @Test("a signed distance is the distance to the nearest surface point", arguments: solids)
  func signedDistance(of solid: Solid) {
    let surface = Self.surface(of: solid)
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<60 {
      let p = SIMD3(generator.uniform(), generator.uniform(), generator.uniform()) * 2 - 1
      let point = SIMD3<Double>(p)
      let distance = Double(solid.geometry.signedDistance(at: p))
      let nearest = surface.reduce(Double.infinity) { min($0, Self.length(point - $1)) }
      #expect((distance < 0) == solid.contains(point), "at \(p)")
      // No surface point is nearer than the distance. The points are up to 0.04 apart, which shows at
      // corners and close to the surface.
      #expect(nearest > abs(distance) - 1e-5, "at \(p)")
      if nearest > 0.06 { #expect(nearest < abs(distance) + 0.02, "at \(p)") }
    }
  }

  @Test("planes have the distance to their faces, sideways without end")
  func planes() {
    let slab = AnalyticShape.Geometry.slab(halfThickness: 0.25)
    #expect(slab.signedDistance(at: [100, -50, 0.5]) == 0.25)
    #expect(slab.signedDistance(at: [100, -50, -0.125]) == -0.125)
    #expect(AnalyticShape.Geometry.halfSpace.signedDistance(at: [3, 4, -7]) == -7)
    #expect(AnalyticShape.Geometry.halfSpace.signedDistance(at: [3, 4, 7]) == 7)
  }

  static func shape(_ geometry: AnalyticShape.Geometry, softness: Float = 0.1) -> AnalyticShape {
    AnalyticShape(
      geometry: geometry, centre: [0.1, -0.2, 0.3], peakDensity: 40, softness: softness,
      colouring: .plain([1, 1, 1]))
  }

  @Test("density is the peak inside, 0 outside, and falls in the softness between")
  func fallOff() {
    let shape = Self.shape(.sphere(radius: 1))
    #expect(shape.density(atDistance: -0.5) == 40)
    #expect(shape.density(atDistance: -0.05) == 40)
    #expect(shape.density(atDistance: 0) == 20)
    #expect(shape.density(atDistance: 0.05) == 0)
    #expect(shape.density(atDistance: 0.5) == 0)
    let steps = (0...20).map { shape.density(atDistance: -0.05 + 0.005 * Float($0)) }
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 > $1 })
    for (inside, outside) in zip(steps, steps.reversed()) {
      #expect(abs(inside + outside - 40) < 1e-4)
    }
  }

  @Test("without softness the density jumps at the surface")
  func sharpSurface() {
    let shape = Self.shape(.sphere(radius: 1), softness: 0)
    #expect(shape.density(atDistance: -1e-6) == 40)
    #expect(shape.density(atDistance: 1e-6) == 0)
  }

  @Test("no density is found beyond a shape's reach", arguments: solids)
  func reach(of solid: Solid) {
    let shape = Self.shape(solid.geometry)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<500 {
      let p = SIMD3(generator.uniform(), generator.uniform(), generator.uniform()) * 2 - 1
      let density = shape.density(atDistance: solid.geometry.signedDistance(at: p))
      if (p * p).sum().squareRoot() > shape.reach { #expect(density == 0, "at \(p)") }
    }
  }

  @Test("scaling a shape scales its distances", arguments: solids)
  func scaling(of solid: Solid) {
    let scaled = Self.shape(solid.geometry).scaled(by: 1.5).geometry
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<50 {
      let p = SIMD3(generator.uniform(), generator.uniform(), generator.uniform()) * 2 - 1
      let expected = 1.5 * solid.geometry.signedDistance(at: p)
      #expect(abs(scaled.signedDistance(at: p * 1.5) - expected) < 1e-5)
    }
  }

  @Test("quarter turns are exact and go counter-clockwise, about x, then y, then z")
  func quarterTurns() {
    var shape = Self.shape(.halfSpace)
    shape.rotate(by: [0, 0, 90])
    #expect(shape.axisX == [0, 1, 0])
    #expect(shape.axisY == [-1, 0, 0])
    shape.rotate(by: [0, 90, 0])
    #expect(shape.axisX == [0, 1, 0])
    #expect(shape.axisY == [0, 0, 1])
    var both = Self.shape(.halfSpace)
    both.rotate(by: [90, 0, 90])
    #expect(both.axisZ == [1, 0, 0])
    var whole = Self.shape(.halfSpace)
    whole.rotate(by: [360, -360, 180])
    #expect(whole.axisX == [-1, 0, 0])
  }

  @Test("turning and turning back is where it began, and axes stay orthonormal")
  func inverseTurns() {
    var shape = Self.shape(.halfSpace)
    shape.rotate(by: [20, -35, 70])
    for (first, second, product) in [
      (shape.axisX, shape.axisX, 1), (shape.axisX, shape.axisY, 0), (shape.axisY, shape.axisZ, 0),
    ] as [(SIMD3<Float>, SIMD3<Float>, Float)] {
      #expect(abs((first * second).sum() - product) < 1e-6)
    }
    shape.rotate(by: [0, 0, -70])
    shape.rotate(by: [0, 35, 0])
    shape.rotate(by: [-20, 0, 0])
    #expect(abs(shape.axisX.x - 1) < 1e-6 && abs(shape.axisY.y - 1) < 1e-6)
  }

  @Test(
    "a shape can be laid along any direction",
    arguments: [[0, 0, 1], [0, 0, -1], [0, 1, 0], [1, 0, 0], [0.6, 0, 0.8], [0, -0.8, 0.6]]
      as [SIMD3<Float>])
  func direction(_ direction: SIMD3<Float>) {
    var shape = Self.shape(.halfSpace)
    shape.direct(along: direction)
    #expect(shape.axisZ == direction)
    let (x, y, z) = (shape.axisX, shape.axisY, shape.axisZ)
    let cross = SIMD3(x.y * y.z - x.z * y.y, x.z * y.x - x.x * y.z, x.x * y.y - x.y * y.x)
    #expect(((cross - z) * (cross - z)).sum() < 1e-12)
    #expect(abs((x * x).sum() - 1) < 1e-6)
    if direction == [0, 0, 1] { #expect(x == [1, 0, 0]) }
  }

  @Test("local coordinates are seen from the centre along the shape's axes")
  func localPosition() {
    var shape = Self.shape(.halfSpace)
    shape.centre = [1, 2, 3]
    shape.rotate(by: [0, 0, 90])
    #expect(shape.localPosition(of: [1, 3, 3]) == [1, 0, 0])
    #expect(shape.localPosition(of: [1, 2, 5]) == [0, 0, 2])
  }
}
