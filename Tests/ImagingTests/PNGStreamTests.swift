import Files
import Imaging
import TestSupport
import Testing

@Suite("PNG stream")
struct PNGStreamTests {
  /// A picture of 7×12 pixels.
  static func picture(channelCount: Int = 3) -> Image {
    var generator = TestGenerator(state: 1)
    return Image(
      width: 7, height: 12, channelCount: channelCount,
      samples: (0..<7 * 12 * channelCount).map { _ in Float.random(in: 0...1, using: &generator) })
  }

  static func rows(_ range: Range<Int>, of image: Image) -> Image {
    let rowLength = image.width * image.channelCount
    return Image(
      width: image.width, height: range.count, channelCount: image.channelCount,
      samples: Array(image.samples[range.lowerBound * rowLength..<range.upperBound * rowLength]))
  }

  static func stream(_ path: String, height: Int = 12) throws -> PNGStream {
    try PNGStream(path, width: 7, height: height, channelCount: 3)
  }

  static func failure(_ path: String, _ reason: String) -> PNGError {
    .file(.writeFailed(path: path, reason: reason))
  }

  @Test(
    "rows that come in any pieces are the same bytes as the whole picture at once",
    arguments: [1, 2, 3, 4], [8, 16])
  func pieces(channelCount: Int, bitDepth: Int) throws {
    try withTemporaryFolder { folder in
      let image = Self.picture(channelCount: channelCount)
      let text = [PNGTextEntry(keyword: "depth_scale", text: "100")]
      try PNGFile.write(image, to: "\(folder)/whole.png", bitDepth: bitDepth, text: text)
      let expected = try FileReader.bytes(at: "\(folder)/whole.png", limit: 1 << 20)
      for (index, ends) in [[12], [1, 12], [5, 6, 12], Array(1...12)].enumerated() {
        let path = "\(folder)/\(index).png"
        let stream = try PNGStream(
          path, width: 7, height: 12, channelCount: channelCount, bitDepth: bitDepth, text: text)
        for (start, end) in zip([0] + ends, ends) {
          #expect(stream.missingRowCount == 12 - start)
          try stream.append(Self.rows(start..<end, of: image))
        }
        try PNGStream.publish([stream])
        #expect(try FileReader.bytes(at: path, limit: 1 << 20) == expected)
      }
    }
  }

  @Test("a file has no name before it is published")
  func name() throws {
    try withTemporaryFolder { folder in
      let stream = try Self.stream("\(folder)/a.png")
      try stream.append(Self.picture())
      #expect(try names(in: folder).filter { !$0.hasPrefix(".a.png.tmp-") } == [])
      try PNGStream.publish([stream])
      #expect(try names(in: folder) == ["a.png"])
    }
  }

  @Test("a stream that is given up leaves nothing, and the file it would have replaced")
  func givenUp() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      try FileWriter.write([1, 2, 3], to: path, overwriting: false)
      do {
        let stream = try PNGStream(
          path, width: 7, height: 12, channelCount: 3, overwriting: true)
        try stream.append(Self.rows(0..<5, of: Self.picture()))
      }
      #expect(try names(in: folder) == ["a.png"])
      #expect(try FileReader.bytes(at: path, limit: 10) == [1, 2, 3])
    }
  }

  @Test("missing rows are an error, and nothing is left", arguments: [0, 1, 11])
  func missingRows(count: Int) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      do {
        let stream = try Self.stream(path)
        if count > 0 { try stream.append(Self.rows(0..<count, of: Self.picture())) }
        #expect(throws: Self.failure(path, "found \(count) rows, expected 12")) {
          try PNGStream.publish([stream])
        }
      }
      #expect(try names(in: folder).isEmpty)
    }
  }

  @Test("rows beyond the last are an error, and nothing is left")
  func tooManyRows() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      do {
        let stream = try Self.stream(path, height: 3)
        try stream.append(Self.rows(0..<2, of: Self.picture()))
        #expect(throws: Self.failure(path, "found 4 rows, expected 3")) {
          try stream.append(Self.rows(2..<4, of: Self.picture()))
        }
      }
      #expect(try names(in: folder).isEmpty)
    }
  }

  @Test("of several files none gets its name while rows of one are missing")
  func together() throws {
    try withTemporaryFolder { folder in
      do {
        let streams = try ["a", "b", "c"].map { try Self.stream("\(folder)/\($0).png") }
        for stream in streams { try stream.append(Self.rows(0..<6, of: Self.picture())) }
        for stream in streams.dropLast() {
          try stream.append(Self.rows(6..<12, of: Self.picture()))
        }
        #expect(throws: Self.failure("\(folder)/c.png", "found 6 rows, expected 12")) {
          try PNGStream.publish(streams)
        }
        #expect(try names(in: folder).allSatisfy { $0.contains(".tmp-") })
      }
      #expect(try names(in: folder).isEmpty)

      let streams = try ["a", "b", "c"].map { try Self.stream("\(folder)/\($0).png") }
      for stream in streams { try stream.append(Self.picture()) }
      try PNGStream.publish(streams)
      #expect(try names(in: folder) == ["a.png", "b.png", "c.png"])
    }
  }

  @Test("a name that is taken meanwhile is not taken over")
  func takenName() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      do {
        let stream = try Self.stream(path)
        try stream.append(Self.picture())
        try FileWriter.write([1], to: path, overwriting: false)
        #expect(throws: PNGError.file(.alreadyExists(path: path))) {
          try PNGStream.publish([stream])
        }
      }
      #expect(try FileReader.bytes(at: path, limit: 10) == [1])
      #expect(try names(in: folder) == ["a.png"])
    }
  }
}
