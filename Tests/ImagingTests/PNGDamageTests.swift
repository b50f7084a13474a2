import Glibc
import Imaging
import TestSupport
import Testing

/// A PNG file cut short, with flipped bits, and larger than it looks.
@Suite("Damaged PNG")
struct PNGDamageTests {
  /// A file of up to 4 KiB with all kinds of chunks that are read.
  private static func whole() -> PNGBuilder {
    var generator = TestGenerator(state: 11)
    return PNGBuilder(
      width: 19, height: 11, bitDepth: 8, colourType: 6, isInterlaced: true,
      values: (0..<19 * 11 * 4).map { _ in Int.random(in: 0...255, using: &generator) },
      before: [.init(name: "tEXt", contents: Array("hypermarch\0{}".utf8))])
  }

  @Test("every beginning of a picture is refused")
  func prefixes() {
    let bytes = Self.whole().bytes
    #expect((1...4096).contains(bytes.count))
    var failures = 0
    for count in bytes.indices
    where (try? PNGFile.decode(Array(bytes[..<count]), path: "a.png")) != nil {
      Issue.record("the first \(count) bytes are read")
      failures += 1
    }
    Robustness.record("every prefix: PNG", cases: bytes.count, failures: failures)
  }

  @Test("a flipped bit is refused or leaves the pixels as they were")
  func bitFlips() throws {
    var bytes = Self.whole().bytes
    let original = try PNGFile.decode(bytes, path: "a.png").image
    // Signature and header, then bits of the rest.
    let header = 0..<8 * 33
    var generator = TestGenerator(state: 13)
    let rest = (0..<Robustness.cases(quick: 500, all: 10_000)).map { _ in
      Int.random(in: 8 * 33..<8 * bytes.count, using: &generator)
    }
    var failures = 0
    for bit in Array(header) + rest {
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      if let image = try? PNGFile.decode(bytes, path: "a.png").image, image != original {
        Issue.record("bit \(bit % 8) of byte \(bit / 8) gives another picture")
        failures += 1
      }
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    Robustness.record("flipped bits: PNG", cases: header.count + rest.count, failures: failures)
  }

  @Test("a picture takes no more than its file and the limit, however well it is compressed")
  func memoryLimit() throws {
    let file = PNGBuilder(
      width: 8, height: 4, colourType: 6, values: Array(repeating: 7, count: 128))
    let (bytes, byteCount) = (file.bytes, 128 * 5)
    #expect(throws: Never.self) {
      try PNGFile.decode(bytes, path: "a.png", memoryLimit: byteCount - bytes.count)
    }
    #expect(
      throws: PNGError.tooMuchMemory(
        path: "a.png", width: 8, height: 4, byteCount: byteCount, limit: byteCount - 1)
    ) {
      try PNGFile.decode(bytes, path: "a.png", memoryLimit: byteCount - 1 - bytes.count)
    }
    #expect(
      PNGError.tooMuchMemory(path: "a", width: 2, height: 3, byteCount: 9 << 20, limit: 4 << 20)
        .description == "a: found 2×3 pixels, which take 9 MiB, expected at most 4 MiB for a file "
        + "of this size: make the picture smaller")
  }

  /// The processor time that this thread has taken, seconds.
  private static func threadSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  @Test(
    "sizes that no picture has, or none that is read, are refused at once",
    arguments: [
      (0, 5), (5, 0), (0xFFFF_FFFF, 5), (65_536, 65_536), (1, 65_536), (65_536, 64),
      (16_384, 16_384),
      (16_384, 4096),
    ] as [(UInt32, UInt32)])
  func sizes(width: UInt32, height: UInt32) {
    let header = PNGBuilder.Chunk(
      name: "IHDR", contents: bigEndian(width) + bigEndian(height) + [8, 6, 0, 0, 0])
    let bytes = PNGBuilder.file([
      header, .init(name: "IDAT", contents: [UInt8](repeating: 0, count: 400_000)),
      .init(name: "IEND", contents: []),
    ])
    // Of this thread alone, however busy the machine is.
    let start = Self.threadSeconds()
    let error = #expect(throws: PNGError.self) { try PNGFile.decode(bytes, path: "a.png") }
    let isFast = Self.threadSeconds() - start < 0.1
    #expect(isFast)
    Robustness.record(
      "sizes in a PNG's header", cases: 1, failures: error != nil && isFast ? 0 : 1)
  }

  @Test("the stored samples are the picture's", arguments: [8, 16])
  func stored(bitDepth: Int) throws {
    let image = Image(
      width: 3, height: 2, channelCount: 4, samples: (0..<24).map { Float($0) / 23 })
    try withTemporaryFolder { folder in
      try PNGFile.write(image, to: "\(folder)/a.png", bitDepth: bitDepth)
      let stored = try PNGFile.readStored("\(folder)/a.png")
      let read = try PNGFile.read("\(folder)/a.png")
      #expect(stored.image == read)
      #expect(
        stored.bytes == stored.image.samples.map { UInt8(($0 * 255).rounded()) })
      let (width, height) = try PNGFile.size(of: "\(folder)/a.png")
      #expect(width == 3 && height == 2)
    }
  }
}
