package import Imaging

extension FitPicture {
  /// How the object is told from what is behind it.
  package enum Background: Sendable {
    /// By the picture's alpha where it has any, else by the colour of the picture's border.
    case automatic
    /// By its colour, RGB in [0, 1].
    case colour(SIMD3<Float>)
    /// By a picture of the same size: bright, or opaque, where the object is.
    case mask(Image)
  }

  /// How far a channel may differ from the background and still be background: what compression and
  /// uneven light leave of one colour.
  private static let tolerance: Float = 10.0 / 255

  /// The share of the border that one colour must fill to be the background.
  private static let plainShare = 0.6

  /// - Precondition: a mask has the picture's size.
  package init(_ image: Image, background: Background) {
    let count = image.width * image.height
    let isGrey = image.channelCount < 3
    let colours = (0..<count).map { pixel -> SIMD3<Float> in
      let start = pixel * image.channelCount
      return isGrey
        ? SIMD3(repeating: image.samples[start])
        : [image.samples[start], image.samples[start + 1], image.samples[start + 2]]
    }
    switch background {
    case .mask(let mask):
      precondition(
        mask.width == image.width && mask.height == image.height,
        "found a mask of \(mask.width)×\(mask.height), expected \(image.width)×\(image.height)")
      self.init(
        width: image.width, height: image.height, colours: colours,
        coverage: Self.coverage(ofMask: mask), background: nil)
    case .colour(let colour):
      self.init(image, colours: colours, plain: colour)
    case .automatic:
      if let alpha = Self.alpha(of: image) {
        self.init(
          width: image.width, height: image.height, colours: colours, coverage: alpha,
          background: nil)
      } else if let colour = Self.borderColour(
        of: colours, width: image.width, height: image.height)
      {
        self.init(image, colours: colours, plain: colour)
      } else {
        self.init(
          width: image.width, height: image.height, colours: colours,
          coverage: [Float](repeating: 1, count: count), background: nil, lacksBackground: true)
      }
    }
  }

  private init(_ image: Image, colours: [SIMD3<Float>], plain: SIMD3<Float>) {
    let coverage = colours.map { colour -> Float in
      let difference = colour - plain
      return max(difference.max(), -difference.min()) > Self.tolerance ? 1 : 0
    }
    self.init(
      width: image.width, height: image.height, colours: colours, coverage: coverage,
      background: plain)
  }

  private static func coverage(ofMask mask: Image) -> [Float] {
    if let alpha = alpha(of: mask) { return alpha }
    let channels = mask.channelCount == 2 ? 1 : min(3, mask.channelCount)
    return (0..<mask.width * mask.height).map { pixel in
      (0..<channels).reduce(0) { $0 + mask.samples[pixel * mask.channelCount + $1] }
        / Float(channels)
    }
  }

  /// The alpha channel, where some pixel is less than half opaque.
  private static func alpha(of image: Image) -> [Float]? {
    guard image.channelCount == 2 || image.channelCount == 4 else { return nil }
    let alpha = stride(
      from: image.channelCount - 1, to: image.samples.count, by: image.channelCount
    ).map { image.samples[$0] }
    return alpha.contains { $0 < 0.5 } ? alpha : nil
  }

  /// The median colour of the outermost pixels, if most of them have it.
  private static func borderColour(
    of colours: [SIMD3<Float>], width: Int, height: Int
  ) -> SIMD3<Float>? {
    let border = colours.indices.filter { pixel in
      let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
      return row == 0 || row == height - 1 || column == 0 || column == width - 1
    }.map { colours[$0] }
    var median = SIMD3<Float>.zero
    for channel in 0..<3 { median[channel] = border.map { $0[channel] }.sorted()[border.count / 2] }
    let near = border.count { colour in
      let difference = colour - median
      return max(difference.max(), -difference.min()) <= tolerance
    }
    return Double(near) >= plainShare * Double(border.count) ? median : nil
  }
}
