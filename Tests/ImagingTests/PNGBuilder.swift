/// PNG files made by hand, whole and broken, for the decoder to read.
struct PNGBuilder: Sendable {
  /// One chunk of a file.
  struct Chunk: Sendable {
    var name: String
    var contents: [UInt8]

    /// The chunk with its length and check sum.
    var bytes: [UInt8] {
      let named = Array(name.utf8) + contents
      return bigEndian(UInt32(contents.count)) + named + bigEndian(crc32(named))
    }
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  var width: Int
  var height: Int
  var bitDepth = 8

  /// 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.
  var colourType = 0

  var isInterlaced = false

  /// The stored numbers, `[height × width × channels]`.
  var values: [Int]

  /// Chunks between the header and the pixels, and after the pixels.
  var before: [Chunk] = []
  var after: [Chunk] = []

  var channelCount: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colourType] ?? 1 }

  var header: Chunk {
    Chunk(
      name: "IHDR",
      contents: bigEndian(UInt32(width)) + bigEndian(UInt32(height))
        + [UInt8(bitDepth), UInt8(colourType), 0, 0, isInterlaced ? 1 : 0])
  }

  var pixels: Chunk { Chunk(name: "IDAT", contents: zlibStream(filteredRows)) }

  var chunks: [Chunk] { [header] + before + [pixels] + after + [Chunk(name: "IEND", contents: [])] }

  var bytes: [UInt8] { PNGBuilder.file(chunks) }

  static func file(_ chunks: [Chunk]) -> [UInt8] { signature + chunks.flatMap(\.bytes) }

  /// All rows, pass after pass where interlaced, each after filter type 0.
  private var filteredRows: [UInt8] {
    // First column and row, and steps, of Adam7's passes.
    let passes =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ] : [(0, 0, 1, 1)]
    var result: [UInt8] = []
    for (firstColumn, firstRow, columnStep, rowStep) in passes where firstColumn < width {
      for row in stride(from: firstRow, to: height, by: rowStep) {
        var bits: [Bool] = []
        for column in stride(from: firstColumn, to: width, by: columnStep) {
          for channel in 0..<channelCount {
            let value = values[(row * width + column) * channelCount + channel]
            for bit in (0..<bitDepth).reversed() { bits.append(value >> bit & 1 == 1) }
          }
        }
        bits += Array(repeating: false, count: (8 - bits.count % 8) % 8)
        result.append(0)
        for start in stride(from: 0, to: bits.count, by: 8) {
          result.append(bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
        }
      }
    }
    return result
  }
}

/// A zlib stream that holds `bytes` uncompressed. (RFC 1950 and RFC 1951, section 3.2.4.)
func zlibStream(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x78, 0x01]
  var start = 0
  repeat {
    let block = bytes[start..<min(start + 65_535, bytes.count)]
    start = block.endIndex
    let count = UInt16(block.count)
    result.append(start == bytes.count ? 1 : 0)
    result += [UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)]
    result += block
  } while start < bytes.count
  var (a, b): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    a = (a + UInt32(byte)) % 65_521
    b = (b + a) % 65_521
  }
  return result + bigEndian(b << 16 | a)
}

/// The check sum of chunks. (PNG Specification, third edition, W3C 2025, section 5.5.)
func crc32(_ bytes: [UInt8]) -> UInt32 {
  var result = UInt32.max
  for byte in bytes {
    result ^= UInt32(byte)
    for _ in 0..<8 { result = result >> 1 ^ (result & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  return ~result
}

func bigEndian(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
}

/// A generator of the same numbers in every run.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
