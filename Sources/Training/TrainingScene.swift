import Kernels
import NeuralFields
package import VolumeRendering

/// One scene's training views, packed for drawing random pixels.
package struct TrainingScene: Sendable {
  /// What lies behind the object.
  package enum Background: Sendable, Hashable {
    /// Known to be empty: every ray may have a background of its own.
    case transparent
    /// One colour, in every picture.
    case plain(SIMD3<Float>)
    /// Part of the scene: pictures that are filled to the edge.
    case filled
  }

  package private(set) var name: String
  package let background: Background
  private var views: [View]
  /// Where each view's pixels begin, and last their number.
  private let firstPixels: [Int]
  /// The number of pixels of every view, where it is the same.
  private let commonSize: UInt32?
  /// Straight colour and alpha, 8 bits each: red in the lowest, alpha in the highest.
  private let pixels: [UInt32]
  /// The pixels that show any of the object.
  private let foreground: [UInt32]
  /// How the scene follows from the one that the pixels show.
  private var variant: SceneVariant?

  /// - Parameter views: cameras and RGBA bytes, `[height × width × 4]` each; at least one.
  package init(
    name: String, background: Background, views: [(camera: Camera, rgba: [UInt8])]
  ) {
    precondition(!views.isEmpty, "found no view, expected at least one")
    self.name = name
    self.background = background
    self.views = views.map { View($0.camera) }
    var firstPixels = [0]
    for view in views {
      let count = view.camera.width * view.camera.height
      precondition(view.rgba.count == count * 4, "found a picture of another size than its camera")
      firstPixels.append(firstPixels[firstPixels.count - 1] + count)
    }
    self.firstPixels = firstPixels
    let size = firstPixels[1]
    let isCommon = firstPixels.enumerated().allSatisfy { $0.element == $0.offset * size }
    commonSize = isCommon ? UInt32(exactly: size) : nil
    let bytes = views.flatMap(\.rgba)
    pixels = (0..<bytes.count / 4).map { pixel in
      (0..<4).reduce(0) { $0 | UInt32(bytes[pixel * 4 + $1]) << UInt32(8 * $1) }
    }
    foreground =
      switch background {
      case .filled: []
      case .transparent:
        (0..<bytes.count / 4).filter { bytes[$0 * 4 + 3] > 0 }.map(UInt32.init)
      case .plain(let colour):
        (0..<bytes.count / 4).filter { pixel in
          (0..<3).contains { abs(Float(bytes[pixel * 4 + $0]) - colour[$0] * 255) > 2 }
        }.map(UInt32.init)
      }
  }

  package var viewCount: Int { views.count }
  package var pixelCount: Int { pixels.count }
  package var foregroundPixelCount: Int { foreground.count }

  /// A pixel number, uniform over the foreground or over all pixels of all views.
  func drawPixel(fromForeground: Bool, random: inout SeededGenerator) -> Int {
    if fromForeground && !foreground.isEmpty {
      return Int(foreground.span[random.index(below: foreground.count)])
    }
    return random.index(below: pixelCount)
  }

  /// A camera, so that a pixel's ray takes no division but that by its length.
  ///
  ///     direction ∝ corner + column · right + row · down
  private struct View: Sendable {
    var position: SIMD3<Float>
    var corner: SIMD3<Float>
    var right: SIMD3<Float>
    var down: SIMD3<Float>
    let width: UInt32

    init(_ camera: Camera) {
      position = camera.position
      right = camera.right / camera.focalX
      down = -camera.up / camera.focalY
      // The middle of the first pixel.
      corner =
        right * (0.5 - camera.principalX) + down * (0.5 - camera.principalY) - camera.backward
      width = UInt32(camera.width)
    }
  }

  /// The ray through a pixel, as origin and unit direction.
  func ray(throughPixel pixel: Int) -> (origin: SIMD3<Float>, direction: SIMD3<Float>) {
    let index = view(ofPixel: pixel)
    let view = views.span[index]
    let (row, column) = UInt32(truncatingIfNeeded: pixel - firstPixels.span[index])
      .quotientAndRemainder(dividingBy: view.width)
    return (
      view.position, (view.corner + view.right * Float(column) + view.down * Float(row)).normalised
    )
  }

  /// A pixel's bytes, as `colour(of:)` takes them.
  func bytes(ofPixel pixel: Int) -> UInt32 { pixels.span[pixel] }

  /// A pixel's straight colour and alpha, [0, 1].
  func colour(of bytes: UInt32) -> (radiance: SIMD3<Float>, alpha: Float) {
    let scale: Float = 1 / 255
    let shown =
      SIMD3(Float(bytes & 255), Float(bytes >> 8 & 255), Float(bytes >> 16 & 255)) * scale
    return (variant.map { $0.colour(shown) } ?? shown, Float(bytes >> 24) * scale)
  }

  /// A scene of the same pixels, seen along other rays and in other colours.
  func varied(by variant: SceneVariant, name: String) -> TrainingScene {
    precondition(
      background == .transparent && self.variant == nil,
      "found a scene with a background, or a variant, expected an object alone")
    var scene = self
    scene.name = name
    scene.variant = variant
    for index in scene.views.indices {
      scene.views[index].position = variant.position(views[index].position)
      scene.views[index].corner = variant.direction(views[index].corner)
      scene.views[index].right = variant.direction(views[index].right)
      scene.views[index].down = variant.direction(views[index].down)
    }
    return scene
  }

  /// The last view that begins at or before a pixel: at once where all have one size, else by bisection.
  private func view(ofPixel pixel: Int) -> Int {
    if let size = commonSize { return Int(UInt32(truncatingIfNeeded: pixel) / size) }
    var (low, high) = (0, views.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstPixels[middle] <= pixel { low = middle } else { high = middle }
    }
    return low
  }
}
