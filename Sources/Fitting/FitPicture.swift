package import Imaging

/// A picture to fit to: straight colours, how much of each pixel the object covers, and what is behind it.
package struct FitPicture: Sendable {
  /// The longest side that a picture is read with, pixels: a larger one is reduced on its way in.
  ///
  /// Some times the side that is fitted to, so that a border's colour and an outline are found as well
  /// as in the whole picture.
  package static let sideLimit = 1024

  package let width: Int
  package let height: Int
  /// Straight colours, RGB in [0, 1], `[height × width]`.
  package let colours: [SIMD3<Float>]
  /// The share of each pixel that shows the object, [0, 1], `[height × width]`; where the background
  /// is a colour it is only a guess.
  package let coverage: [Float]
  /// The colour behind the object; nil where the coverage is known, so that any may stand there.
  package let background: SIMD3<Float>?
  /// Whether a background was looked for at the picture's border, and none was found.
  package let lacksBackground: Bool

  package init(
    width: Int, height: Int, colours: [SIMD3<Float>], coverage: [Float],
    background: SIMD3<Float>?, lacksBackground: Bool = false
  ) {
    precondition(
      colours.count == width * height && coverage.count == width * height,
      "found \(colours.count) colours, expected \(width)×\(height)")
    self.width = width
    self.height = height
    self.colours = colours
    self.coverage = coverage
    self.background = background
    self.lacksBackground = lacksBackground
  }

  /// Colours over a background, as a person would see them.
  package func image(over behind: SIMD3<Float>) -> Image {
    var image = Image(width: width, height: height, channelCount: 3)
    for pixel in 0..<width * height {
      let colour = background == nil ? mixed(pixel, over: behind) : colours[pixel]
      for channel in 0..<3 { image.samples[pixel * 3 + channel] = colour[channel] }
    }
    return image
  }

  private func mixed(_ pixel: Int, over behind: SIMD3<Float>) -> SIMD3<Float> {
    colours[pixel] * coverage[pixel] + behind * (1 - coverage[pixel])
  }

  /// The share of all pixels that shows the object.
  package var coveredShare: Float {
    coverage.reduce(0, +) / Float(coverage.count)
  }

  /// The same picture with no side longer than `limit` pixels, by the mean over each new pixel's area.
  package func reduced(toSide limit: Int) -> FitPicture {
    let scale = Float(max(width, height)) / Float(limit)
    guard scale > 1 else { return self }
    let newWidth = max(1, Int((Float(width) / scale).rounded()))
    let newHeight = max(1, Int((Float(height) / scale).rounded()))
    let across = Self.shares(from: width, to: newWidth)
    let down = Self.shares(from: height, to: newHeight)
    var colours: [SIMD3<Float>] = []
    var coverage: [Float] = []
    for row in down {
      for column in across {
        var (sum, weighted, plain) = (Float(0), SIMD3<Float>.zero, SIMD3<Float>.zero)
        for (y, rowShare) in row {
          for (x, columnShare) in column {
            let pixel = y * width + x
            let share = rowShare * columnShare
            sum += share * self.coverage[pixel]
            weighted += self.colours[pixel] * (share * self.coverage[pixel])
            plain += self.colours[pixel] * share
          }
        }
        coverage.append(sum)
        // Where the coverage is known, the colours of empty pixels mean nothing.
        colours.append(background == nil && sum > 0 ? weighted / sum : plain)
      }
    }
    return FitPicture(
      width: newWidth, height: newHeight, colours: colours, coverage: coverage,
      background: background, lacksBackground: lacksBackground)
  }

  /// For every new pixel the old ones it covers, and its share of each.
  private static func shares(from old: Int, to new: Int) -> [[(index: Int, share: Float)]] {
    let scale = Float(old) / Float(new)
    return (0..<new).map { place in
      let (start, end) = (Float(place) * scale, Float(place + 1) * scale)
      return (Int(start)..<min(old, Int(end.rounded(.up)))).compactMap { index in
        let overlap = min(end, Float(index + 1)) - max(start, Float(index))
        return overlap > 0 ? (index, overlap / scale) : nil
      }
    }
  }
}
