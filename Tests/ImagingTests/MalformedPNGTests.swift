import Files
import Imaging
import TestSupport
import Testing

@Suite("Malformed PNG")
struct MalformedPNGTests {
  typealias Chunk = PNGBuilder.Chunk

  /// A whole picture of 2×2 bytes; the rows of the table break it.
  static let whole = PNGBuilder(width: 2, height: 2, values: [1, 2, 3, 4])

  static let end = Chunk(name: "IEND", contents: [])

  /// A file that is not a PNG, and what it is refused as; the paths are placeholders.
  static let cases: [(name: String, bytes: [UInt8], expected: PNGError)] = [
    ("empty", [], .empty(path: "")),
    ("one byte", [0x41], .notPNG(path: "")),
    ("JPEG", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 0x4A, 0x46, 0x49, 0x46], .notPNG(path: "")),
    ("text", Array("a car, seen from the left".utf8), .notPNG(path: "")),
    (
      "line ends changed in transfer",
      [0x89, 0x50, 0x4E, 0x47, 0x0A, 0x1A, 0x0A] + whole.bytes[8...], .notPNG(path: "")
    ),
    (
      "signature cut short", Array(whole.bytes[..<5]),
      malformed("found its end at byte 5, expected 8 bytes of signature")
    ),
    (
      "signature only", PNGBuilder.signature,
      malformed("found its end at byte 8, expected a chunk at 8")
    ),
    (
      "no header", PNGBuilder.file([whole.pixels, end]),
      malformed("found chunk IDAT at byte 8, expected IHDR")
    ),
    (
      "end only", PNGBuilder.file([end]), malformed("found chunk IEND at byte 8, expected IHDR")
    ),
    (
      "no end", PNGBuilder.file([whole.header, whole.pixels]),
      malformed("found its end at byte 62, expected a chunk at 62")
    ),
    (
      "no pixels", PNGBuilder.file([whole.header, end]),
      malformed("found 0 bytes of pixels, too few for 2×2")
    ),
    (
      "header too short",
      PNGBuilder.file([Chunk(name: "IHDR", contents: [0, 0, 0, 1]), whole.pixels, end]),
      malformed("found chunk IHDR of 4 bytes at byte 8, expected 13")
    ),
    (
      "end with contents",
      PNGBuilder.file([whole.header, whole.pixels, Chunk(name: "IEND", contents: [0])]),
      malformed("found chunk IEND of 1 bytes at byte 62, expected 0")
    ),
    (
      "a colour chunk without contents",
      PNGBuilder.file([whole.header, Chunk(name: "gAMA", contents: []), whole.pixels, end]),
      malformed("found chunk gAMA of 0 bytes at byte 33, expected 4")
    ),
    (
      "a chunk name of digits",
      PNGBuilder.file([whole.header, Chunk(name: "1234", contents: []), whole.pixels, end]),
      malformed("found a chunk without a name at byte 33, expected four letters")
    ),
    (
      "a chunk longer than the file",
      PNGBuilder.file([whole.header]) + [0x7F, 0xFF, 0xFF, 0xFF] + Array("IDAT".utf8)
        + [0, 0, 0, 0, 0],
      malformed("found 13 bytes from chunk IDAT at byte 33 on, expected at least 2147483659")
    ),
    ("width 0", header(0, 5), malformed("found a size of 0×5, expected 1…2147483647 each")),
    ("height 0", header(5, 0), malformed("found a size of 5×0, expected 1…2147483647 each")),
    (
      "width −1", header(0xFFFF_FFFF, 1),
      malformed("found a size of 4294967295×1, expected 1…2147483647 each")
    ),
    (
      "3 bits", header(2, 2, bitDepth: 3),
      malformed("found colour type 0 with 3 bits, expected one of the format's")
    ),
    (
      "colour type 5", header(2, 2, colourType: 5),
      malformed("found colour type 5 with 8 bits, expected one of the format's")
    ),
    (
      "a palette of 16 bits", header(2, 2, bitDepth: 16, colourType: 3),
      malformed("found colour type 3 with 16 bits, expected one of the format's")
    ),
    (
      "wider than the limit", header(16_385, 1),
      .tooLarge(path: "", width: 16_385, height: 1, limit: 16_384)
    ),
    (
      "higher than the limit", header(1, 65_536),
      .tooLarge(path: "", width: 1, height: 65_536, limit: 16_384)
    ),
    (
      "as large as the format allows",
      header(0x7FFF_FFFF, 0x7FFF_FFFF, bitDepth: 16, colourType: 6),
      .tooLarge(path: "", width: 0x7FFF_FFFF, height: 0x7FFF_FFFF, limit: 16_384)
    ),
    (
      "too many pixels", header(16_384, 16_384),
      .tooManyPixels(path: "", width: 16_384, height: 16_384, limit: 1 << 26)
    ),
    (
      "more pixels than the bytes can hold", header(8192, 8192, colourType: 6),
      malformed("found 17 bytes of pixels, too few for 8192×8192")
    ),
  ]

  @Test("a broken file is refused as what it is", arguments: cases.indices)
  func table(row: Int) throws {
    let (name, bytes, expected) = MalformedPNGTests.cases[row]
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      try FileWriter.write(bytes, to: path, overwriting: false)
      #expect(throws: expected.moved(to: path), "\(name)") { try PNGFile.read(path) }
      #expect(throws: expected.moved(to: path), "\(name)") { try PNGFile.readWithText(path) }
    }
  }

  /// Files whose chunks are in order and whose contents are not.
  static let brokenContents: [(name: String, bytes: [UInt8])] = [
    ("pixels too short", with(pixels: zlibStream([0, 1, 2, 0, 3]))),
    ("pixels too long", with(pixels: zlibStream([0, 1, 2, 0, 3, 4, 5]))),
    ("pixels without compression", with(pixels: [0, 1, 2, 0, 3, 4])),
    ("a filter that does not exist", with(pixels: zlibStream([9, 1, 2, 0, 3, 4]))),
    ("a wrong check sum of the stream", with(pixels: whole.pixels.contents.dropLast() + [0])),
    ("bytes after the stream", with(pixels: whole.pixels.contents + [0, 0])),
    ("two headers", PNGBuilder.file([whole.header, whole.header, whole.pixels, end])),
    (
      "pixels in two places",
      PNGBuilder.file([
        whole.header, Chunk(name: "IDAT", contents: Array(whole.pixels.contents[..<5])),
        Chunk(name: "prVt", contents: []),
        Chunk(name: "IDAT", contents: Array(whole.pixels.contents[5...])), end,
      ])
    ),
    (
      "a critical chunk of another format",
      PNGBuilder.file([whole.header, Chunk(name: "CgBI", contents: [1]), whole.pixels, end])
    ),
    (
      "a palette picture without a palette",
      PNGBuilder(width: 2, height: 2, colourType: 3, values: [0, 0, 0, 0]).bytes
    ),
    (
      "a palette of a colour and a half",
      PNGBuilder(
        width: 2, height: 2, colourType: 3, values: [0, 0, 0, 0],
        before: [Chunk(name: "PLTE", contents: [1, 2, 3, 4])]
      ).bytes
    ),
    (
      "transparency of another colour type",
      PNGBuilder(
        width: 1, height: 1, colourType: 6, values: [1, 2, 3, 4],
        before: [Chunk(name: "tRNS", contents: [0, 1])]
      ).bytes
    ),
  ]

  @Test("contents against the format are refused", arguments: brokenContents.indices)
  func contents(row: Int) throws {
    let (name, bytes) = MalformedPNGTests.brokenContents[row]
    let error = #expect(throws: PNGError.self, "\(name)") {
      try PNGFile.decode(bytes, path: "a.png", readsText: false)
    }
    // The words are the decoder library's, and differ from version to version.
    guard case .malformed("a.png", let reason) = error, !reason.isEmpty else {
      Issue.record("\(name): found \(String(describing: error)), expected a reason")
      return
    }
  }

  @Test("a text that is not in its encoding is refused where texts are read")
  func brokenText() throws {
    var file = MalformedPNGTests.whole
    file.before = [Chunk(name: "iTXt", contents: Array("a\0\0\0\0\0".utf8) + [0xC3, 0x28])]
    let reason = "found a text that is not UTF-8 in chunk iTXt"
    #expect(throws: PNGError.malformed(path: "a.png", reason: reason)) {
      try PNGFile.decode(file.bytes, path: "a.png")
    }
    #expect(try PNGFile.decode(file.bytes, path: "a.png", readsText: false).text.isEmpty)
  }

  @Test("a limit of the caller's own is kept, and a picture at the limit is read")
  func ownLimits() throws {
    let file = PNGBuilder(width: 7, height: 3, values: Array(repeating: 0, count: 21))
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      try FileWriter.write(file.bytes, to: path, overwriting: false)
      #expect(try PNGFile.read(path, sizeLimit: 7, pixelLimit: 21).width == 7)
      #expect(throws: PNGError.tooLarge(path: path, width: 7, height: 3, limit: 6)) {
        try PNGFile.read(path, sizeLimit: 6)
      }
      #expect(throws: PNGError.tooManyPixels(path: path, width: 7, height: 3, limit: 20)) {
        try PNGFile.read(path, pixelLimit: 20)
      }
    }
  }

  @Test("every file cut short is refused", arguments: [false, true])
  func truncation(isWritten: Bool) throws {
    let bytes = try isWritten ? writtenFile() : fileOfManyChunks.bytes
    for count in bytes.indices {
      let error = #expect(throws: PNGError.self, "cut at \(count)") {
        try PNGFile.decode(Array(bytes[..<count]), path: "a.png")
      }
      let isAsExpected =
        switch error {
        case .empty: count == 0
        case .malformed: count > 0
        default: false
        }
      #expect(isAsExpected, "cut at \(count): found \(String(describing: error))")
    }
  }

  @Test("every flipped bit is noticed, also where no text is read", arguments: [false, true])
  func bitFlips(isWritten: Bool) throws {
    let bytes = try isWritten ? writtenFile() : fileOfManyChunks.bytes
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: PNGError.self, "bit \(bit % 8) of byte \(bit / 8)") {
        try PNGFile.decode(flipped, path: "a.png", readsText: false)
      }
    }
  }

  @Test("a path that leads to no file is refused as what it is")
  func paths() throws {
    try withTemporaryFolder { folder in
      #expect(throws: PNGError.file(.missing(path: "\(folder)/a.png"))) {
        try PNGFile.read("\(folder)/a.png")
      }
      #expect(throws: PNGError.file(.notAFile(path: folder))) { try PNGFile.read(folder) }
    }
  }

  @Test(
    "a description is one line with the path, what was found and what was expected",
    arguments: [
      (PNGError.file(.missing(path: "a")), "a: found nothing there, expected a file"),
      (.empty(path: "a"), "a: found an empty file, expected a PNG picture"),
      (
        .notPNG(path: "a\n"), "a\\u{a}: found no PNG signature at its start, expected a PNG picture"
      ),
      (
        .malformed(path: "a", reason: "b\nc"),
        "a: found a broken PNG picture, expected a whole one: b\\u{a}c"
      ),
      (
        .tooLarge(path: "a", width: 5, height: 6, limit: 4),
        "a: found 5×6 pixels, expected at most 4×4"
      ),
      (
        .tooManyPixels(path: "a", width: 5, height: 6, limit: 4),
        "a: found 5×6 pixels, expected at most 4 in all"
      ),
    ])
  func description(error: PNGError, expected: String) {
    #expect(error.description == expected)
  }

  private static func malformed(_ reason: String) -> PNGError {
    .malformed(path: "", reason: reason)
  }

  /// A file with this header, and pixels that do not belong to it.
  private static func header(
    _ width: UInt32, _ height: UInt32, bitDepth: UInt8 = 8, colourType: UInt8 = 0
  ) -> [UInt8] {
    let contents = bigEndian(width) + bigEndian(height) + [bitDepth, colourType, 0, 0, 0]
    return PNGBuilder.file([Chunk(name: "IHDR", contents: contents), whole.pixels, end])
  }

  private static func with(pixels: [UInt8]) -> [UInt8] {
    PNGBuilder.file([whole.header, Chunk(name: "IDAT", contents: pixels), end])
  }

  /// An interlaced palette picture with transparency, text and pixels in two chunks.
  private var fileOfManyChunks: PNGBuilder {
    PNGBuilder(
      width: 5, height: 3, bitDepth: 2, colourType: 3, isInterlaced: true,
      values: [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2],
      before: [
        Chunk(name: "PLTE", contents: [0, 1, 2, 50, 51, 52, 100, 101, 102, 150, 151, 152]),
        Chunk(name: "tRNS", contents: [0, 128]),
        Chunk(name: "tEXt", contents: Array("a\0b".utf8)),
      ],
      after: [Chunk(name: "iTXt", contents: Array("hypermarch\0\0\0\0\0½".utf8))])
  }

  /// A small file as the package writes it.
  private func writtenFile() throws -> [UInt8] {
    try withTemporaryFolder { folder in
      let image = Image(
        width: 4, height: 4, channelCount: 3, samples: (0..<48).map { Float($0 * 5 % 48) / 47 })
      let text = [PNGTextEntry(keyword: "hypermarch", text: "½")]
      try PNGFile.write(image, to: "\(folder)/a.png", bitDepth: 16, text: text)
      return try FileReader.bytes(at: "\(folder)/a.png", limit: 4096)
    }
  }
}

extension PNGError {
  /// The same error about another path, for tables that cannot know the temporary folder.
  fileprivate func moved(to path: String) -> PNGError {
    switch self {
    case .file(let error): .file(error)
    case .empty: .empty(path: path)
    case .notPNG: .notPNG(path: path)
    case .malformed(_, let reason): .malformed(path: path, reason: reason)
    case .tooLarge(_, let width, let height, let limit):
      .tooLarge(path: path, width: width, height: height, limit: limit)
    case .tooManyPixels(_, let width, let height, let limit):
      .tooManyPixels(path: path, width: width, height: height, limit: limit)
    case .tooMuchMemory(_, let width, let height, let byteCount, let limit):
      .tooMuchMemory(path: path, width: width, height: height, byteCount: byteCount, limit: limit)
    case .interlaced(_, let width, let height, let byteCount, let limit):
      .interlaced(path: path, width: width, height: height, byteCount: byteCount, limit: limit)
    }
  }
}
