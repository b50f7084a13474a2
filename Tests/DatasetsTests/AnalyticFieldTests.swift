import Datasets
import Foundation
import Kernels
import NeuralFields
import Testing
import VolumeRendering

@Suite("Analytic field")
struct AnalyticFieldTests {
  static let cube = BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1])

  struct Sample: Equatable {
    var density: Float
    var radiance: SIMD3<Float>
  }

  static func evaluate(_ field: AnalyticField, at points: [SIMD3<Float>]) -> [Sample] {
    var batch = FieldBatch(capacity: max(points.count, 1))
    for point in points { batch.append(position: point, direction: [0, 0, 1]) }
    field.evaluate(&batch)
    return points.indices.map {
      Sample(
        density: batch.density[$0], radiance: [batch.red[$0], batch.green[$0], batch.blue[$0]])
    }
  }

  /// 1 − exp(−∫ σ dt) between two distances along a ray, by the midpoint rule.
  static func opacity(of field: AnalyticField, along ray: Ray, count: Int = 20_000) -> Double {
    let step = (ray.tFar - ray.tNear) / Float(count)
    let points = (0..<count).map { ray.position(at: ray.tNear + (Float($0) + 0.5) * step) }
    let sum = evaluate(field, at: points).reduce(0.0) { $0 + Double($1.density) }
    return 1 - exp(-sum * Double(step))
  }

  static func ray(from origin: SIMD3<Float>, towards target: SIMD3<Float>) throws -> Ray {
    try #require(Ray(origin: origin, direction: (target - origin).normalised, within: cube))
  }

  @Test(
    "opacity through a homogeneous ball is 1 − e^(−σL)",
    arguments: [(0.5, 3), (2, 0.7), (8, 0.2), (40, 0)] as [(Float, Float)])
  func homogeneousBall(density: Float, missDistance: Float) throws {
    let radius: Float = 0.8
    let field = AnalyticField.homogeneous(
      .sphere(radius: radius), density: density, radiance: [1, 0, 0], bound: Self.cube)
    let origin: SIMD3<Float> = [0, missDistance, -3]
    let ray = Ray(origin: origin, direction: [0, 0, 1], tNear: 2, tFar: 4)
    let chord = 2 * max(radius * radius - missDistance * missDistance, 0).squareRoot()
    let expected = 1 - exp(-Double(density) * Double(chord))
    // A sharp surface is met to within a step of 10⁻⁴ at either end.
    #expect(
      abs(Self.opacity(of: field, along: ray) - expected) < Double(density) * 2e-4 * (1 - expected)
        + 1e-5)
  }

  @Test("opacity through a homogeneous box is 1 − e^(−σL), slantwise too")
  func homogeneousBox() throws {
    let half: SIMD3<Float> = [0.5, 0.3, 0.6]
    let field = AnalyticField.homogeneous(
      .box(halfExtent: half, rounding: 0), density: 2.5, radiance: [1, 1, 1], bound: Self.cube)
    for origin in [[3, 0, 0], [2, 0.4, 1], [-1.5, -0.3, 2.2]] as [SIMD3<Float>] {
      let ray = try Self.ray(from: origin, towards: [0.05, 0, -0.1])
      let inner = try #require(
        Ray(
          origin: origin, direction: ray.direction,
          within: BoundingBox(minimum: -half, maximum: half)))
      let expected = 1 - exp(-2.5 * Double(inner.tFar - inner.tNear))
      #expect(abs(Self.opacity(of: field, along: ray) - expected) < 4e-4)
    }
  }

  @Test(
    "softness leaves the opacity along a diameter as it is",
    arguments: [0, 0.05, 0.3, 0.8] as [Float])
  func softDiameter(softness: Float) throws {
    let shape = AnalyticShape(
      geometry: .sphere(radius: 0.5), centre: [0.05, 0, 0], peakDensity: 3, softness: softness,
      colouring: .plain([1, 1, 1]))
    let field = AnalyticField(shapes: [shape], bound: Self.cube)
    let ray = try Self.ray(from: [3, 0, 0], towards: .zero)
    #expect(abs(Self.opacity(of: field, along: ray) - (1 - exp(-3))) < 2e-4)
  }

  @Test(
    "every solid is at its peak inside and empty beyond its softness",
    arguments: AnalyticShapeTests.solids)
  func solids(_ solid: AnalyticShapeTests.Solid) {
    var shape = AnalyticShape(
      geometry: solid.geometry, centre: [0.1, -0.05, 0.2], peakDensity: 25, softness: 0.04,
      colouring: .plain([0.25, 0.5, 0.75]))
    shape.rotate(by: [20, 40, -60])
    let field = AnalyticField(shapes: [shape], bound: Self.cube)
    var generator = SeededGenerator(seed: 11)
    let points = (0..<3000).map { _ in
      SIMD3(generator.uniform(), generator.uniform(), generator.uniform()) * 2 - 1
    }
    var (insideCount, outsideCount) = (0, 0)
    for (point, sample) in zip(points, Self.evaluate(field, at: points)) {
      let distance = solid.geometry.signedDistance(at: shape.localPosition(of: point))
      if distance < -0.021 {
        insideCount += 1
        #expect(sample == Sample(density: 25, radiance: [0.25, 0.5, 0.75]))
      } else if distance > 0.021 {
        outsideCount += 1
        #expect(sample == Sample(density: 0, radiance: .zero))
      } else {
        #expect((0...25).contains(sample.density))
      }
    }
    #expect(insideCount > 10 && outsideCount > 1000)
  }

  @Test("where shapes overlap, densities add and radiance is their weighted mean")
  func blending() throws {
    func ball(_ x: Float, _ density: Float, _ colour: SIMD3<Float>) -> AnalyticShape {
      AnalyticShape(
        geometry: .sphere(radius: 0.4), centre: [x, 0, 0], peakDensity: density, softness: 0,
        colouring: .plain(colour))
    }
    let field = AnalyticField(
      shapes: [ball(-0.2, 1, [1, 0, 0]), ball(0.2, 3, [0, 0, 1])], bound: Self.cube)
    let samples = Self.evaluate(field, at: [[-0.4, 0, 0], [0, 0, 0], [0.4, 0, 0], [0, 0.9, 0]])
    #expect(samples[0] == Sample(density: 1, radiance: [1, 0, 0]))
    #expect(samples[1] == Sample(density: 4, radiance: [0.25, 0, 0.75]))
    #expect(samples[2] == Sample(density: 3, radiance: [0, 0, 1]))
    #expect(samples[3] == Sample(density: 0, radiance: .zero))
  }

  @Test("nothing is outside the bound, where a half-space would go on")
  func bound() {
    let ground = AnalyticShape(
      geometry: .halfSpace, centre: .zero, peakDensity: 5, softness: 0.1,
      colouring: .plain([0, 1, 0]))
    let field = AnalyticField(shapes: [ground], bound: Self.cube)
    let samples = Self.evaluate(
      field, at: [[0, 0, -0.5], [0, 0, 0.5], [0, 0, -1.01], [1.01, 0, -0.5], [0.99, 0, -0.99]])
    #expect(samples.map(\.density) == [5, 0, 0, 0, 5])
  }

  @Test("a sample depends on itself alone, and entries beyond the count are left alone")
  func independence() throws {
    let field = try AnalyticField(ShippedScenes.named("primitives"))
    var generator = SeededGenerator(seed: 13)
    let points = (0..<200).map { _ in
      SIMD3(generator.uniform(), generator.uniform(), generator.uniform()) * 2 - 1
    }
    let together = Self.evaluate(field, at: points)
    for (point, sample) in zip(points, together) {
      #expect(Self.evaluate(field, at: [point]) == [sample])
    }
    var batch = FieldBatch(capacity: 4)
    batch.density[1] = 7
    batch.append(position: [0, 0, -0.5], direction: [1, 0, 0])
    field.evaluate(&batch)
    #expect(batch.density[0] > 0)
    #expect(batch.density[1...] == [7, 0, 0])
  }

  @Test(
    "no point of a ball is denser than the ball's largest density", arguments: ShippedScenes.names)
  func largestDensity(name: String) throws {
    let field = try AnalyticField(ShippedScenes.named(name))
    var generator = SeededGenerator(seed: 19)
    func draw() -> SIMD3<Float> {
      SIMD3(generator.uniform(), generator.uniform(), generator.uniform()) * 2 - 1
    }
    var emptyCount = 0
    for _ in 0..<200 {
      let centre = draw()
      let radius = 0.1 * generator.uniform()
      let largest = field.largestDensity(within: radius, of: centre)
      if largest == 0 { emptyCount += 1 }
      let points = (0..<50).map { _ in centre + draw().normalised * (radius * generator.uniform()) }
      for sample in Self.evaluate(field, at: points) {
        #expect(sample.density <= largest * 1.0001)
      }
    }
    #expect(emptyCount > 50)
  }

  @Test("the side towards the light has its full colour, the far side the ambient share")
  func light() {
    func field(glows: Bool) -> AnalyticField {
      AnalyticField(
        shapes: [
          AnalyticShape(
            geometry: .sphere(radius: 0.5), centre: .zero, peakDensity: 1, softness: 0,
            colouring: .plain([0.8, 0.4, 0.2]), glows: glows)
        ], bound: Self.cube, light: SceneLight(direction: [0, 0, 1], ambient: 0.25))
    }
    let points: [SIMD3<Float>] = [[0, 0, 0.45], [0, 0, -0.45], [0.45, 0, 0], .zero]
    let shares = Self.evaluate(field(glows: false), at: points).map { $0.radiance.x / 0.8 }
    for (share, expected) in zip(shares, [1, 0.25, 0.625, 0.625] as [Float]) {
      #expect(abs(share - expected) < 1e-3)
    }
    for sample in Self.evaluate(field(glows: true), at: points) {
      #expect(sample.radiance == [0.8, 0.4, 0.2])
    }
  }

  @Test(
    "shipped scenes keep density and radiance in range, and the bound's faces empty",
    arguments: ShippedScenes.names)
  func shipped(name: String) throws {
    let scene = try ShippedScenes.named(name)
    let moments = scene.motion == nil ? [] : [0, 0.13, 0.4, 0.5, 0.71].map { scene.still(at: $0) }
    for member in [scene] + moments + scene.family(count: 6, seed: 42) {
      let field = AnalyticField(member)
      var generator = SeededGenerator(seed: 17)
      var points = (0..<3000).map { _ in
        field.bound.minimum
          + field.bound.extent
          * SIMD3(generator.uniform(), generator.uniform(), generator.uniform())
      }
      let inside = Self.evaluate(field, at: points)
      #expect(inside.contains { $0.density > 0 })
      for sample in inside {
        #expect(sample.density >= 0 && sample.density.isFinite)
        #expect(sample.radiance.min() >= 0 && sample.radiance.max() <= 1)
      }
      // The cameras of a data set show the ball in the bound, and a little around it.
      let radius = 0.5 * field.bound.extent.min() * 1.03
      points = points.map {
        field.bound.centre + ($0 - field.bound.centre).normalised * radius
      }
      for (point, sample) in zip(points, Self.evaluate(field, at: points)) {
        #expect(sample.density == 0, "at \(point)")
      }
    }
  }
}
