import Checkpoints
import Testing

/// Files whose parts contradict each other, and files that were damaged after they were written.
@Suite("Safetensors: damage")
struct SafetensorsDamageTests {
  private static let path = SafetensorsBytes.path

  /// A file whose entries for tensors stand alone, without checksums.
  private static func file(_ entries: [String], payload byteCount: Int) -> [UInt8] {
    SafetensorsBytes.file(
      "{" + entries.joined(separator: ",") + "}", payload: [UInt8](repeating: 0, count: byteCount))
  }

  private static func entry(
    _ name: String, _ shape: String, _ begin: Int, _ end: Int, type: String = "F32"
  ) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  @Test(
    "a stated header length that cannot be true is refused",
    arguments: [
      ([], SafetensorsError.tooShort(path: path, byteCount: 0)),
      ([2, 0, 0, 0, 0, 0, 0], .tooShort(path: path, byteCount: 7)),
      ([1, 0, 0, 0, 0, 0, 0, 0, 0x7B], .tooShort(path: path, byteCount: 9)),
      (
        SafetensorsBytes.length(0) + Array("{}".utf8),
        .headerLength(path: path, found: 0, limit: 2)
      ),
      (
        SafetensorsBytes.length(1) + Array("{}".utf8),
        .headerLength(path: path, found: 1, limit: 2)
      ),
      (
        SafetensorsBytes.length(3) + Array("{}".utf8),
        .headerLength(path: path, found: 3, limit: 2)
      ),
      (
        SafetensorsBytes.length(.max) + Array("{}".utf8),
        .headerLength(path: path, found: .max, limit: 2)
      ),
      (
        SafetensorsBytes.length(1 << 63) + Array("{}".utf8),
        .headerLength(path: path, found: 1 << 63, limit: 2)
      ),
    ] as [([UInt8], SafetensorsError)])
  func headerLength(bytes: [UInt8], error: SafetensorsError) {
    #expect(throws: error) { try SafetensorsBytes.decode(bytes) }
  }

  @Test(
    "empty tensors, single values and any order of entries are read",
    arguments: [
      file([], payload: 0),
      file([entry("a", "[0]", 0, 0)], payload: 0),
      file([entry("a", "[3,0,2]", 0, 0), entry("b", "[]", 0, 4)], payload: 4),
      file([entry("b", "[1]", 4, 8), entry("a", "[]", 0, 4)], payload: 8),
      file([entry("b", "[1]", 0, 4), entry("z", "[0]", 4, 4)], payload: 4),
      file(
        [entry("b", "[1,1]", 0, 2, type: "BF16"), entry("a", "[3]", 2, 8, type: "F16")], payload: 8),
    ])
  func accepted(bytes: [UInt8]) throws {
    let file = try SafetensorsBytes.decode(bytes)
    #expect(!file.hasChecksums)
    #expect(file.tensors.allSatisfy { $0.values.allSatisfy { $0 == 0 } })
  }

  @Test(
    "ranges that are not the tensors', or do not tile the data, are refused",
    arguments: [
      (
        file([entry("a", "[2]", 0, 8), entry("b", "[2]", 4, 12)], payload: 12),
        SafetensorsError.rangeStart(path: path, tensor: "b", found: 4, expected: 8)
      ),
      (
        file([entry("a", "[2]", 0, 8), entry("b", "[2]", 0, 8)], payload: 8),
        .rangeStart(path: path, tensor: "b", found: 0, expected: 8)
      ),
      (
        file([entry("a", "[2]", 0, 8), entry("b", "[2]", 12, 20)], payload: 20),
        .rangeStart(path: path, tensor: "b", found: 12, expected: 8)
      ),
      (
        file([entry("a", "[2]", 4, 12)], payload: 12),
        .rangeStart(path: path, tensor: "a", found: 4, expected: 0)
      ),
      (
        file([entry("a", "[0]", 3, 3), entry("b", "[1]", 0, 4)], payload: 4),
        .rangeStart(path: path, tensor: "a", found: 3, expected: 4)
      ),
      (
        file([entry("a", "[2]", 0, 8)], payload: 10),
        .payloadLength(path: path, found: 10, expected: 8)
      ),
      (
        file([entry("a", "[2]", 0, 8)], payload: 6),
        .payloadLength(path: path, found: 6, expected: 8)
      ),
      (file([], payload: 1), .payloadLength(path: path, found: 1, expected: 0)),
      (
        file([entry("a", "[2]", 0, 4)], payload: 4),
        .byteCount(path: path, tensor: "a", found: 4, expected: 8)
      ),
      (
        file([entry("a", "[2]", 0, 8, type: "F16")], payload: 8),
        .byteCount(path: path, tensor: "a", found: 8, expected: 4)
      ),
      (
        file([entry("a", "[]", 0, 0)], payload: 0),
        .byteCount(path: path, tensor: "a", found: 0, expected: 4)
      ),
      (
        file([entry("a", "[2]", 8, 0)], payload: 8),
        .reversedRange(path: path, tensor: "a", begin: 8, end: 0)
      ),
      (
        file([entry("a", "[4294967296,4294967296]", 0, 8)], payload: 8),
        .shapeOverflow(path: path, tensor: "a", shape: [1 << 32, 1 << 32])
      ),
      (
        file([entry("a", "[2305843009213693952,2]", 0, 0)], payload: 0),
        .shapeOverflow(path: path, tensor: "a", shape: [1 << 61, 2])
      ),
      (
        file([entry("a", "[1073741824,1073741824]", 0, 1 << 62)], payload: 8),
        .payloadLength(path: path, found: 8, expected: 1 << 62)
      ),
    ])
  func layout(bytes: [UInt8], error: SafetensorsError) {
    #expect(throws: error) { try SafetensorsBytes.decode(bytes) }
  }

