/// A picture of float samples, row by row from the top left.
package struct Image: Sendable, Equatable {
  /// Pixels.
  package let width: Int
  package let height: Int

  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
  ///
  /// Alpha is straight, never premultiplied.
  package let channelCount: Int

  /// Stored values in [0, 1] (sRGB for colours), `[height × width × channelCount]`.
  package var samples: [Float]

  /// - Precondition: the size is positive and `samples` has that many entries.
  package init(width: Int, height: Int, channelCount: Int, samples: [Float]) {
    precondition(
      width > 0 && height > 0 && (1...4).contains(channelCount),
      "found \(width)×\(height)×\(channelCount), expected a positive size and 1…4 channels")
    precondition(
      samples.count == width * height * channelCount,
      "found \(samples.count) samples, expected \(width)×\(height)×\(channelCount)")
    self.width = width
    self.height = height
    self.channelCount = channelCount
    self.samples = samples
  }

  package init(width: Int, height: Int, channelCount: Int, repeating value: Float = 0) {
    self.init(
      width: width, height: height, channelCount: channelCount,
      samples: [Float](repeating: value, count: width * height * channelCount))
  }

  package subscript(column column: Int, row row: Int, channel channel: Int) -> Float {
    get { samples[(row * width + column) * channelCount + channel] }
    set { samples[(row * width + column) * channelCount + channel] = newValue }
  }

  /// The RGB picture seen over a plain background.
  ///
  ///     C = α c + (1 − α) background
  ///
  /// Grey is repeated into three channels; a picture without alpha is returned as RGB unchanged.
  package func composited(over background: SIMD3<Float>) -> Image {
    var result = Image(width: width, height: height, channelCount: 3)
    let hasAlpha = channelCount == 2 || channelCount == 4
    let isGrey = channelCount < 3
    for pixel in 0..<width * height {
      let start = pixel * channelCount
      let alpha = hasAlpha ? samples[start + channelCount - 1] : 1
      for channel in 0..<3 {
        let value = samples[start + (isGrey ? 0 : channel)]
        result.samples[pixel * 3 + channel] = alpha * value + (1 - alpha) * background[channel]
      }
    }
    return result
  }
}
