import Checkpoints
import Files
import Testing

@Suite("Safetensors: writing and reading back")
struct SafetensorsTests {
  @Test("32-bit values come back bit for bit")
  func float32RoundTrip() throws {
    let values: [Float] = [
      0, -0.0, 1, -1, 0.1, .pi, .leastNonzeroMagnitude, -.leastNormalMagnitude,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, Float(1).nextUp, Float(1).nextDown,
    ]
    let bytes = try SafetensorsBytes.encode(
      SafetensorsFile(tensors: [Tensor(name: "w", shape: [3, 4], values: values)]))
    let tensor = try #require(try SafetensorsBytes.decode(bytes).tensors.first)
    #expect(tensor.values.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(tensor.shape == [3, 4])
    #expect(tensor.elementType == .float32)
  }

  @Test(
    "16-bit values come back within half a unit in the last place",
    arguments: [(Tensor.ElementType.float16, Float(0x1p-11)), (.bfloat16, Float(0x1p-8))])
  func halfRoundTrip(elementType: Tensor.ElementType, tolerance: Float) throws {
    let values = (0..<1000).map { Float($0 - 500) * 0.1237 + 0.01 }
    let bytes = try SafetensorsBytes.encode(
      SafetensorsFile(
        tensors: [Tensor(name: "w", shape: [1000], elementType: elementType, values: values)]))
    let tensor = try #require(try SafetensorsBytes.decode(bytes).tensors.first)
    #expect(tensor.elementType == elementType)
    for (found, expected) in zip(tensor.values, values) {
      #expect(abs(found - expected) <= abs(expected) * tolerance)
    }
  }

  @Test("a tiny file has exactly these bytes")
  func exactBytes() throws {
    let bytes = try SafetensorsBytes.encode(
      SafetensorsFile(
        tensors: [
          Tensor(name: "b", shape: [1], elementType: .float16, values: [1]),
          Tensor(name: "a", shape: [1, 2], values: [1, -2]),
        ], metadata: ["z": "1"]))
    // The checksums are zlib's, computed in Python as the format's description says.
    let header =
      #"{"__metadata__":{"crc32":"00f93d6a c3872656 6eb66e78","format":"pt","z":"1"},"#
      + #""a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F16","shape":[1],"data_offsets":[8,10]}}"#
    #expect(SafetensorsBytes.header(of: bytes) == header)
    #expect(Array(bytes.suffix(10)) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0x3C])
    #expect(bytes.count == 8 + (header.utf8.count + 7) / 8 * 8 + 10)
  }

  @Test("the order in which tensors and texts are given does not reach the bytes")
  func deterministicBytes() throws {
    let sample = SafetensorsBytes.sample
    let bytes = try SafetensorsBytes.encode(sample)
    var reversed = SafetensorsFile(tensors: sample.tensors.reversed())
    for key in sample.metadata.keys.sorted(by: >) { reversed.metadata[key] = sample.metadata[key] }
    #expect(try SafetensorsBytes.encode(reversed) == bytes)
  }

  @Test("what is read from a file writes the same file again")
  func secondGeneration() throws {
    let bytes = try SafetensorsBytes.encode(SafetensorsBytes.sample)
    let file = try SafetensorsBytes.decode(bytes, checksums: .required)
    #expect(file.hasChecksums)
    #expect(try SafetensorsBytes.encode(file) == bytes)
  }

