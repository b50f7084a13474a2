/// A picture with its samples as wide as a file's: 8 or 16 bits.
package struct StoredPicture: Sendable, Equatable {
  /// Row by row from the top left, `[height × width × channelCount]`.
  package enum Samples: Sendable, Equatable {
    /// 255 stands for 1.
    case bytes([UInt8])
    /// 65,535 stands for 1.
    case words([UInt16])
  }

  /// Pixels.
  package let width: Int
  package let height: Int

  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha is straight.
  package let channelCount: Int

  package let samples: Samples

  /// - Precondition: `samples` has as many entries as the size says.
  package init(width: Int, height: Int, channelCount: Int, samples: Samples) {
    let count =
      switch samples {
      case .bytes(let stored): stored.count
      case .words(let stored): stored.count
      }
    precondition(
      count == width * height * channelCount,
      "found \(count) samples, expected \(width)×\(height)×\(channelCount)")
    self.width = width
    self.height = height
    self.channelCount = channelCount
    self.samples = samples
  }

  /// The picture with samples in [0, 1].
  package var image: Image {
    let floats: [Float] =
      switch samples {
      case .bytes(let stored): stored.map { Float($0) / 255 }
      case .words(let stored): stored.map { Float($0) / 65_535 }
      }
    return Image(width: width, height: height, channelCount: channelCount, samples: floats)
  }

  /// The samples in 8 bits, rounded where they have 16.
  package var bytes: [UInt8] {
    switch samples {
    case .bytes(let stored): stored
    case .words(let stored): stored.map { UInt8((Float($0) / 65_535 * 255).rounded()) }
    }
  }
}
