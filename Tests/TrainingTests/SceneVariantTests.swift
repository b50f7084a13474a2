import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Scene variants")
struct SceneVariantTests {
  private static let box = BoundingBox(minimum: [-9, -9, -9], maximum: [9, 9, 9])

  /// Rays of a scene and of its variants, drawn by the same numbers.
  private static func rays(of scene: TrainingScene) -> [TrainingRay] {
    var drawing = RayDrawing()
    drawing.draw(
      60, of: scene, random: SeededGenerator(seed: 4), foregroundShare: 1, within: box, near: 0)
    return drawing.rays
  }

  private static let centre = SIMD3<Float>(0.2, -0.1, 0.3)
  private static let family = TrainingScene.family(
    of: [TrainingSceneTests.scene(background: .transparent)], variantsPerScene: 5, centre: centre,
    seed: 42)

  @Test("a variant's rays pass through the stretched points of the rays it is made of")
  func rays() throws {
    let original = Self.rays(of: Self.family[0])
    for variant in Self.family.dropFirst() {
      // The factors, of three rays' origins and directions that all share them.
      let found = Self.rays(of: variant)
      let first = try #require(original[0].ray)
      let moved = try #require(found[0].ray)
      let scale = (moved.origin - Self.centre) / (first.origin - Self.centre)
      for axis in 0..<3 { #expect((0.79...1.09).contains(scale[axis])) }
      for (ray, own) in zip(original, found) {
        let (ray, own) = (try #require(ray.ray), try #require(own.ray))
        for t: Float in [1, 2.5, 4] {
          let point = (ray.position(at: t) - Self.centre) * scale + Self.centre
          let way = point - own.origin
          let along = (way * own.direction).sum()
          let off = way - own.direction * along
          #expect((off * off).sum().squareRoot() < 2e-5)
          #expect(along > 0)
        }
      }
    }
  }

  @Test("a variant's colours are the scene's channels in another order, between black and white")
  func colours() {
    let original = Self.rays(of: Self.family[0])
    var orders: Set<[Int]> = []
    for variant in Self.family.dropFirst() {
      let found = Self.rays(of: variant)
      // One slope for all channels and pixels: from the two pixels that differ most in red.
      let order = (0..<3).map { channel in
        (0..<3).min { a, b in
          Self.misfit(original, a, found, channel) < Self.misfit(original, b, found, channel)
        } ?? 0
      }
      orders.insert(order)
      #expect(Set(order).count == 3)
      for channel in 0..<3 {
        #expect(Self.misfit(original, order[channel], found, channel) < 1e-5)
        for ray in found { #expect((0...1).contains(ray.target[channel])) }
      }
    }
    #expect(orders.count > 1)
  }

  /// How far a channel is from an affine function of another one, in the mean square.
  private static func misfit(
    _ original: [TrainingRay], _ from: Int, _ found: [TrainingRay], _ to: Int
  ) -> Double {
    let pairs = zip(original, found).map {
      (x: Double($0.0.target[from]), y: Double($0.1.target[to]))
    }
    let count = Double(pairs.count)
    let (meanX, meanY) = (
      pairs.reduce(0) { $0 + $1.x } / count, pairs.reduce(0) { $0 + $1.y } / count
    )
    let (xx, xy, yy) = pairs.reduce((0.0, 0.0, 0.0)) {
      let (dx, dy) = ($1.x - meanX, $1.y - meanY)
      return ($0.0 + dx * dx, $0.1 + dx * dy, $0.2 + dy * dy)
    }
    return (yy - xy * xy / xx) / count
  }

  @Test("a family is named, and the same for the same seed")
  func names() {
    let names = Self.family.map(\.name)
    #expect(names == ["coded"] + (1...5).map { "coded~\($0)" })
    #expect(TrainingScene.familyNames(of: ["coded"], variantsPerScene: 5) == names)
    #expect(TrainingScene.familyNames(of: ["a", "b"], variantsPerScene: 0) == ["a", "b"])
    let again = TrainingScene.family(
      of: [TrainingSceneTests.scene(background: .transparent)], variantsPerScene: 5,
      centre: Self.centre, seed: 42)
    for (scene, same) in zip(Self.family, again) {
      #expect(Self.rays(of: scene).map(\.target) == Self.rays(of: same).map(\.target))
    }
  }

  @Test("training with variants is the same bytes for any number of threads, and learns every code")
  func training() {
    let runs = [1, 3].map { threadCount in
      var configuration = TrainingFixture.configuration
      configuration.variantsPerScene = 2
      configuration.scenesPerStep = 4
      var trainer = TrainingFixture.trainer(
        scenes: TrainingScene.family(
          of: TrainingFixture.scenes, variantsPerScene: 2, centre: .zero, seed: 42),
        configuration: configuration, threadCount: threadCount)
      let before = trainer.state.latents
      for _ in 0..<6 { _ = trainer.step(progress: 0) }
      for row in before.names.indices { #expect(before[row] != trainer.state.latents[row]) }
      return trainer.state
    }
    #expect(runs[0].isIdentical(to: runs[1]))
  }
}
