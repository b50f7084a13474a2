import Datasets
import Imaging
import Kernels
import Testing
import VolumeRendering

@Suite("Scene background")
struct SceneBackgroundTests {
  /// A scene of 16×16 pictures whose pixels a function of view, column and row makes.
  static func scene(
    channelCount: Int, viewCount: Int = 10, _ pixel: (Int, Int, Int) -> [Float]
  ) -> SceneDataset {
    let views = ring(of: viewCount, size: 16).enumerated().map { index, camera in
      let samples = (0..<256).flatMap { pixel(index, $0 % 16, $0 / 16) }
      return PosedImage(
        image: Image(width: 16, height: 16, channelCount: channelCount, samples: samples),
        camera: camera, name: "\(index)")
    }
    return SceneDataset(name: "a", train: views)
  }

  static func isInside(_ column: Int, _ row: Int) -> Bool {
    (5..<11).contains(column) && (5..<11).contains(row)
  }

  @Test("a picture with an empty part is transparent")
  func transparent() {
    let scene = Self.scene(channelCount: 4) { _, column, row in
      [1, 1, 1, Self.isInside(column, row) ? 1 : 0]
    }
    #expect(scene.background == .transparent)
  }

  @Test("one colour around the scene is plain, up to rounding", arguments: [0, 0.4, 1] as [Float])
  func plain(level: Float) {
    var random = SeededGenerator(seed: 1)
    let scene = Self.scene(channelCount: 3) { _, column, row in
      Self.isInside(column, row)
        ? (0..<3).map { _ in random.uniform() }
        : [level, level + (random.uniform() - 0.5) * 2.8 / 255, level]
    }
    guard case .plain(let colour) = scene.background else {
      Issue.record("found \(scene.background), expected a plain background")
      return
    }
    #expect(abs(colour - SIMD3(repeating: level)).max() <= 2 / 255)
  }

  @Test("things that reach over the border in some pictures leave it plain")
  func crossedBorder() {
    let scene = Self.scene(channelCount: 3) { view, column, row in
      view < 2 && column < 12 || Self.isInside(column, row) ? [0.5, 0, 0] : [1, 1, 1]
    }
    #expect(scene.background == .plain([1, 1, 1]))
  }

  @Test("pictures that fill the frame are photographs, with or without an alpha of 1")
  func photograph() {
    for channelCount in [3, 4] {
      var random = SeededGenerator(seed: 2)
      let scene = Self.scene(channelCount: channelCount) { _, _, row in
        (0..<3).map { _ in Float(row) / 32 + random.uniform() / 2 }
          + (channelCount == 4 ? [1] : [])
      }
      #expect(scene.background == .photograph)
    }
  }

  @Test("pictures of one colour each, but not the same, are photographs")
  func differingColours() {
    let scene = Self.scene(channelCount: 3) { view, _, _ in
      [Float(view) / 10, 0.5, 0.5]
    }
    #expect(scene.background == .photograph)
  }
}

private func abs(_ vector: SIMD3<Float>) -> SIMD3<Float> {
  vector.replacing(with: -vector, where: vector .< 0)
}
