import Imaging
import Testing

@Suite("PNG decoding")
struct PNGDecodingTests {
  /// Every combination of colour type and bit depth without a palette.
  static let plainFormats = [
    (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16),
  ]

  @Test(
    "every colour type and depth decodes to the stored numbers over the greatest one",
    arguments: plainFormats, [(1, 1), (13, 9), (8, 8), (3, 17)])
  func formats(format: (colourType: Int, bitDepth: Int), size: (Int, Int)) throws {
    for isInterlaced in [false, true] {
      let file = random(format.colourType, format.bitDepth, size, isInterlaced: isInterlaced)
      let greatest = Float(1 << format.bitDepth - 1)
      let expected = Image(
        width: size.0, height: size.1, channelCount: file.channelCount,
        samples: file.values.map { Float($0) / greatest })
      let (image, _, bitDepth) = try read(file.bytes)
      #expect(image == expected, "interlaced: \(isInterlaced)")
      #expect(bitDepth == format.bitDepth)
    }
  }

  @Test(
    "palettes decode to their colours, and to alpha where they have it", arguments: [1, 2, 4, 8])
  func palettes(bitDepth: Int) throws {
    let colours = (0..<1 << bitDepth).map { index in
      [index * 7 % 256, 255 - index, index * index % 256]
    }
    // The format lets the transparency be shorter than the palette; the rest is opaque.
    let alphas = (0..<max(1, colours.count / 2)).map { $0 * 3 % 256 }
    for (isInterlaced, hasAlpha) in [(false, false), (true, false), (false, true), (true, true)] {
      var file = random(3, bitDepth, (13, 9), isInterlaced: isInterlaced)
      file.before = [.init(name: "PLTE", contents: colours.joined().map { UInt8($0) })]
      if hasAlpha { file.before.append(.init(name: "tRNS", contents: alphas.map { UInt8($0) })) }
      let expected = file.values.flatMap { index -> [Float] in
        let alpha = index < alphas.count ? alphas[index] : 255
        return (colours[index] + (hasAlpha ? [alpha] : [])).map { Float($0) / 255 }
      }
      let (image, _, readBitDepth) = try read(file.bytes)
      #expect(image.channelCount == (hasAlpha ? 4 : 3))
      #expect(image.samples == expected, "interlaced: \(isInterlaced), alpha: \(hasAlpha)")
      #expect(readBitDepth == bitDepth)
    }
  }

  @Test(
    "a transparent colour becomes alpha 0 exactly where all its numbers are met",
    arguments: [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)])
  func transparentColour(colourType: Int, bitDepth: Int) throws {
    var file = random(colourType, bitDepth, (13, 9), isInterlaced: false)
    let channelCount = file.channelCount
    let transparent = Array(file.values[0..<channelCount])
    // A neighbour that differs in the last channel's lowest bit stays opaque.
    file.values[channelCount..<2 * channelCount] = file.values[0..<channelCount]
    file.values[2 * channelCount - 1] ^= 1
    file.before = [
      .init(
        name: "tRNS", contents: transparent.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
    ]
    let greatest = Float(1 << bitDepth - 1)
    let expected = stride(from: 0, to: file.values.count, by: channelCount).flatMap { start in
      let pixel = Array(file.values[start..<start + channelCount])
      return pixel.map { Float($0) / greatest } + [pixel == transparent ? 0 : 1]
    }
    let image = try read(file.bytes).image
    #expect(image.channelCount == channelCount + 1)
    #expect(image.samples == expected)
    #expect(image.samples[2 * channelCount + 1] == 1)
  }

  @Test("chunks that are not pixels, transparency or text change nothing")
  func ancillaryChunks() throws {
    var file = random(2, 8, (5, 4), isInterlaced: false)
    let plain = try read(file.bytes).image
    file.before = [
      .init(name: "gAMA", contents: bigEndian(220_000)),
      .init(name: "sRGB", contents: [3]),
      .init(name: "bKGD", contents: [0, 1, 0, 2, 0, 3]),
      .init(name: "iCCP", contents: Array("broken".utf8)),
      .init(name: "prVt", contents: [UInt8](repeating: 9, count: 1000)),
    ]
    file.after = [.init(name: "eXIf", contents: [1, 2, 3]), .init(name: "zzZz", contents: [])]
    let (image, text, _) = try read(file.bytes)
    #expect(image == plain)
    #expect(text.isEmpty)
    #expect(try read(file.bytes + Array("bytes after the end".utf8)).image == plain)
  }

  @Test("a pixel beyond the palette is black")
  func pixelBeyondPalette() throws {
    var file = PNGBuilder(width: 2, height: 1, colourType: 3, values: [0, 200])
    file.before = [.init(name: "PLTE", contents: [255, 0, 255])]
    #expect(try read(file.bytes).image.samples == [1, 0, 1, 0, 0, 0])
  }

  @Test("pixels in any number of chunks are one stream")
  func splitPixels() throws {
    let file = random(6, 8, (5, 4), isInterlaced: true)
    let stream = file.pixels.contents
    let pieces = stream.map { PNGBuilder.Chunk(name: "IDAT", contents: [$0]) }
    let bytes = PNGBuilder.file([file.header] + pieces + [.init(name: "IEND", contents: [])])
    #expect(try read(bytes).image == read(file.bytes).image)
  }

  @Test("texts are read before and after the pixels, Latin-1 and UTF-8")
  func texts() throws {
    var file = random(0, 8, (2, 2), isInterlaced: false)
    let stream = zlibStream(Array("compressed Ω".utf8))
    file.before = [.init(name: "tEXt", contents: Array("Comment".utf8) + [0, 0x4B, 0xE4, 0xFF])]
    file.after = [
      .init(name: "iTXt", contents: Array("hypermarch\0\0\0de\0\0Köln".utf8)),
      .init(name: "iTXt", contents: Array("packed\0\u{1}\0\0\0".utf8) + stream),
    ]
    #expect(
      try read(file.bytes).text == [
        PNGTextEntry(keyword: "Comment", text: "Käÿ"),
        PNGTextEntry(keyword: "hypermarch", text: "Köln"),
        PNGTextEntry(keyword: "packed", text: "compressed Ω"),
      ])
  }

  /// A file of random stored numbers.
  private func random(
    _ colourType: Int, _ bitDepth: Int, _ size: (Int, Int), isInterlaced: Bool
  ) -> PNGBuilder {
    var file = PNGBuilder(
      width: size.0, height: size.1, bitDepth: bitDepth, colourType: colourType,
      isInterlaced: isInterlaced, values: [])
    var generator = TestGenerator(state: 7)
    file.values = (0..<size.0 * size.1 * file.channelCount).map { _ in
      Int.random(in: 0..<1 << bitDepth, using: &generator)
    }
    return file
  }

  private func read(
    _ bytes: [UInt8]
  ) throws -> (image: Image, text: [PNGTextEntry], bitDepth: Int) {
    let result = try PNGFile.decode(bytes, path: "a.png")
    #expect(try PNGFile.decode(bytes, path: "a.png", readsText: false).image == result.image)
    return result
  }
}
