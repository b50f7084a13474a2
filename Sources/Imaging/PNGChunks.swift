/// What a PNG file claims to be, read from its chunks before any memory is given to it.
///
/// The chunks are walked and not decoded: each must lie inside the file, the first must be the
/// header and one must be the end. Check sums and the pixels are the decoder's.
///
/// (PNG Specification, third edition, W3C 2025, sections 5 and 11.)
struct PNGChunks: Equatable {
  /// Why a file is refused.
  enum Failure: Error, Equatable {
    case notPNG
    case malformed(String)
  }

  /// Pixels, at least 1.
  let width: Int
  let height: Int

  /// Bits of a sample or palette index in the file: 1, 2, 4, 8 or 16.
  let bitDepth: Int

  /// Bytes of all pixels before compression, at least: row filters come on top.
  let pixelByteCount: Int

  /// Bytes of all pixels as the file holds them.
  let compressedByteCount: Int

  let chunkCount: Int

  /// The most chunks of a file.
  private static let chunkLimit = 1 << 19

  /// Deflate cannot do better: 258 bytes from 2 bits. (RFC 1951, section 3.2.5.)
  static let greatestCompression = 1032

  /// The signature. (Section 5.2.)
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Lengths of the chunks that have only one, whatever the picture.
  private static let fixedLengths = [
    "IHDR": 13, "IEND": 0, "cHRM": 32, "gAMA": 4, "oFFs": 9, "pHYs": 9, "sRGB": 1, "tIME": 7,
  ]

  /// - Throws: `Failure` with the byte where the format is left.
  init(_ bytes: [UInt8]) throws(Failure) {
    guard bytes.starts(with: PNGChunks.signature) else {
      // A file that ends inside the signature is a PNG cut short.
      guard !PNGChunks.signature.starts(with: bytes) else {
        throw .malformed("found its end at byte \(bytes.count), expected 8 bytes of signature")
      }
      throw .notPNG
    }
    var offset = PNGChunks.signature.count
    var header: (width: Int, height: Int, bitDepth: Int, channelCount: Int)?
    var compressedByteCount = 0
    var chunkCount = 0
    while true {
      chunkCount += 1
      guard chunkCount <= PNGChunks.chunkLimit else {
        throw .malformed(
          "found more chunks at byte \(offset), expected at most "
            + "\(PNGChunks.chunkLimit)")
      }
      // A chunk: length, four letters, contents, check sum. (Section 5.3.)
      guard bytes.count - offset >= 12 else {
        throw .malformed("found its end at byte \(bytes.count), expected a chunk at \(offset)")
      }
      let length = PNGChunks.integer(in: bytes, at: offset)
      let letters = bytes[offset + 4..<offset + 8]
      guard letters.allSatisfy({ (65...90).contains($0 & ~32) }) else {
        throw .malformed("found a chunk without a name at byte \(offset), expected four letters")
      }
      let name = String(decoding: letters, as: UTF8.self)
      guard length <= bytes.count - offset - 12 else {
        throw .malformed(
          "found \(bytes.count - offset) bytes from chunk \(name) at byte \(offset) on, "
            + "expected at least \(length + 12)")
      }
      if let fixed = PNGChunks.fixedLengths[name], fixed != length {
        throw .malformed(
          "found chunk \(name) of \(length) bytes at byte \(offset), expected \(fixed)")
      }
      if header == nil {
        guard name == "IHDR" else {
          throw .malformed("found chunk \(name) at byte \(offset), expected IHDR")
        }
        header = try PNGChunks.header(in: bytes, at: offset + 8)
      }
      if name == "IDAT" { compressedByteCount += length }
      if name == "IEND" { break }
      offset += length + 12
    }
    guard let header else { throw .malformed("found no chunk IHDR, expected one") }
    (width, height, bitDepth) = (header.width, header.height, header.bitDepth)
    let bitsPerRow = header.width * header.bitDepth * header.channelCount
    let product = header.height.multipliedReportingOverflow(by: (bitsPerRow + 7) / 8)
    pixelByteCount = product.overflow ? Int.max : product.partialValue
    self.compressedByteCount = compressedByteCount
    self.chunkCount = chunkCount
  }

  /// The header's fields. (Section 11.2.1.)
  static func header(
    in bytes: [UInt8], at offset: Int
  ) throws(Failure) -> (width: Int, height: Int, bitDepth: Int, channelCount: Int) {
    let width = integer(in: bytes, at: offset)
    let height = integer(in: bytes, at: offset + 4)
    guard (1...Int(Int32.max)).contains(width), (1...Int(Int32.max)).contains(height) else {
      throw .malformed("found a size of \(width)×\(height), expected 1…\(Int32.max) each")
    }
    let bitDepth = Int(bytes[offset + 8])
    let colourType = Int(bytes[offset + 9])
    let channelCounts = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]
    let bitDepths = [0: [1, 2, 4, 8, 16], 3: [1, 2, 4, 8]][colourType] ?? [8, 16]
    guard let channelCount = channelCounts[colourType], bitDepths.contains(bitDepth) else {
      throw .malformed(
        "found colour type \(colourType) with \(bitDepth) bits, expected one of the format's")
    }
    return (width, height, bitDepth, channelCount)
  }

  /// Four bytes, the highest first.
  private static func integer(in bytes: [UInt8], at offset: Int) -> Int {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
