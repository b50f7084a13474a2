import Datasets
import Kernels
import NeuralFields
import Testing

@Suite("Scene variation")
struct SceneVariationTests {
  static func scene(_ variations: [SceneVariation]) -> SceneDescription {
    func ball(_ z: Float, _ indices: [Int]) -> SceneShape {
      SceneShape(
        shape: AnalyticShape(
          geometry: .sphere(radius: 0.2), centre: [0, 0, z], peakDensity: 10, softness: 0.01,
          colouring: .plain([1, 0, 0])),
        variationIndices: indices)
    }
    return SceneDescription(
      description: "Three balls", bound: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]),
      shapes: [ball(0, [0]), ball(0.3, [0]), ball(-0.3, [])],
      cameras: [
        SceneCamera(
          name: "a", placement: .orbit(azimuth: 0, elevation: 0, distance: 3, target: .zero),
          horizontalFieldOfView: 1)
      ], variations: variations)
  }

  static let all = SceneVariation(
    name: "all", sizeShare: 0.3, positionRange: [0.1, 0, 0.05], hueRange: 1)

  @Test("members stay in their ranges, and shapes without the variation stay as they are")
  func ranges() throws {
    let scene = Self.scene([Self.all])
    for member in scene.family(count: 50, seed: 3) {
      let shape = member.shapes[0].shape
      guard case .sphere(let radius) = shape.geometry, case .plain(let colour) = shape.colouring
      else {
        Issue.record("found another shape, expected a plain ball")
        continue
      }
      #expect((0.2 * 0.7 - 1e-6...0.2 * 1.3 + 1e-6).contains(radius))
      #expect(abs(shape.centre.x) <= 0.1 && shape.centre.y == 0 && abs(shape.centre.z) <= 0.05)
      // A hue turned by less than a sixth of the circle keeps red the largest.
      #expect(colour.max() == 1 && colour.min() == 0 && colour.x >= max(colour.y, colour.z))
      #expect(member.shapes[2] == scene.shapes[2])
      #expect(member.cameras == scene.cameras && member.bound == scene.bound)
    }
  }

  @Test("shapes of one variation share size, shift and hue, about the first one's centre")
  func sharedDraws() {
    for member in Self.scene([Self.all]).family(count: 20, seed: 4) {
      let (first, second) = (member.shapes[0].shape, member.shapes[1].shape)
      guard case .sphere(let radius) = first.geometry else { continue }
      #expect(second.geometry == first.geometry)
      #expect(second.colouring == first.colouring)
      let expected = SIMD3(0, 0, 0.3 * radius / 0.2)
      #expect((second.centre - first.centre - expected).length < 1e-6)
    }
  }

  @Test("a member depends on seed and number alone, and members differ")
  func streams() {
    let scene = Self.scene([Self.all])
    let few = scene.family(count: 3, seed: 9)
    #expect(scene.family(count: 5, seed: 9).prefix(3) == few[...])
    #expect(scene.family(count: 3, seed: 10) != few)
    #expect(few[0] != few[1] && few[1] != few[2])
    #expect(scene.family(count: 0, seed: 9).isEmpty)
  }

  @Test("changing one range leaves the draws of the others as they were")
  func separateDraws() {
    var still = Self.all
    still.sizeShare = 0
    let other = SceneVariation(name: "other", hueRange: 1)
    var (first, second) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
    let moving = Self.scene([Self.all, other]).varied(using: &first)
    let resting = Self.scene([still, other]).varied(using: &second)
    #expect(moving.shapes[0].shape.centre == resting.shapes[0].shape.centre)
    #expect(moving.shapes[0].shape.colouring == resting.shapes[0].shape.colouring)
    #expect(moving.shapes[0].shape.geometry != resting.shapes[0].shape.geometry)
    #expect(first.next() == second.next())
  }

  @Test("a scene without variations is its own family")
  func none() {
    let scene = Self.scene([])
    #expect(scene.family(count: 2, seed: 1) == [scene, scene])
  }
}
