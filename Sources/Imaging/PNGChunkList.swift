import Files

/// The chunks of a whole PNG file, for what is done without decoding its pixels.
///
/// (PNG Specification, third edition, W3C 2025, section 5.3.)
package struct PNGChunkList: Sendable {
  package struct Chunk: Sendable, Equatable {
    /// Four letters, such as `IDAT`.
    package let name: String
    /// The contents' place in `bytes`.
    package let range: Range<Int>
  }

  /// The whole file.
  package let bytes: [UInt8]
  package let chunks: [Chunk]

  /// Reads a file, and checks that its chunks lie in it from the header to the end.
  ///
  /// Check sums and pixels are not looked at.
  ///
  /// - Throws: `PNGError`.
  package init(reading path: String) throws(PNGError) {
    let bytes: [UInt8]
    do {
      bytes = try FileReader.bytes(at: path, limit: PNGFile.byteLimit)
    } catch {
      throw .file(error)
    }
    try self.init(bytes, path: path)
  }

  /// Reads a file that is in memory already.
  ///
  /// - Parameter path: what errors name it by.
  /// - Throws: `PNGError`.
  package init(_ bytes: [UInt8], path: String) throws(PNGError) {
    guard !bytes.isEmpty else { throw .empty(path: path) }
    var chunks: [Chunk] = []
    do {
      chunks.reserveCapacity(try PNGChunks(bytes).chunkCount)
    } catch {
      throw PNGError(error, path: path)
    }
    self.bytes = bytes
    var offset = 8
    repeat {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      let name = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
      chunks.append(Chunk(name: name, range: offset + 8..<offset + 8 + length))
      offset += length + 12
    } while chunks.last?.name != "IEND"
    self.chunks = chunks
  }

  /// The longest text that is looked at, bytes.
  private static let textByteLimit = 1 << 20

  /// The text with a keyword, of a chunk `tEXt` or an `iTXt` that is not compressed; nil where there is
  /// none, one of more than 1 MiB, or one that takes too long to compare. (Section 11.3.3.)
  package func text(_ keyword: String) -> String? {
    storedText(keyword).flatMap { $0.isStreamSafe ? $0 : nil }
  }

  private func storedText(_ keyword: String) -> String? {
    let start = Array(keyword.utf8) + [0]
    for chunk in chunks
    where chunk.range.count <= Self.textByteLimit && bytes[chunk.range].starts(with: start) {
      let rest = bytes[chunk.range].dropFirst(start.count)
      switch chunk.name {
      case "tEXt":
        // Latin-1: every byte is its own scalar.
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: rest.map { Unicode.Scalar($0) })
        return String(scalars)
      case "iTXt":
        // Two bytes of compression, then language and translated keyword, each ending in zero.
        guard rest.starts(with: [0, 0]) else { return nil }
        let fields = rest.dropFirst(2).split(
          separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        return fields.count == 3 ? String(validating: fields[2], as: UTF8.self) : nil
      default: continue
      }
    }
    return nil
  }
}
