package import Imaging
package import VolumeRendering

/// What the draws of a posterior show from one camera: their mean, and how far they differ.
///
///     mean = 1/K Σₖ cₖ        deviation² = 1/K Σₖ (cₖ − mean)² + s² / K Σₖ oₖ²
///
/// cₖ is the colour that draw k shows over the background and oₖ its opacity; s is the noise of a
/// covered pixel, what no draw can show. Draws are added one after another (Welford 1962,
/// https://doi.org/10.1080/00401706.1962.10490022), so memory does not grow with their number.
package struct PosteriorPicture: Sendable {
  package let width: Int
  package let height: Int
  private let background: SIMD3<Float>
  private let noise: Float
  private var count: Float = 0
  private var means: [SIMD3<Float>]
  /// Σₖ (cₖ − mean)² and Σₖ oₖ².
  private var squares: [SIMD3<Float>]
  private var opacitySquares: [Float]

  /// - Parameter noise: s, in the units of a pixel's values.
  package init(width: Int, height: Int, background: SIMD3<Float>, noise: Float) {
    self.width = width
    self.height = height
    self.background = background
    self.noise = noise
    means = [SIMD3<Float>](repeating: .zero, count: width * height)
    squares = means
    opacitySquares = [Float](repeating: 0, count: width * height)
  }

  /// Adds what one draw shows.
  package mutating func add(_ rendered: RenderedImage) {
    precondition(
      rendered.width == width && rendered.height == height,
      "found a picture of another size, expected \(width)×\(height)")
    count += 1
    for pixel in 0..<width * height {
      let opacity = rendered.opacity[pixel]
      let colour = rendered.radiance[pixel] + background * (1 - opacity)
      let difference = colour - means[pixel]
      means[pixel] += difference / count
      squares[pixel] += difference * (colour - means[pixel])
      opacitySquares[pixel] += opacity * opacity
    }
  }

  /// The mean, RGB.
  package var mean: Image { picture { means[$0] } }

  /// The standard deviation of each channel, RGB, in the units of a pixel's values.
  package var deviation: Image {
    picture { pixel in
      let variance = variance(pixel)
      return SIMD3(
        variance.x.squareRoot(), variance.y.squareRoot(), variance.z.squareRoot())
    }
  }

  /// The root of the mean of the channels' variances, `[height × width]`.
  package var overall: [Float] {
    (0..<width * height).map { (variance($0).sum() / 3).squareRoot() }
  }

  /// The same of the draws alone, without the noise: what was guessed, `[height × width]`.
  package var spread: [Float] {
    squares.map { ($0.sum() / (3 * max(count, 1))).squareRoot() }
  }

  private func variance(_ pixel: Int) -> SIMD3<Float> {
    let own = noise * noise * opacitySquares[pixel]
    return (squares[pixel] + SIMD3(repeating: own)) / max(count, 1)
  }

  private func picture(_ colour: (Int) -> SIMD3<Float>) -> Image {
    var image = Image(width: width, height: height, channelCount: 3)
    for pixel in 0..<width * height {
      let colour = colour(pixel)
      for channel in 0..<3 { image.samples[pixel * 3 + channel] = colour[channel] }
    }
    return image
  }
}

extension PosteriorPicture {
  /// The spread that its map shows as white, and all above.
  package static let mapLimit: Float = 0.15

  /// `spread` as colours for people: from black through red and yellow to white.
  ///
  /// Without the noise, which every covered pixel has: beside it the eye would not see what differs.
  ///
  /// Red is a third of `mapLimit`, yellow two thirds of it, and lightness grows throughout.
  package var map: Image {
    var image = Image(width: width, height: height, channelCount: 3)
    for (pixel, spread) in spread.enumerated() {
      let place = 3 * min(1, spread / Self.mapLimit)
      for channel in 0..<3 {
        image.samples[pixel * 3 + channel] = min(1, max(0, place - Float(channel)))
      }
    }
    return image
  }
}
