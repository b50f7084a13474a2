import Files

/// A text that a PNG file carries beside its pixels.
package struct PNGTextEntry: Sendable, Hashable {
  /// What the text is about: 1…79 ASCII characters, single spaces only between words.
  package var keyword: String

  /// Any text without zero characters.
  package var text: String

  package init(keyword: String, text: String) {
    self.keyword = keyword
    self.text = text
  }
}

/// PNG files to and from pictures of float samples.
///
/// Samples are the stored numbers scaled to [0, 1]: sRGB by convention. Chunks that say otherwise
/// (`gAMA`, `cHRM`, `iCCP`, `sRGB`) are not applied when reading and not written.
package enum PNGFile {
  /// The greatest width and height that are read unless the caller says otherwise, pixels.
  package static let defaultSizeLimit = 16_384

  /// The most pixels that are read unless the caller says otherwise.
  package static let defaultPixelLimit = 1 << 26

  /// The most memory beyond the file's own size that a picture may take while it is read, unless the
  /// caller says otherwise, bytes.
  ///
  /// A file of some KiB can hold a picture of some GiB, all of one colour.
  package static let defaultMemoryLimit = 48 << 20

  /// The greatest file that is read, bytes.
  package static let byteLimit = 512 << 20

  /// Reads a picture of any colour type, bit depth and interlacing.
  ///
  /// Grey stays one channel, palettes become RGB, and transparent colours become an alpha channel.
  /// Check sums of all chunks are verified, and sizes are compared with the limits before memory is
  /// given to the picture.
  ///
  /// - Parameters:
  ///   - sizeLimit: the greatest width and height, pixels.
  ///   - pixelLimit: the greatest product of the two.
  ///   - memoryLimit: what the picture may take beyond the file's size, bytes.
  /// - Throws: `PNGError`, whatever the file holds.
  package static func read(
    _ path: String, sizeLimit: Int = defaultSizeLimit, pixelLimit: Int = defaultPixelLimit,
    memoryLimit: Int = defaultMemoryLimit
  ) throws(PNGError) -> Image {
    let bytes = try bytes(at: path)
    return try decode(
      bytes, path: path, sizeLimit: sizeLimit, pixelLimit: pixelLimit, memoryLimit: memoryLimit,
      readsText: false
    ).image
  }

  /// Reads a picture as ``read(_:sizeLimit:pixelLimit:memoryLimit:)`` does, with the file's own samples:
  /// a quarter of the memory, or half.
  ///
  /// - Throws: `PNGError`, whatever the file holds.
  package static func readStored(_ path: String) throws(PNGError) -> StoredPicture {
    let bytes = try bytes(at: path)
    let limits = Limits(
      size: defaultSizeLimit, pixels: defaultPixelLimit, memory: defaultMemoryLimit)
    // Colours in 8 bits are kept as they are; of others another form is made.
    return try decodeStored(
      bytes, path: path, limits: limits,
      bytesBeside: { $0 == 3 && $1 == 8 ? 0 : 1 }, readsText: false
    ).picture
  }

  /// The size of a picture, pixels, of which nothing else is read.
  ///
  /// - Throws: `PNGError`, for a file that does not have its chunks or whose size is out of the limits.
  package static func size(of path: String) throws(PNGError) -> (width: Int, height: Int) {
    let limits = Limits(
      size: defaultSizeLimit, pixels: defaultPixelLimit, memory: defaultMemoryLimit)
    let chunks = try chunks(of: bytes(at: path), path: path, limits: limits)
    return (chunks.width, chunks.height)
  }

  /// Reads a picture with the texts it carries, in the file's order.
  ///
  /// - Returns: `bitDepth` is that of a sample or palette index in the file: 1, 2, 4, 8 or 16.
  /// - Throws: `PNGError`, as ``read(_:sizeLimit:pixelLimit:)``; texts count as part of the picture.
  package static func readWithText(
    _ path: String, sizeLimit: Int = defaultSizeLimit, pixelLimit: Int = defaultPixelLimit
  ) throws(PNGError) -> (image: Image, text: [PNGTextEntry], bitDepth: Int) {
    try decode(bytes(at: path), path: path, sizeLimit: sizeLimit, pixelLimit: pixelLimit)
  }

  static func bytes(at path: String) throws(PNGError) -> [UInt8] {
    do {
      return try FileReader.bytes(at: path, limit: byteLimit)
    } catch {
      throw .file(error)
    }
  }

  /// Writes a picture, whole or not at all.
  ///
  ///     stored = ⌊min(max(sample, 0), 1) · (2ᵇ − 1) + ½⌋
  ///
  /// with b the bit depth. A sample that is not finite is stored as 0: what wrote it into the
  /// picture is where it has to be reported. The same picture and texts are always the same bytes
  /// for one version of the compressor; no time is written.
  ///
  /// - Parameters:
  ///   - bitDepth: 8 or 16.
  ///   - text: at most 32 entries, stored in order before the pixels; ASCII as `tEXt`, other texts
  ///     as `iTXt`, neither compressed.
  ///   - overwriting: whether a file that has the name is replaced.
  /// - Throws: `PNGError.file`.
  package static func write(
    _ image: Image, to path: String, bitDepth: Int = 8, text: [PNGTextEntry] = [],
    overwriting: Bool = false
  ) throws(PNGError) {
    let stream = try PNGStream(
      path, width: image.width, height: image.height, channelCount: image.channelCount,
      bitDepth: bitDepth, text: text, overwriting: overwriting)
    try stream.append(image)
    try PNGStream.publish([stream])
  }
}

extension PNGTextEntry {
  /// Whether the format's plain text chunk holds the text in every reader's eyes.
  var isASCII: Bool { text.utf8.allSatisfy { $0 < 128 } }

  /// Checks what the format asks of a text chunk.
  ///
  /// (PNG Specification, third edition, W3C 2025, section 11.3.3.)
  func checkWritable() {
    let characters = keyword.utf8
    precondition(
      (1...79).contains(characters.count) && characters.allSatisfy { (32...126).contains($0) }
        && !keyword.hasPrefix(" ") && !keyword.hasSuffix(" ") && !keyword.contains("  "),
      "found keyword “\(keyword)”, expected 1…79 ASCII characters and single spaces inside")
    precondition(!text.utf8.contains(0), "found a zero character in a text, expected none")
  }
}
