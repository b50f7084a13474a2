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
    (0..<count).map { index in
      scene.drawRay(
        random: SeededGenerator(seed: 30, UInt64(index)), foregroundShare: foregroundShare,
        bound: TinyModels.cube, near: 0.5)
    }
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
      #expect(ray.ray == expected)
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

  @Test("the same random stream draws the same ray, and another one a stream of its own")
  func streams() {
    let scene = Self.scene(background: .transparent)
    func draw(_ stream: UInt64) -> TrainingRay {
      scene.drawRay(
        random: SeededGenerator(seed: 1, stream), foregroundShare: 0.5, bound: TinyModels.cube,
        near: 0)
    }
    var (first, again, other) = (draw(1).jitter, draw(1).jitter, draw(2).jitter)
    #expect(draw(1).ray == draw(1).ray && draw(1).background == draw(1).background)
    #expect(first.next() == again.next())
    #expect(first.next() != other.next())
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
