import Files
import Imaging
import TestSupport
import Testing

@Suite("PNG file")
struct PNGFileTests {
  static let sizes = [(1, 1), (3, 5), (255, 1), (1, 255), (17, 13)]

  @Test(
    "what is written is read: every stored number comes back",
    arguments: sizes, [(1, 8), (2, 8), (3, 8), (4, 8), (1, 16), (2, 16), (3, 16), (4, 16)])
  func roundTrip(size: (Int, Int), format: (channelCount: Int, bitDepth: Int)) throws {
    try withTemporaryFolder { folder in
      let image = randomImage(size, format.channelCount, bitDepth: format.bitDepth, seed: 1)
      try PNGFile.write(image, to: "\(folder)/a.png", bitDepth: format.bitDepth)
      let (read, text, bitDepth) = try PNGFile.readWithText("\(folder)/a.png")
      #expect(read == image)
      #expect(text.isEmpty)
      #expect(bitDepth == format.bitDepth)
      #expect(try PNGFile.read("\(folder)/a.png") == image)
    }
  }

  @Test("all 256 and all 65536 levels are kept apart", arguments: [8, 16])
  func levels(bitDepth: Int) throws {
    try withTemporaryFolder { folder in
      let greatest = 1 << bitDepth - 1
      let image = Image(
        width: 256, height: (greatest + 1) / 256, channelCount: 1,
        samples: (0...greatest).map { Float($0) / Float(greatest) })
      try PNGFile.write(image, to: "\(folder)/a.png", bitDepth: bitDepth)
      #expect(try PNGFile.read("\(folder)/a.png") == image)
    }
  }

  @Test(
    "samples are clamped, halves rounded up, and what is not finite becomes 0",
    arguments: [
      (Float(-0.5), 0, 0), (1.5, 255, 65_535), (0.5, 128, 32_768), (0.499 / 255, 0, 128),
      (0.5 / 255, 1, 129), (0.25, 64, 16_384), (0.999, 255, 65_469), (-.zero, 0, 0),
      (.leastNonzeroMagnitude, 0, 0), (.greatestFiniteMagnitude, 255, 65_535),
      (.nan, 0, 0), (.infinity, 0, 0), (-.infinity, 0, 0),
    ])
  func stored(sample: Float, byte: Int, word: Int) throws {
    try withTemporaryFolder { folder in
      let image = Image(width: 1, height: 1, channelCount: 1, samples: [sample])
      for (bitDepth, expected) in [(8, Float(byte) / 255), (16, Float(word) / 65_535)] {
        try PNGFile.write(image, to: "\(folder)/\(bitDepth).png", bitDepth: bitDepth)
        #expect(try PNGFile.read("\(folder)/\(bitDepth).png").samples == [expected])
      }
    }
  }

  @Test("the same picture and texts are the same bytes, with no chunk that tells the time")
  func determinism() throws {
    try withTemporaryFolder { folder in
      let image = randomImage((90, 70), 4, bitDepth: 16, seed: 2)
      let text = [PNGTextEntry(keyword: "hypermarch", text: "{\"seed\": 42}")]
      for name in ["a", "b"] {
        try PNGFile.write(image, to: "\(folder)/\(name).png", bitDepth: 16, text: text)
      }
      let bytes = try FileReader.bytes(at: "\(folder)/a.png", limit: 1 << 20)
      #expect(try FileReader.bytes(at: "\(folder)/b.png", limit: 1 << 20) == bytes)
      #expect(Set(chunkNames(of: bytes)) == ["IHDR", "tEXt", "IDAT", "IEND"])
    }
  }