  @Test("wide types come first, then names in the order of their bytes, and values are aligned")
  func order() throws {
    let bytes = try SafetensorsBytes.encode(SafetensorsBytes.sample)
    let file = try SafetensorsBytes.decode(bytes)
    #expect(
      file.tensors.map(\.name) == ["field.0.weight", "nothing", "scale", "codes \"é\"\n😀", "base"])
    #expect(bytes[0] % 8 == 0, "the header's length keeps the values aligned")
  }

  @Test("names and texts with any characters survive")
  func texts() throws {
    let sample = SafetensorsBytes.sample
    let file = try SafetensorsBytes.decode(try SafetensorsBytes.encode(sample))
    #expect(Set(file.tensors.map(\.name)) == Set(sample.tensors.map(\.name)))
    #expect(
      file.metadata == sample.metadata.merging(["format": "pt"], uniquingKeysWith: { $1 }))
  }

  @Test("a file of nothing is a file")
  func noTensors() throws {
    let file = try SafetensorsBytes.decode(
      try SafetensorsBytes.encode(SafetensorsFile(tensors: [])), checksums: .required)
    #expect(file == SafetensorsFile(tensors: [], metadata: ["format": "pt"]))
  }

  @Test(
    "a value that is not finite, or not once it is rounded, is not written",
    arguments: [
      (Tensor.ElementType.float32, Float.infinity, Float.infinity),
      (.float32, -.infinity, -.infinity), (.float16, 65_520, .infinity),
      (.float16, -1e9, -.infinity), (.bfloat16, .greatestFiniteMagnitude, .infinity),
    ])
  func nonFiniteWriting(elementType: Tensor.ElementType, value: Float, stored: Float) throws {
    let file = SafetensorsFile(
      tensors: [Tensor(name: "w", shape: [3], elementType: elementType, values: [0, 1, value])])
    let error = SafetensorsError.nonFinite(
      path: SafetensorsBytes.path, tensor: "w", index: 2, bits: stored.bitPattern)
    #expect(throws: error) { try SafetensorsBytes.encode(file) }

    let bytes = try SafetensorsBytes.encode(file, nonFinite: .allowed)
    #expect(throws: error) { try SafetensorsBytes.decode(bytes) }
    let read = try SafetensorsBytes.decode(bytes, nonFinite: .allowed)
    #expect(read.tensors.first?.values == [0, 1, stored])
  }

  @Test("a number that is none keeps its bits when it is allowed")
  func notANumber() throws {
    let value = Float(bitPattern: 0x7FC0_1234)
    let file = SafetensorsFile(tensors: [Tensor(name: "w", shape: [], values: [value])])
    let bytes = try SafetensorsBytes.encode(file, nonFinite: .allowed)
    let read = try SafetensorsBytes.decode(bytes, nonFinite: .allowed)
    #expect(read.tensors.first?.values.first?.bitPattern == value.bitPattern)
  }

  @Test("a file on disk is read as it was written, and not replaced unasked")
  func disk() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      #expect(throws: SafetensorsError.file(.missing(path: path))) { try Safetensors.read(path) }
      try Safetensors.write(SafetensorsBytes.sample, to: path)
      let file = try Safetensors.read(path, checksums: .required)
      #expect(
        try SafetensorsBytes.encode(file) == SafetensorsBytes.encode(SafetensorsBytes.sample))
      #expect(throws: SafetensorsError.file(.alreadyExists(path: path))) {
        try Safetensors.write(SafetensorsFile(tensors: []), to: path)
      }
      try Safetensors.write(SafetensorsFile(tensors: []), to: path, overwriting: true)
      let replaced = try Safetensors.read(path)
      #expect(replaced.tensors.isEmpty)
      let byteCount = try SafetensorsBytes.encode(replaced).count
      #expect(
        throws: SafetensorsError.file(
          .tooLarge(path: path, byteCount: byteCount, limit: byteCount - 1))
      ) { try Safetensors.read(path, byteLimit: byteCount - 1) }
    }
  }

  @Test("a header beyond the limit is neither written nor read")
  func headerLimit() throws {
    let limit = Safetensors.headerByteLimit
    let text = String(repeating: "x", count: limit)
    #expect(
      throws: SafetensorsError.headerLength(
        path: SafetensorsBytes.path, found: UInt64(limit + 64), limit: limit)
    ) {
      try SafetensorsBytes.encode(SafetensorsFile(tensors: [], metadata: ["note": text]))
    }
    let bytes =
      SafetensorsBytes.length(UInt64(limit + 1)) + [UInt8](repeating: 0x20, count: limit + 1)
    #expect(
      throws: SafetensorsError.headerLength(
        path: SafetensorsBytes.path, found: UInt64(limit + 1), limit: limit)
    ) { try SafetensorsBytes.decode(bytes) }
  }
}
