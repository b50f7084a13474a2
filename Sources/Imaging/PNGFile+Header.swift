import Foundation

/// What a PNG file says of itself in its first bytes.
extension PNGFile {
  /// The size that a file's header claims, and the memory that decoding it would take at its peak.
  package struct Claim: Sendable, Equatable {
    package let width: Int
    package let height: Int
    package let channelCount: Int
    package let fileByteCount: Int
    private let sampleByteCount: Int
    private let isInterlaced: Bool

    fileprivate init(
      _ header: (width: Int, height: Int, bitDepth: Int, channelCount: Int), isInterlaced: Bool,
      _ byteCount: Int
    ) {
      self.isInterlaced = isInterlaced
      (width, height) = (header.width, header.height)
      // A palette stands for colours, and any picture may have a transparent colour.
      channelCount = min(4, header.channelCount < 3 ? 4 : header.channelCount + 1)
      fileByteCount = byteCount
      sampleByteCount = header.bitDepth == 16 ? 2 : 1
    }

    /// Pixels, not more than the reader's limit allows.
    package var limitedPixelCount: Int { min(width * height, PNGFile.defaultPixelLimit) }

    /// The file, the stored samples, and the samples as floats; not more than the reader's limits allow.
    package var decodingBytes: Int {
      fileByteCount
        + limitedPixelCount * channelCount
        * (sampleByteCount + MemoryLayout<Float>.stride)
    }

    /// Pixels of what ``PNGFile/readReduced(_:toSide:memoryLimit:)`` makes of the picture.
    package func reducedPixelCount(toSide limit: Int) -> Int {
      let size = PictureReduction.size(width: width, height: height, toSide: limit)
      return size.width * size.height
    }

    /// What reading a reduced picture takes: the file, the small picture, and of an interlaced one all
    /// stored samples.
    package func reducingBytes(toSide limit: Int) -> Int {
      guard max(width, height) > limit else { return decodingBytes }
      let stored = isInterlaced ? limitedPixelCount * channelCount * sampleByteCount : 0
      let rows = 8 * width * channelCount * MemoryLayout<Float>.stride
      return fileByteCount + stored + rows
        + reducedPixelCount(toSide: limit) * channelCount * MemoryLayout<Float>.stride
    }
  }

  /// Bytes up to the end of the header's fields: signature, length, name, 13 bytes.
  private static let headerByteCount = 29

  /// Reads a file's header, and nothing else of it.
  ///
  /// - Returns: nil where there is no such file or it is no PNG: to refuse it is for who reads it.
  package static func claim(of path: String) -> Claim? {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard !path.utf8.contains(0),
      let attributes = try? FileManager.default.attributesOfItem(atPath: resolved),
      attributes[.type] as? FileAttributeType == .typeRegular,
      let byteCount = attributes[.size] as? Int, let file = FileHandle(forReadingAtPath: resolved)
    else { return nil }
    defer { try? file.close() }
    guard let bytes = try? file.read(upToCount: headerByteCount), bytes.count == headerByteCount,
      let header = try? PNGChunks.header(in: Array(bytes), at: 16)
    else { return nil }
    return Claim(header, isInterlaced: bytes[headerByteCount - 1] != 0, byteCount)
  }
}
