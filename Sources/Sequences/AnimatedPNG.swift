import Checkpoints
package import Imaging

/// An animated PNG put together from PNG files of one shape, without decoding them.
///
/// The frames' compressed pixels are taken as they are: those of the first as `IDAT`, those of the others
/// as `fdAT`. (PNG Specification, third edition, W3C 2025, sections 11.3.5 and 4.9.)
package enum AnimatedPNG {
  /// The greatest animation, bytes: it is put together in memory.
  package static let byteLimit = 1 << 30

  /// Why frames make no animation.
  package enum Failure: Error, Equatable, Sendable {
    /// A frame differs from the first in size, channels or bit depth.
    case otherShape(frame: Int)
    case tooLarge(byteCount: Int)
  }

  /// Gathers the frames' chunks one after another.
  package struct Builder {
    private let frameCount: Int
    /// A frame's time as a fraction of a second.
    private let delay: (numerator: Int, denominator: Int)
    private var header: [UInt8] = []
    private var body: [UInt8] = []
    private var sequenceNumber = 0
    private var frameIndex = 0

    /// - Parameters:
    ///   - frameCount: at least 1.
    ///   - framesPerSecond: 0.01…1000.
    package init(frameCount: Int, framesPerSecond: Double) {
      self.frameCount = frameCount
      let whole = framesPerSecond.rounded()
      // Both are numbers of 16 bits.
      if whole == framesPerSecond {
        delay = (1, Int(whole))
      } else if framesPerSecond > 50 {
        delay = (60, Int((60 * framesPerSecond).rounded()))
      } else {
        delay = (Int((1000 / framesPerSecond).rounded()).clamped(to: 1...65_535), 1000)
      }
    }

    /// Adds the next frame.
    package mutating func append(_ frame: PNGChunkList) throws(Failure) {
      let own = Array(frame.bytes[frame.chunks[0].range])
      if frameIndex == 0 {
        header = own
      } else if own != header {
        throw .otherShape(frame: frameIndex)
      }
      frameIndex += 1
      var control = integer(sequenceNumber) + header[..<8] + [UInt8](repeating: 0, count: 8)
      control += [
        UInt8(delay.numerator >> 8), UInt8(delay.numerator & 255), UInt8(delay.denominator >> 8),
        UInt8(delay.denominator & 255),
      ]
      // The frame stays until the next one takes its whole place.
      control += [0, 0]
      sequenceNumber += 1
      body += chunk("fcTL", control)
      for data in frame.chunks where data.name == "IDAT" {
        if frameIndex == 1 {
          body += chunk("IDAT", Array(frame.bytes[data.range]))
        } else {
          body += chunk("fdAT", integer(sequenceNumber) + frame.bytes[data.range])
          sequenceNumber += 1
        }
      }
      guard body.count <= AnimatedPNG.byteLimit else { throw .tooLarge(byteCount: body.count) }
    }

    /// The whole file, which repeats for ever.
    ///
    /// - Parameter text: ASCII.
    /// - Precondition: all frames have been added.
    package func bytes(text: [PNGTextEntry]) -> [UInt8] {
      precondition(frameIndex == frameCount, "found \(frameIndex) frames, expected \(frameCount)")
      let texts = text.flatMap {
        chunk("tEXt", Array($0.keyword.utf8) + [0] + Array($0.text.utf8))
      }
      return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
        + chunk("acTL", integer(frameCount) + integer(0)) + texts + body
        + chunk("IEND", [])
    }

    private func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
      let named = Array(name.utf8) + contents
      return integer(contents.count) + named + integer(Int(CRC32.checksum(of: named.span)))
    }

    /// Four bytes, the highest first.
    private func integer(_ value: Int) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
  }
}

extension Int {
  fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
