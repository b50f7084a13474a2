import Kernels
import NeuralFields
import Testing
import VolumeRendering

@Suite("Ray")
struct RayTests {
  static let box = BoundingBox(minimum: [-1, 0, 2], maximum: [3, 1, 4])

  @Test("a ray is in the box between its ends and nowhere else")
  func containment() {
    var random = SeededGenerator(seed: 4)
    func vector() -> SIMD3<Float> { [random.normal(), random.normal(), random.normal()] }
    var hitCount = 0
    for _ in 0..<2000 {
      let origin = Self.box.centre + vector() * 3
      let towards = Self.box.centre + vector()
      let direction = (towards - origin).normalised
      let ray = Ray(origin: origin, direction: direction, within: Self.box)
      let margin: Float = 1e-4
      let inner = Self.box.expanded(byShare: -margin)
      let outer = Self.box.expanded(byShare: margin)
      if let ray {
        hitCount += 1
        #expect(0 <= ray.tNear && ray.tNear < ray.tFar)
        #expect(outer.contains(ray.position(at: ray.tNear)))
        #expect(outer.contains(ray.position(at: ray.tFar)))
        #expect(!inner.contains(ray.position(at: ray.tFar)))
        #expect(ray.tNear == 0 || !inner.contains(ray.position(at: ray.tNear)))
      }
      for _ in 0..<20 {
        let t = 12 * random.uniform()
        let point = origin + direction * t
        let isWithin = ray.map { $0.tNear <= t && t <= $0.tFar } ?? false
        if inner.contains(point) { #expect(isWithin) }
        if !outer.contains(point) { #expect(!isWithin) }
      }
    }
    #expect(hitCount > 500)
  }

  /// All six directions along the axes.
  static let axisDirections: [SIMD3<Float>] = [
    [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1],
  ]

  @Test("a ray along an axis meets the box from one face to the other", arguments: axisDirections)
  func alongAxis(direction: SIMD3<Float>) throws {
    let length = abs(direction.dot(Self.box.extent))
    let origin = Self.box.centre - direction * (length / 2 + 5)
    let ray = try #require(Ray(origin: origin, direction: direction, within: Self.box))
    #expect(abs(ray.tNear - 5) < 1e-5 && abs(ray.tFar - 5 - length) < 1e-5)
    #expect(Ray(origin: origin, direction: -direction, within: Self.box) == nil)
  }

  @Test("a ray along an axis beside the box misses it", arguments: axisDirections)
  func besideTheBox(direction: SIMD3<Float>) {
    for axis in 0..<3 where direction[axis] == 0 {
      for side in [-1, 1] as [Float] {
        var origin = Self.box.centre - direction * 9
        origin[axis] += side * (Self.box.extent[axis] / 2 + 1e-3)
        #expect(Ray(origin: origin, direction: direction, within: Self.box) == nil)
      }
    }
  }

  @Test("a ray that slides along a face or an edge meets the box", arguments: axisDirections)
  func alongFace(direction: SIMD3<Float>) throws {
    let zero = SIMD3<Float>.zero
    for corner in [Self.box.minimum, Self.box.maximum] {
      let edge = corner.replacing(with: Self.box.centre - direction * 9, where: direction .!= zero)
      let ray = try #require(Ray(origin: edge, direction: direction, within: Self.box))
      #expect(abs(ray.tFar - ray.tNear - abs(direction.dot(Self.box.extent))) < 1e-5)
      // The same with zeros of the other sign.
      #expect(Ray(origin: edge, direction: -(-direction), within: Self.box) == ray)
    }
  }

  @Test("a ray from inside begins at its origin")
  func inside() throws {
    let ray = try #require(Ray(origin: [0, 0.5, 3], direction: [1, 0, 0], within: Self.box))
    #expect(ray.tNear == 0 && ray.tFar == 3)
  }

  @Test("nothing is seen before the near distance")
  func near() throws {
    let origin: SIMD3<Float> = [-3, 0.5, 3]
    func ray(near: Float) -> Ray? {
      Ray(origin: origin, direction: [1, 0, 0], within: Self.box, near: near)
    }
    #expect(ray(near: 1)?.tNear == 2)
    #expect(ray(near: 4)?.tNear == 4)
    #expect(ray(near: 4)?.tFar == 6)
    #expect(ray(near: 6) == nil && ray(near: 9) == nil)
  }

  @Test("positions lie along the ray")
  func position() {
    let ray = Ray(origin: [1, 2, 3], direction: [0, 0, -1], tNear: 0, tFar: 9)
    #expect(ray.position(at: 4) == [1, 2, -1])
  }
}
