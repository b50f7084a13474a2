import Files
import Imaging
import TestSupport
import Testing

@Suite("PNG chunks") struct PNGChunkListTests {
  @Test(
    "a text is found without decoding, plain or Unicode, and others are not taken for it",
    arguments: ["plain text", "Ümläute — 駿", ""])
  func text(text: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/p.png"
      try PNGFile.write(
        Image(width: 2, height: 2, channelCount: 3), to: path,
        text: [
          PNGTextEntry(keyword: "hypermarch_sequence", text: "other"),
          PNGTextEntry(keyword: "hypermarch", text: text),
        ])
      let list = try PNGChunkList(reading: path)
      #expect(list.text("hypermarch") == text)
      #expect(list.text("hyper") == nil && list.text("Comment") == nil)
      #expect(list.chunks.first?.name == "IHDR" && list.chunks.last?.name == "IEND")
    }
  }

  @Test("a file that is cut short is refused at every length") func truncation() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/p.png"
      try PNGFile.write(Image(width: 2, height: 2, channelCount: 3), to: path)
      let bytes = try FileReader.bytes(at: path, limit: 10_000)
      for length in bytes.indices {
        try FileWriter.write(Array(bytes[..<length]), to: path, overwriting: true)
        #expect(throws: PNGError.self) { try PNGChunkList(reading: path) }
      }
    }
  }
}
