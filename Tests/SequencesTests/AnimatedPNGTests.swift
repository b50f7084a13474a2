import Files
import Imaging
import Sequences
import TestSupport
import Testing

@Suite("Animated PNG") struct AnimatedPNGTests {
  private func frames(_ folder: String, widths: [Int]) throws -> [PNGChunkList] {
    try widths.enumerated().map { index, width in
      let path = "\(folder)/\(index).png"
      try PNGFile.write(
        Image(width: width, height: 2, channelCount: 3, repeating: Float(index) / 5), to: path)
      return try PNGChunkList(reading: path)
    }
  }

  /// A number of some bytes, the highest first.
  private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  @Test(
    "frames follow each other with their numbers, delays and pixels unchanged",
    arguments: [(24.0, 1, 24), (12.5, 80, 1000), (59.94, 60, 3596)])
  func structure(framesPerSecond: Double, numerator: Int, denominator: Int) throws {
    try withTemporaryFolder { folder in
      let frames = try frames(folder, widths: [3, 3, 3])
      var builder = AnimatedPNG.Builder(frameCount: 3, framesPerSecond: framesPerSecond)
      for frame in frames { try builder.append(frame) }
      let path = "\(folder)/a.png"
      let bytes = builder.bytes(text: [PNGTextEntry(keyword: "Software", text: "x")])
      #expect(try PNGFile.decode(bytes, path: path).image == PNGFile.read("\(folder)/0.png"))
      try FileWriter.write(bytes, to: path, overwriting: false)
      let chunks = try PNGChunkList(reading: path)
      #expect(
        chunks.chunks.map(\.name) == [
          "IHDR", "acTL", "tEXt", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND",
        ])
      let numbered = chunks.chunks.filter { $0.name == "fcTL" || $0.name == "fdAT" }
      #expect(numbered.map { number(chunks.bytes[$0.range].prefix(4)) } == [0, 1, 2, 3, 4])
      let control = chunks.bytes[numbered[0].range]
      #expect(number(control.dropFirst(4).prefix(4)) == 3)
      #expect(number(control.dropFirst(20).prefix(2)) == numerator)
      #expect(number(control.dropFirst(22).prefix(2)) == denominator)
      // The second frame's pixels, after the chunk's number.
      let own = frames[1].chunks.first { $0.name == "IDAT" }
      let pixels = try #require(own).range
      #expect(
        Array(chunks.bytes[numbered[2].range].dropFirst(4)) == Array(frames[1].bytes[pixels]))
    }
  }

  @Test("frames of different sizes make no animation") func otherShape() throws {
    try withTemporaryFolder { folder in
      let frames = try frames(folder, widths: [3, 4])
      var builder = AnimatedPNG.Builder(frameCount: 2, framesPerSecond: 1)
      try builder.append(frames[0])
      #expect(throws: AnimatedPNG.Failure.otherShape(frame: 1)) { try builder.append(frames[1]) }
    }
  }

  @Test(
    "a sheet shows each of some pictures once, the first and the last included",
    arguments: [1, 2, 7, 48, 49, 1000])
  func sheet(count: Int) {
    let places = ContactSheet.places(of: count)
    #expect(places.first == 0 && places.last == count - 1 && places.count == min(count, 48))
    #expect(zip(places, places.dropFirst()).allSatisfy { $0 < $1 })
    let pictures = places.map { _ in Image(width: 4, height: 3, channelCount: 1) }
    let sheet = ContactSheet.sheet(of: pictures)
    let black = stride(from: 0, to: sheet.samples.count, by: 3).count { sheet.samples[$0] == 0 }
    #expect(black == places.count * 12)
  }
}
