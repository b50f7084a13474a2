import Datasets
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Training scene")
struct TrainingSceneTests {
  /// Two views of different sizes; each pixel's colour tells its view, row and column.
  static let cameras = [(6, 4), (3, 5)].enumerated().map { index, size in
    Camera(
      orbitAzimuth: Float(index), elevation: 0.3, distance: 3, horizontalFieldOfView: 0.6,
      width: size.0, height: size.1)
  }

  static func scene(
    background: TrainingScene.Background, alpha: (Int, Int) -> UInt8 = { _, _ in 255 }
  ) -> TrainingScene {
    TrainingScene(
      name: "coded", background: background,
      views: cameras.enumerated().map { view, camera in
        let rgba = (0..<camera.height).flatMap { row in
          (0..<camera.width).flatMap { column in
            [UInt8(100 * view), UInt8(20 * row), UInt8(20 * column), alpha(row, column)]
          }
        }
        return (camera, rgba)
      })
  }

  static func rays(
    of scene: TrainingScene, count: Int = 400, foregroundShare: Float = 0
  ) -> [TrainingRay] {
    var drawing = RayDrawing()
    drawing.draw(
      count, of: scene, random: SeededGenerator(seed: 30), foregroundShare: foregroundShare,
      within: TinyModels.cube, near: 0.5)
    return drawing.rays
  }

  /// View, row and column that a coded colour tells.
  static func place(of colour: SIMD3<Float>) -> (view: Int, row: Int, column: Int) {
    (
      Int((colour.x * 2.55).rounded()), Int((colour.y * 12.75).rounded()),
      Int((colour.z * 12.75).rounded())
    )
  }

  @Test("a ray goes through the centre of the pixel whose colour it is to show")
  func pixels() throws {
    let scene = Self.scene(background: .filled)
    #expect((scene.viewCount, scene.pixelCount) == (2, 39))
    var seen: Set<[Int]> = []
    for ray in Self.rays(of: scene) {
      let (view, row, column) = Self.place(of: ray.target)
      seen.insert([view, row, column])
      let expected = Self.cameras[view].ray(
        throughColumn: column, row: row, within: TinyModels.cube, near: 0.5)
      #expect((ray.ray == nil) == (expected == nil))
      guard let found = ray.ray, let expected else { continue }
      #expect(found.origin == expected.origin)
      #expect((found.direction - expected.direction).length < 1e-6)
      #expect(abs(found.direction.length - 1) < 1e-6)
      #expect(abs(found.tNear - expected.tNear) < 1e-5 && abs(found.tFar - expected.tFar) < 1e-5)
    }
    #expect(seen.count == 39)
  }

  @Test("a transparent pixel is set before a random background, for target and prediction alike")
  func transparent() {
    let scene = Self.scene(background: .transparent) { row, _ in row == 1 ? 0 : 51 * UInt8(row) }
    var backgrounds: Set<SIMD3<Float>> = []
    for ray in Self.rays(of: scene) {
      backgrounds.insert(ray.background)
      #expect(ray.background.min() >= 0 && ray.background.max() < 1)
      let found = (ray.target - ray.background)
      // Rows 0 and 1 have no opacity.
      if found == .zero { continue }
      let isExplained = Self.cameras.indices.contains { view in
        (2..<5).contains { row in
          (0..<6).contains { column in
            let colour =
              SIMD3(Float(100 * view), Float(20 * row), Float(20 * column)) / 255
            let alpha = Float(row) / 5
            let expected = colour * alpha + ray.background * (1 - alpha)
            return (ray.target - expected).largestMagnitude < 1e-5
          }
        }
      }
      #expect(isExplained)
    }
    #expect(backgrounds.count == 400)
  }

  @Test("a plain background stays what it is")
  func plain() {
    let white: SIMD3<Float> = [1, 1, 1]
    for ray in Self.rays(of: Self.scene(background: .plain(white))) {
      #expect(ray.background == white)
    }
  }

  @Test("foreground rays show pixels that are not empty", arguments: [0, 0.5, 1] as [Float])
  func foreground(share: Float) {
    // The first column alone is opaque: 4 + 5 of 39 pixels.
    let scene = Self.scene(background: .transparent) { _, column in column == 0 ? 255 : 0 }
    #expect(scene.foregroundPixelCount == 9)
    let rays = Self.rays(of: scene, count: 2000, foregroundShare: share)
    let found = rays.count { $0.target != $0.background }
    let expected = share + (1 - share) * 9 / 39
    #expect(abs(Float(found) / 2000 - expected) < 0.04)
    if share == 1 { #expect(found == 2000) }
  }

  @Test("before a plain background the foreground is what differs from it by more than rounding")
  func plainForeground() {
    let black = Self.scene(background: .plain(.zero))
    // One pixel of the first view is black.
    #expect(black.foregroundPixelCount == 38)
    let nearlyBlack = Self.scene(background: .plain(SIMD3(repeating: 2 / 255)))
    #expect(nearlyBlack.foregroundPixelCount == 38)
    #expect(Self.scene(background: .filled).foregroundPixelCount == 0)
  }

  @Test(
    "a ray depends on the stream and on its number, not on how many are drawn before or with it")
  func streams() {
    let scene = Self.scene(background: .transparent)
    var drawing = RayDrawing()
    func draw(_ count: Int, seed: UInt64) -> [TrainingRay] {
      drawing.draw(
        count, of: scene, random: SeededGenerator(seed: seed), foregroundShare: 0.5,
        within: TinyModels.cube, near: 0)
      return drawing.rays
    }
    func numbers(_ rays: [TrainingRay]) -> [[Float]] {
      rays.map { ray in
        let direction = ray.ray?.direction ?? .zero
        return [direction.x, direction.y, direction.z, ray.background.x, ray.offset]
      }
    }
    let first = numbers(draw(9, seed: 1))
    #expect(first.count == 9 && Set(first).count == 9)
    #expect(numbers(draw(30, seed: 1)).starts(with: first))
    #expect(numbers(draw(9, seed: 2)) != first)
    #expect(numbers(draw(9, seed: 1)) == first)
  }

  @Test("offsets of samples are spread over the interval")
  func offsets() {
    let offsets = Self.rays(of: Self.scene(background: .transparent)).map(\.offset)
    #expect(offsets.allSatisfy { (0..<1).contains($0) })
    #expect(abs(offsets.reduce(0, +) / 400 - 0.5) < 0.06)
  }

  @Test("views from a data set keep their colours, their opacity and their background")
  func dataset() {
    let views = TrainingFixture.views(of: BallField(), count: 2, size: 6)
    let transparent = TrainingScene(SceneDataset(name: "a", train: views))
    #expect(transparent.background == .transparent && transparent.name == "a")
    #expect(transparent.pixelCount == 72)
    #expect((1..<72).contains(transparent.foregroundPixelCount))
    let flat = views.map { view in
      PosedImage(
        image: view.image.composited(over: [1, 1, 1]), camera: view.camera, name: view.name)
    }
    let plain = TrainingScene(SceneDataset(name: "b", train: flat))
    #expect(plain.background == .plain([1, 1, 1]))
    #expect(Self.rays(of: plain).allSatisfy { $0.target.min() >= 0 && $0.target.max() <= 1 })
  }
}
