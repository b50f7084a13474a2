import Datasets
import Foundation
import Imaging
import Kernels
import NeuralFields
import Testing
import VolumeRendering

@Suite("Scene bound")
struct SceneBoundTests {
  static let ellipsoids = [
    EllipsoidScene(halfAxes: [0.45, 0.95, 0.3]), EllipsoidScene(halfAxes: [0.2, 0.2, 0.9]),
    EllipsoidScene(centre: [0.3, -0.2, 0.25], halfAxes: [0.5, 0.3, 0.4]),
    EllipsoidScene(halfAxes: [0.08, 0.6, 0.05]), EllipsoidScene(halfAxes: [0.98, 0.98, 0.98]),
  ]

  static func contains(_ outer: BoundingBox, _ inner: BoundingBox) -> Bool {
    outer.contains(inner.minimum) && outer.contains(inner.maximum)
  }

  @Test(
    "the bound holds all of a thing, and not much more, before any background",
    arguments: ellipsoids, [nil, [1, 1, 1], [0, 0.2, 1]] as [SIMD3<Float>?])
  func silhouettes(ellipsoid: EllipsoidScene, background: SIMD3<Float>?) {
    let bound = SceneBound(of: ellipsoid.scene(from: ring(of: 30, size: 48), over: background))
    #expect(bound.source == .silhouettes)
    #expect(bound.near == 0)
    #expect(Self.contains(bound.box, ellipsoid.box))
    // A pixel is 0.05 scene units there: outlines are known to one, and the hull is no ellipsoid.
    let excess = bound.box.extent - ellipsoid.box.extent
    #expect(excess.max() < 0.6)
    #expect(excess.sum() < 1.2)
  }

  @Test("finer pictures make the bound tighter")
  func resolution() {
    let ellipsoid = Self.ellipsoids[0]
    let excesses = [16, 32, 64].map { size in
      (SceneBound(of: ellipsoid.scene(from: ring(of: 24, size: size))).box.extent
        - ellipsoid.box.extent).sum()
    }
    #expect(excesses[0] > excesses[1])
    #expect(excesses[1] > excesses[2])
  }

  @Test("no ray that shows something misses the bound", arguments: [2, 3, 5, 12, 60])
  func visibleContent(viewCount: Int) {
    let ellipsoid = EllipsoidScene(centre: [0.2, 0, 0.1], halfAxes: [0.3, 0.7, 0.2])
    let scene = ellipsoid.scene(from: ring(of: viewCount, size: 24))
    let bound = SceneBound(of: scene)
    for view in scene.train {
      for row in 0..<24 {
        for column in 0..<24 where view.pixel(column: column, row: row).alpha > 0.5 {
          #expect(view.camera.ray(throughColumn: column, row: row, within: bound.box) != nil)
        }
      }
    }
  }

  @Test("parts of the background's own colour inside an outline do not cut the bound")
  func holes() {
    let ellipsoid = Self.ellipsoids[0]
    let views = ring(of: 30, size: 48).map { camera in
      var image = ellipsoid.picture(from: camera, over: [1, 1, 1])
      for row in 20..<28 {
        for column in 20..<28 {
          for channel in 0..<3 { image[column: column, row: row, channel: channel] = 1 }
        }
      }
      return PosedImage(image: image, camera: camera, name: "a")
    }
    let bound = SceneBound(of: SceneDataset(name: "a", train: views))
    #expect(Self.contains(bound.box, ellipsoid.box))
  }

  @Test("a thing that reaches out of every frame is not cut at the frames")
  func closeUps() {
    let ellipsoid = EllipsoidScene(halfAxes: [0.9, 0.9, 0.9])
    let cameras = ring(of: 24, size: 24, distance: 2)
    let bound = SceneBound(of: ellipsoid.scene(from: cameras))
    #expect(Self.contains(bound.box, ellipsoid.box))
  }

  /// Pictures that fill the frame, from given cameras.
  static func photographs(
    from cameras: [Camera], depthRange: ClosedRange<Float>? = nil
  ) -> SceneDataset {
    var random = SeededGenerator(seed: 7)
    return SceneDataset(
      name: "a",
      train: cameras.map { camera in
        let samples = (0..<camera.width * camera.height * 3).map { _ in random.uniform() }
        return PosedImage(
          image: Image(
            width: camera.width, height: camera.height, channelCount: 3, samples: samples),
          camera: camera, name: "a")
      }, depthRange: depthRange)
  }

