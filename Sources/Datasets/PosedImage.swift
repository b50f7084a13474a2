package import Imaging
package import VolumeRendering

/// A picture and the camera that took it.
///
/// Pixels are kept in 8 bits, so that thousands of pictures stay small; a 16-bit picture is rounded.
package struct PosedImage: Sendable {
  package let camera: Camera

  /// When it was taken, 0…1 from the beginning of a scene's motion to its end; nil for a scene at rest.
  package let time: Float?

  /// The picture's name in its scene, such as `./train/r_0`.
  package let name: String

  /// Where the picture was read from; its name for one that comes from no file.
  package let path: String

  /// What the file held.
  package let channels: Channels

  /// Whether some pixel is not opaque; without that only colours are stored.
  package let hasTransparency: Bool

  /// Rows from the top left, each pixel red, green, blue and, with transparency, straight alpha:
  /// `[height × width × 3 or 4]`, 255 standing for 1.
  package let samples: [UInt8]

  /// The kinds of PNG that a picture can come from, a palette counting as the colours it stands for.
  package enum Channels: String, Sendable, Codable, CaseIterable {
    case grey, greyAlpha, colour, colourAlpha
  }

  /// - Precondition: the camera's size is the picture's.
  package init(
    image: Image, camera: Camera, name: String, path: String? = nil, time: Float? = nil
  ) {
    let bytes = image.samples.map {
      UInt8((Float.minimum(Float.maximum($0, 0), 1) * 255).rounded())
    }
    self.init(
      picture: StoredPicture(
        width: image.width, height: image.height, channelCount: image.channelCount,
        samples: .bytes(bytes)), camera: camera, name: name, path: path, time: time)
  }

  /// - Precondition: the camera's size is the picture's.
  package init(
    picture: StoredPicture, camera: Camera, name: String, path: String? = nil, time: Float? = nil
  ) {
    precondition(
      camera.width == picture.width && camera.height == picture.height,
      "found a camera of \(camera.width)×\(camera.height), "
        + "expected \(picture.width)×\(picture.height)")
    self.camera = camera
    self.time = time
    self.name = name
    self.path = path ?? name
    let kinds: [Channels] = [.grey, .greyAlpha, .colour, .colourAlpha]
    channels = kinds[picture.channelCount - 1]
    let pixels = PackedPixels(picture)
    hasTransparency = pixels.channelCount == 4
    samples = pixels.samples
  }

  package var width: Int { camera.width }
  package var height: Int { camera.height }
  package var size: PixelSize { PixelSize(width: width, height: height) }

  private var channelCount: Int { hasTransparency ? 4 : 3 }

  /// One pixel: the stored colour, not multiplied by alpha, and alpha, both in [0, 1].
  ///
  /// Alpha is 1 where the picture has none.
  package func pixel(column: Int, row: Int) -> (colour: SIMD3<Float>, alpha: Float) {
    let start = (row * camera.width + column) * channelCount
    let colour = SIMD3(
      Float(samples[start]), Float(samples[start + 1]), Float(samples[start + 2]))
    return (colour / 255, hasTransparency ? Float(samples[start + 3]) / 255 : 1)
  }

  /// The picture with 3 channels, or 4 where it has transparency.
  package var image: Image {
    Image(
      width: width, height: height, channelCount: channelCount,
      samples: samples.map { Float($0) / 255 })
  }
}

/// A picture's pixels in 8 bits: colours, and alpha only where some pixel is not opaque.
struct PackedPixels {
  let channelCount: Int
  let samples: [UInt8]

  init(_ image: StoredPicture) {
    let sourceCount = image.channelCount
    let hasAlpha = sourceCount == 2 || sourceCount == 4
    let source = image.bytes
    let hasTransparency =
      hasAlpha
      && stride(from: sourceCount - 1, to: source.count, by: sourceCount)
        .contains { source[$0] < 255 }
    channelCount = hasTransparency ? 4 : 3
    if sourceCount == channelCount {
      samples = source
      return
    }
    var packed: [UInt8] = []
    packed.reserveCapacity(image.width * image.height * channelCount)
    for start in stride(from: 0, to: source.count, by: sourceCount) {
      for channel in 0..<3 { packed.append(source[start + (sourceCount < 3 ? 0 : channel)]) }
      if hasTransparency { packed.append(source[start + sourceCount - 1]) }
    }
    samples = packed
  }
}
