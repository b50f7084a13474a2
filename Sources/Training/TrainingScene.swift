import Kernels
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

  package let name: String
  package let background: Background
  private let cameras: [Camera]
  /// Where each view's pixels begin, and last their number.
  private let firstPixels: [Int]
  /// RGBA, straight alpha, 8 bits each, `[pixelCount × 4]`.
  private let bytes: [UInt8]
  /// The pixels that show any of the object.
  private let foreground: [UInt32]

  /// - Parameter views: cameras and RGBA bytes, `[height × width × 4]` each; at least one.
  package init(
    name: String, background: Background, views: [(camera: Camera, rgba: [UInt8])]
  ) {
    precondition(!views.isEmpty, "found no view, expected at least one")
    self.name = name
    self.background = background
    cameras = views.map(\.camera)
    var firstPixels = [0]
    for view in views {
      let count = view.camera.width * view.camera.height
      precondition(view.rgba.count == count * 4, "found a picture of another size than its camera")
      firstPixels.append(firstPixels[firstPixels.count - 1] + count)
    }
    self.firstPixels = firstPixels
    let bytes = views.flatMap(\.rgba)
    self.bytes = bytes
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

  package var viewCount: Int { cameras.count }
  package var pixelCount: Int { bytes.count / 4 }
  package var foregroundPixelCount: Int { foreground.count }

  /// A pixel number, uniform over the foreground or over all pixels of all views.
  func drawPixel(fromForeground: Bool, random: inout SeededGenerator) -> Int {
    if fromForeground && !foreground.isEmpty {
      return Int(foreground[random.index(below: foreground.count)])
    }
    return random.index(below: pixelCount)
  }

  /// The ray through a pixel, as origin and unit direction.
  func ray(throughPixel pixel: Int) -> (origin: SIMD3<Float>, direction: SIMD3<Float>) {
    let view = view(ofPixel: pixel)
    let camera = cameras[view]
    let (row, column) = (pixel - firstPixels[view]).quotientAndRemainder(
      dividingBy: camera.width)
    let direction = camera.direction(throughPoint: [Float(column) + 0.5, Float(row) + 0.5])
    return (camera.position, direction)
  }

  /// A pixel's straight colour and alpha, [0, 1].
  func colour(ofPixel pixel: Int) -> (radiance: SIMD3<Float>, alpha: Float) {
    let start = pixel * 4
    let scale: Float = 1 / 255
    return (
      SIMD3(Float(bytes[start]), Float(bytes[start + 1]), Float(bytes[start + 2])) * scale,
      Float(bytes[start + 3]) * scale
    )
  }

  /// The last view that begins at or before a pixel, by bisection.
  private func view(ofPixel pixel: Int) -> Int {
    var (low, high) = (0, cameras.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstPixels[middle] <= pixel { low = middle } else { high = middle }
    }
    return low
  }
}