  @Test("of photographs from around, the bound is a cube about the point they look at")
  func meetingPoint() {
    let target: SIMD3<Float> = [5, -3, 2]
    let cameras = ring(of: 9, size: 8, distance: 4).map { camera in
      var camera = camera
      camera.position += target
      return camera
    }
    let bound = SceneBound(of: Self.photographs(from: cameras))
    #expect(bound.source == .meetingPoint)
    #expect((bound.box.centre - target).length < 1e-4)
    #expect((bound.box.extent - SIMD3(repeating: 10)).length < 1e-3)
    #expect(abs(bound.near - 1) < 1e-4)
  }

  /// Cameras side by side that look along −y.
  static func row(offsets: [Float]) -> [Camera] {
    offsets.map { x in
      Camera(
        lookingFrom: [x, 0, 0], at: [x, -1, 0], horizontalFieldOfView: .pi / 2, width: 8, height: 8)
    }
  }

  @Test("with near and far stated the bound is what the cameras frame between them")
  func depthRange() {
    let bound = SceneBound(
      of: Self.photographs(from: Self.row(offsets: [-1, 1]), depthRange: 2...5))
    #expect(bound.source == .depthRange)
    #expect(bound.near == 2)
    #expect((bound.box.minimum - [-6, -5, -5]).length < 1e-4)
    #expect((bound.box.maximum - [6, -2, 5]).length < 1e-4)
  }

  @Test("cameras that look one way bound the depths that their parallax tells")
  func parallax() {
    let bound = SceneBound(of: Self.photographs(from: Self.row(offsets: [-0.5, 0, 0.5])))
    #expect(bound.source == .parallax)
    // 2 R f / w with R = ½ and f = w / 2, and ten times that.
    #expect(abs(bound.near - 0.5) < 1e-5)
    #expect((bound.box.minimum - [-5.5, -5, -5]).length < 1e-4)
    #expect((bound.box.maximum - [5.5, -0.5, 5]).length < 1e-4)
  }

  @Test("cameras at one place, or only one, still have a bound", arguments: [1, 4])
  func onePlace(count: Int) {
    let bound = SceneBound(
      of: Self.photographs(from: Self.row(offsets: [Float](repeating: 0, count: count))))
    #expect(bound.source == .parallax)
    #expect(bound.near == 1)
    #expect(bound.box.extent.min() > 0)
  }

  @Test("cameras that look away from each other have no meeting point")
  func outwards() {
    let cameras = ring(of: 9, size: 8).map { camera in
      var camera = camera
      camera.backward = -camera.backward
      camera.right = -camera.right
      return camera
    }
    #expect(SceneBound(of: Self.photographs(from: cameras)).source == .parallax)
  }

  @Test("silhouettes that contradict each other, and empty pictures, fall back to the cameras")
  func contradiction() {
    let nothing = EllipsoidScene(centre: [50, 0, 0], halfAxes: [0.1, 0.1, 0.1])
    let bound = SceneBound(of: nothing.scene(from: ring(of: 9, size: 16)))
    #expect(bound.source == .meetingPoint)
    #expect(bound.box.contains(.zero))
  }

  @Test(
    "extreme cameras have a bound too",
    arguments: [nil, 0...1e-6, 1e-6...1e6] as [ClosedRange<Float>?], [0, 1, -1e6] as [Float])
  func extremes(depthRange: ClosedRange<Float>?, offset: Float) {
    for distance in [1e-6, 1e6] as [Float] {
      let cameras = ring(of: 5, size: 8, distance: distance).map { camera in
        var camera = camera
        camera.position += SIMD3(repeating: offset)
        return camera
      }
      let box = SceneBound(of: Self.photographs(from: cameras, depthRange: depthRange)).box
      #expect(box.extent.min() > 0 && box.extent.max().isFinite)
      let far = EllipsoidScene(halfAxes: [1, 1, 1]).scene(from: cameras)
      #expect(SceneBound(of: far).box.extent.min() > 0)
    }
  }

  @Test("the union holds every bound and takes the smallest near")
  func union() {
    let bounds = [(0, 2), (3, 1), (-2, 4)].map { x, near in
      SceneBound(
        box: BoundingBox(minimum: [Float(x), 0, 0], maximum: [Float(x + 1), 1, 1]),
        near: Float(near))
    }
    let union = SceneBound.union(of: bounds)
    #expect(union.box == BoundingBox(minimum: [-2, 0, 0], maximum: [4, 1, 1]))
    #expect(union.near == 1)
  }

  @Test("the number of threads changes nothing")
  func threads() {
    let scenes = Self.ellipsoids.map { $0.scene(from: ring(of: 6, size: 16)) }
    let expected = SceneBound.bounds(of: scenes, threadCount: 1)
    #expect(SceneBound.bounds(of: scenes, threadCount: 3) == expected)
    #expect(expected == scenes.map(SceneBound.init))
  }
}