  @Test("every shorter file is refused")
  func prefixes() throws {
    let bytes = try SafetensorsBytes.encode(SafetensorsBytes.sample)
    for count in bytes.indices {
      #expect(throws: SafetensorsError.self, "first \(count) bytes") {
        try SafetensorsBytes.decode(Array(bytes[..<count]))
      }
    }
  }

  @Test("every flipped bit is refused where checksums are required")
  func bitFlips() throws {
    var bytes = try SafetensorsBytes.encode(SafetensorsBytes.sample)
    for offset in bytes.indices {
      for bit in 0..<8 {
        bytes[offset] ^= 1 << bit
        #expect(throws: SafetensorsError.self, "bit \(bit) of byte \(offset)") {
          try SafetensorsBytes.decode(bytes, checksums: .required)
        }
        bytes[offset] ^= 1 << bit
      }
    }
  }

  @Test("a flipped bit that hides the checksums themselves leaves the tensors as they were")
  func bitFlipsWithoutRequirement() throws {
    var bytes = try SafetensorsBytes.encode(SafetensorsBytes.sample)
    let original = try SafetensorsBytes.decode(bytes)
    for offset in bytes.indices {
      for bit in 0..<8 {
        bytes[offset] ^= 1 << bit
        if let file = try? SafetensorsBytes.decode(bytes) {
          #expect(!file.hasChecksums, "bit \(bit) of byte \(offset)")
          #expect(file.tensors == original.tensors, "bit \(bit) of byte \(offset)")
        }
        bytes[offset] ^= 1 << bit
      }
    }
  }

  @Test("a wrong value is blamed on its tensor, a wrong header on the header")
  func blame() throws {
    let first: [Float] = [1, 2]
    var bytes = try SafetensorsBytes.encode(
      SafetensorsFile(
        tensors: [
          Tensor(name: "a", shape: [2], values: first), Tensor(name: "b", shape: [1], values: [3]),
        ], metadata: ["note": "yes"]))
    bytes[bytes.count - 1] ^= 0x80
    #expect(
      throws: SafetensorsError.tensorChecksum(
        path: Self.path, tensor: "b",
        found: CRC32.checksum(of: ([0, 0, 0x40, 0xC0] as [UInt8]).span),
        expected: CRC32.checksum(of: ([0, 0, 0x40, 0x40] as [UInt8]).span))
    ) { try SafetensorsBytes.decode(bytes) }
    bytes[bytes.count - 1] ^= 0x80

    let header = SafetensorsBytes.header(of: bytes)
    let padding = bytes.count - 8 - 12 - header.utf8.count
    let changed = header.replacing(#""note":"yes""#, with: #""note":"yet""#)
    let damaged = SafetensorsBytes.file(
      changed + String(repeating: " ", count: padding), payload: Array(bytes.suffix(12)))
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsBytes.decode(damaged) }
    guard case .headerChecksum(path: Self.path, _, _) = error else {
      Issue.record("found \(String(describing: error)), expected the header's checksum")
      return
    }
  }

  @Test("a file without checksums is refused where they are required")
  func missingChecksums() {
    #expect(throws: SafetensorsError.missingChecksums(path: Self.path)) {
      try SafetensorsBytes.decode(SafetensorsBytes.file("{}"), checksums: .required)
    }
  }

  @Test(
    "checksums that are not words of eight digits, one per tensor and one before, are refused",
    arguments: [
      "", "00000000 00000000", "0000000", "0000000G", "ABCDEF00", "+0000000", "00000000 ",
      #"0000000\u0030"#,
    ])
  func malformedChecksums(text: String) {
    #expect(
      throws: SafetensorsError.malformedChecksums(path: Self.path, offset: 34, expectedCount: 1)
    ) {
      try SafetensorsBytes.decode(
        SafetensorsBytes.file(#"{"__metadata__":{"crc32":""# + text + #""}}"#))
    }
  }

  @Test("errors are one line, also where the file holds newlines and endless names")
  func descriptions() throws {
    let name = "a\n\u{1B}[31m" + String(repeating: "x", count: 100_000)
    let header = #"{"a\n\u001b[31m"# + name.dropFirst(7) + #"":{"dtype":"F64"}}"#
    let error = #expect(throws: SafetensorsError.self) {
      try SafetensorsBytes.decode(SafetensorsBytes.file(header))
    }
    let text = try #require(error).description
    #expect(text.count < 300)
    #expect(text.allSatisfy { !$0.isNewline && $0 != "\u{1B}" })

    let damaged = SafetensorsError.tensorChecksum(
      path: "m.safetensors", tensor: "w", found: 0x1F, expected: 0xABCD_EF01)
    #expect(
      damaged.description == "m.safetensors: tensor \"w\": found checksum 0000001f, "
        + "expected abcdef01: the file is damaged")
  }
}
