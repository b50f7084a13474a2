import Checkpoints
import Files
import Glibc
import Kernels
import Testing

/// Files of several pieces, which are read one after the other.
@Suite("Safetensors reader")
struct SafetensorsReaderTests {
  /// Values of a tensor, some more than one, two and a half and four pieces of 1 MiB.
  private static func tensor(
    _ name: String, _ elementType: Tensor.ElementType, count: Int
  ) -> Tensor {
    Tensor(
      name: name, shape: [count], elementType: elementType,
      values: (0..<count).map { Float($0 % 2039) / 64 - 16 })
  }

  private static func file() -> SafetensorsFile {
    SafetensorsFile(tensors: [
      tensor("a", .float32, count: 262_145), tensor("b", .bfloat16, count: 3),
      tensor("c", .float16, count: 1_310_720), Tensor(name: "d", shape: [0, 3], values: []),
    ])
  }

  @Test("what is read in pieces is what is read at once") func pieces() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let bytes = try SafetensorsBytes.encode(Self.file())
      try ModelFile.write(bytes, to: path)
      let read = try Safetensors.read(path, checksums: .required)
      #expect(read == (try Safetensors.decode(bytes, path: path)))
      let values = Dictionary(uniqueKeysWithValues: read.tensors.map { ($0.name, $0.values) })
      for tensor in Self.file().tensors where tensor.elementType != .bfloat16 {
        #expect(values[tensor.name] == tensor.values)
      }
    }
  }

  @Test(
    "a value in any piece that is not finite is named, or else the checksum that it breaks",
    arguments: [0, 1, 262_143, 262_144])
  func nonFinite(index: Int) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var values = Self.tensor("a", .float32, count: 262_145).values
      values[index] = .infinity
      let file = SafetensorsFile(tensors: [Tensor(name: "a", shape: [262_145], values: values)])
      var bytes = try SafetensorsBytes.encode(file, nonFinite: .allowed)
      try ModelFile.write(bytes, to: path)
      #expect(
        throws: SafetensorsError.nonFinite(
          path: path, tensor: "a", index: index, bits: Float.infinity.bitPattern)
      ) { try Safetensors.read(path) }
      bytes[bytes.count - 4 * (262_145 - index)] ^= 1
      try ModelFile.write(bytes, to: path)
      let error = #expect(throws: SafetensorsError.self) { try Safetensors.read(path) }
      guard case .tensorChecksum(path, "a", _, _) = error else {
        Issue.record("found \(String(describing: error)), expected the tensor's checksum")
        return
      }
    }
  }

  @Test("a file that changes after its header was read is refused")
  func changing() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let bytes = try SafetensorsBytes.encode(Self.file())
      try ModelFile.write(bytes, to: path)
      let short = try SafetensorsReader(path)
      try #require(unsafe truncate(path, Int(bytes.count) - 1) == 0)
      #expect(throws: SafetensorsError.file(.changed(path: path))) { try short.contents() }
    }
  }

  @Test("files tell how many values they have, and how these are stored")
  func summary() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try ModelFile.write(SafetensorsBytes.encode(Self.file()), to: path)
      let mixed = try SafetensorsReader(path)
      #expect(mixed.valueCount == 262_145 + 3 + 1_310_720)
      #expect(mixed.elementType == .float32)
      let half = SafetensorsFile(tensors: [Self.tensor("c", .float16, count: 2)])
      let halves = try SafetensorsReader(SafetensorsBytes.encode(half), path: path)
      #expect(halves.elementType == .float16)
      #expect(ModelMemory.bytes(ofFile: path) == 4 * mixed.valueCount)
      #expect(ModelMemory.bytes(ofFile: path + ".none") == 0)
    }
  }
}
