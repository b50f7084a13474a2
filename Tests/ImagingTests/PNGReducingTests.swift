import Imaging
import TestSupport
import Testing

/// Pictures that are reduced while they are read.
@Suite("PNG reducing")
struct PNGReducingTests {
  /// A picture of random values.
  private static func builder(
    _ width: Int, _ height: Int, colourType: Int, bitDepth: Int, isInterlaced: Bool
  ) -> PNGBuilder {
    var generator = TestGenerator(state: UInt64(width + 31 * height + colourType + bitDepth))
    var file = PNGBuilder(
      width: width, height: height, bitDepth: bitDepth, colourType: colourType,
      isInterlaced: isInterlaced, values: [])
    file.values = (0..<width * height * file.channelCount).map { _ in
      Int.random(in: 0..<1 << bitDepth, using: &generator)
    }
    return file
  }

  /// Means over areas, in double precision: each new pixel asks every old one how much of it lies there.
  private static func reference(_ image: Image, width: Int, height: Int) -> [Double] {
    let hasAlpha = image.channelCount % 2 == 0
    let colourCount = image.channelCount - (hasAlpha ? 1 : 0)
    func overlap(_ place: Int, of new: Int, _ index: Int, of old: Int) -> Double {
      let (scale, start) = (Double(old) / Double(new), Double(place) * Double(old) / Double(new))
      return max(0, min(start + scale, Double(index + 1)) - max(start, Double(index))) / scale
    }
    var result: [Double] = []
    for row in 0..<height {
      for column in 0..<width {
        var (colour, sum) = ([Double](repeating: 0, count: colourCount), 0.0)
        for y in 0..<image.height {
          for x in 0..<image.width {
            let share =
              overlap(row, of: height, y, of: image.height)
              * overlap(column, of: width, x, of: image.width)
            let alpha = hasAlpha ? Double(image[column: x, row: y, channel: colourCount]) : 1
            sum += share * alpha
            for channel in 0..<colourCount {
              colour[channel] += share * alpha * Double(image[column: x, row: y, channel: channel])
            }
          }
        }
        result += colour.map { hasAlpha ? (sum > 0 ? $0 / sum : 0) : $0 }
        if hasAlpha { result.append(sum) }
      }
    }
    return result
  }

  @Test(
    "a reduced picture is the mean over each pixel's area, whatever its kind",
    arguments: [(0, 1), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (6, 8), (6, 16)], [false, true])
  func means(kind: (colourType: Int, bitDepth: Int), isInterlaced: Bool) throws {
    for (width, height, limit) in [(12, 8, 4), (13, 7, 5), (7, 13, 6), (9, 1, 2), (30, 2, 1)] {
      let bytes = Self.builder(
        width, height, colourType: kind.colourType, bitDepth: kind.bitDepth,
        isInterlaced: isInterlaced
      ).bytes
      let whole = try PNGFile.decode(bytes, path: "a.png").image
      let reduced = try PNGFile.decodeReduced(bytes, path: "a.png", toSide: limit)
      let image = reduced.image
      #expect((reduced.fileWidth, reduced.fileHeight) == (width, height))
      #expect(max(image.width, image.height) == limit)
      #expect(image.channelCount == whole.channelCount)
      let expected = Self.reference(whole, width: image.width, height: image.height)
      let difference = zip(image.samples, expected).map { abs(Double($0) - $1) }.max() ?? 1
      #expect(difference < 2e-6, "\(width)×\(height) to \(image.width)×\(image.height)")
    }
  }

  @Test("a picture that is small enough is read as it is", arguments: [12, 13, 1000])
  func small(limit: Int) throws {
    let bytes = Self.builder(12, 8, colourType: 6, bitDepth: 8, isInterlaced: false).bytes
    let reduced = try PNGFile.decodeReduced(bytes, path: "a.png", toSide: limit)
    #expect(reduced.image == (try PNGFile.decode(bytes, path: "a.png").image))
  }

  @Test("rows need no memory but their own; an interlaced picture needs its samples, or is refused")
  func memoryLimit() throws {
    // One bit of the file becomes eight.
    let (rows, passes) = (
      Self.builder(80, 80, colourType: 0, bitDepth: 1, isInterlaced: false).bytes,
      Self.builder(80, 80, colourType: 0, bitDepth: 1, isInterlaced: true).bytes
    )
    func decode(_ bytes: [UInt8], _ limit: Int) throws {
      _ = try PNGFile.decodeReduced(bytes, path: "a.png", toSide: 8, memoryLimit: limit)
    }
    #expect(throws: Never.self) { try decode(rows, 0) }
    let byteCount = 80 * 80
    #expect(throws: Never.self) { try decode(passes, byteCount - passes.count) }
    #expect(
      throws: PNGError.interlaced(
        path: "a.png", width: 80, height: 80, byteCount: byteCount, limit: byteCount - 1)
    ) { try decode(passes, byteCount - 1 - passes.count) }
    #expect(
      PNGError.interlaced(path: "a", width: 2, height: 3, byteCount: 9 << 20, limit: 4 << 20)
        .description == "a: found 2×3 interlaced pixels, which take 9 MiB, expected at most 4 MiB "
        + "for a file of this size: save the picture without interlacing")
  }

  @Test("every beginning of a picture that is reduced is refused", arguments: [false, true])
  func prefixes(isInterlaced: Bool) throws {
    let bytes = Self.builder(19, 11, colourType: 6, bitDepth: 8, isInterlaced: isInterlaced).bytes
    var failures = 0
    for count in bytes.indices
    where (try? PNGFile.decodeReduced(Array(bytes[..<count]), path: "a.png", toSide: 4)) != nil {
      Issue.record("the first \(count) bytes are read")
      failures += 1
    }
    Robustness.record("every prefix: reduced PNG", cases: bytes.count, failures: failures)
  }

  @Test("a flipped bit is refused or leaves the reduced pixels as they were")
  func bitFlips() throws {
    var bytes = Self.builder(19, 11, colourType: 2, bitDepth: 8, isInterlaced: false).bytes
    let original = try PNGFile.decodeReduced(bytes, path: "a.png", toSide: 4).image
    var generator = TestGenerator(state: 13)
    for _ in 0..<500 {
      let bit = Int.random(in: 0..<8 * bytes.count, using: &generator)
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      if let found = try? PNGFile.decodeReduced(bytes, path: "a.png", toSide: 4) {
        #expect(found.image == original, "bit \(bit % 8) of byte \(bit / 8)")
      }
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
  }
}
