import Checkpoints
import Testing

@Suite("CRC-32")
struct CRC32Tests {
  @Test(
    "known texts have their published checksums",
    arguments: [
      ("", UInt32(0)), ("a", 0xE8B7_BE43), ("123456789", 0xCBF4_3926),
      ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
    ])
  func knownTexts(text: String, expected: UInt32) {
    #expect(CRC32.checksum(of: Array(text.utf8).span) == expected)
  }

  @Test("adding in two parts is adding at once", arguments: [0, 1, 100, 255, 256])
  func parts(split: Int) {
    let bytes = (0...255).map { UInt8($0) }
    var checksum = CRC32()
    checksum.update(Array(bytes[..<split]).span)
    checksum.update(Array(bytes[split...]).span)
    #expect(checksum.value == CRC32.checksum(of: bytes.span))
  }
}