  @Test("texts come back in order, ASCII from plain chunks and others from international ones")
  func texts() throws {
    try withTemporaryFolder { folder in
      let text = [
        PNGTextEntry(keyword: "hypermarch", text: "{\"scene\": \"car\"}"),
        PNGTextEntry(keyword: "Author", text: "Käthe Ωmega 🚗 e\u{301}"),
        PNGTextEntry(keyword: "a", text: ""),
        PNGTextEntry(keyword: "Two words", text: "two\nlines\ttab"),
        PNGTextEntry(keyword: "Author", text: "again"),
        PNGTextEntry(keyword: String(repeating: "k", count: 79), text: "~"),
        PNGTextEntry(keyword: "long", text: String(repeating: "0123456789", count: 20_000)),
        PNGTextEntry(keyword: "long too", text: String(repeating: "½", count: 100_000)),
      ]
      let image = randomImage((2, 2), 3, bitDepth: 8, seed: 3)
      try PNGFile.write(image, to: "\(folder)/a.png", text: text)
      let read = try PNGFile.readWithText("\(folder)/a.png")
      #expect(read.text == text)
      // Equal strings may differ in how they are composed; a file keeps the scalars.
      #expect(read.text.map { Array($0.text.utf8) } == text.map { Array($0.text.utf8) })
      #expect(read.image == image)
      let names = chunkNames(of: try FileReader.bytes(at: "\(folder)/a.png", limit: 1 << 22))
      #expect(
        names == [
          "IHDR", "tEXt", "iTXt", "tEXt", "tEXt", "tEXt", "tEXt", "tEXt", "iTXt", "IDAT", "IEND",
        ])
    }
  }

  @Test("as many texts as can be written can be read")
  func manyTexts() throws {
    try withTemporaryFolder { folder in
      let text = (0..<32).map { PNGTextEntry(keyword: "key \($0)", text: "text \($0)") }
      let image = Image(width: 1, height: 1, channelCount: 1)
      try PNGFile.write(image, to: "\(folder)/a.png", text: text)
      #expect(try PNGFile.readWithText("\(folder)/a.png").text == text)
    }
  }

  @Test("a file that exists stays byte for byte unless overwriting is asked for")
  func overwriting() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      let first = randomImage((4, 4), 3, bitDepth: 8, seed: 4)
      let second = randomImage((5, 5), 1, bitDepth: 8, seed: 5)
      try PNGFile.write(first, to: path)
      let bytes = try FileReader.bytes(at: path, limit: 1 << 20)
      #expect(throws: PNGError.file(.alreadyExists(path: path))) {
        try PNGFile.write(second, to: path)
      }
      #expect(try FileReader.bytes(at: path, limit: 1 << 20) == bytes)
      try PNGFile.write(second, to: path, overwriting: true)
      #expect(try PNGFile.read(path) == second)
      #expect(try names(in: folder) == ["a.png"])
    }
  }

  @Test("a folder that is not there is an error, and is not made")
  func missingFolder() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let path = "\(folder)/missing/a.png"
      let reason = "found no usable folder \(folder)/missing: No such file or directory"
      #expect(throws: PNGError.file(.cannotCreate(path: path, reason: reason))) {
        try PNGFile.write(Image(width: 1, height: 1, channelCount: 1), to: path)
      }
      #expect(try names(in: folder).isEmpty)
    }
  }

  /// An image of numbers that the bit depth can hold exactly.
  private func randomImage(
    _ size: (Int, Int), _ channelCount: Int, bitDepth: Int, seed: UInt64
  ) -> Image {
    var generator = TestGenerator(state: seed)
    let greatest = 1 << bitDepth - 1
    return Image(
      width: size.0, height: size.1, channelCount: channelCount,
      samples: (0..<size.0 * size.1 * channelCount).map { _ in
        Float(Int.random(in: 0...greatest, using: &generator)) / Float(greatest)
      })
  }

  /// The names of a file's chunks, in order.
  private func chunkNames(of bytes: [UInt8]) -> [String] {
    var names: [String] = []
    var offset = 8
    while offset < bytes.count {
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      names.append(String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self))
      offset += length + 12
    }
    return names
  }
}
