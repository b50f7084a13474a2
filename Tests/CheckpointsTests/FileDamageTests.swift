import Checkpoints
import Kernels
import NeuralFields
import TestSupport
import Testing

/// Models and latents cut short, and with flipped bits, as their users' programs read them.
@Suite("Damaged models and latents")
struct FileDamageTests {
  /// A file as the package writes it, and how it is read, with all that reading is to give.
  struct Whole: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: @Sendable () throws -> [UInt8]
    let read: @Sendable ([UInt8]) throws -> SafetensorsFile
  }

  static let wholes = [
    Whole(
      testDescription: "model",
      bytes: {
        try ModelFile.bytes(of: TinyModel.checkpoint(.chunked(chunkLength: 7, embeddingWidth: 2)))
      },
      read: { bytes in
        let file = try SafetensorsBytes.decode(bytes)
        _ = try Checkpoint.decode(bytes, path: SafetensorsBytes.path)
        return file
      }),
    Whole(
      testDescription: "latent",
      bytes: {
        try withTemporaryFolder { folder in
          let path = "\(folder)/a.latent.safetensors"
          try LatentFileTests.file().write(to: path, overwriting: false)
          return try ModelFile.bytes(at: path)
        }
      },
      read: { bytes in
        let file = try SafetensorsBytes.decode(bytes, checksums: .required)
        _ = try LatentFile.decode(bytes, path: SafetensorsBytes.path)
        return file
      }),
  ]

  @Test("every beginning of a file is refused", arguments: wholes)
  func prefixes(whole: Whole) throws {
    let bytes = try whole.bytes()
    #expect((1...4096).contains(bytes.count))
    var failures = 0
    for count in bytes.indices where (try? whole.read(Array(bytes[..<count]))) != nil {
      Issue.record("the first \(count) bytes are read as a \(whole)")
      failures += 1
    }
    Robustness.record(
      "every prefix: \(whole.testDescription)", cases: bytes.count, failures: failures)
  }

  @Test("every flipped bit of the header, and any of the rest, is noticed", arguments: wholes)
  func bitFlips(whole: Whole) throws {
    var bytes = try whole.bytes()
    let original = try whole.read(bytes)
    let payload = 8 + (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    var random = SeededGenerator(seed: 3)
    let header = (0..<8 * payload)
    let count = Robustness.cases(quick: 500, all: 10_000)
    let rest = (0..<count).map { _ in
      8 * payload + Int(random.next() % UInt64(8 * (bytes.count - payload)))
    }
    var failures = 0
    for bit in Array(header) + rest {
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      if let file = try? whole.read(bytes), file != original {
        Issue.record("bit \(bit % 8) of byte \(bit / 8) is read as another \(whole)")
        failures += 1
      }
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    Robustness.record(
      "flipped bits: \(whole.testDescription)", cases: header.count + rest.count,
      failures: failures)
  }

  @Test("a header may have only so many tensors, texts and numbers in a list")
  func counts() {
    func decode(_ header: String) throws {
      _ = try SafetensorsBytes.decode(SafetensorsBytes.file(header))
    }
    let path = SafetensorsBytes.path
    let entry = #":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    let tensors = (0...65_536).map { "\"\($0)\"" + entry }
    #expect(throws: Never.self) {
      try decode("{" + tensors.dropLast().joined(separator: ",") + "}")
    }
    let offset = 9 + tensors.dropLast().reduce(0) { $0 + $1.utf8.count + 1 }
    #expect(throws: SafetensorsError.tooMany(path: path, offset: offset, .tensors)) {
      try decode("{" + tensors.joined(separator: ",") + "}")
    }
    let texts = (0...1024).map { "\"\($0)\":\"\"" }
    #expect(throws: Never.self) {
      try decode(#"{"__metadata__":{"# + texts.dropLast().joined(separator: ",") + "}}")
    }
    let error = #expect(throws: SafetensorsError.self) {
      try decode(#"{"__metadata__":{"# + texts.joined(separator: ",") + "}}")
    }
    guard case .tooMany(path, _, .texts) = error else {
      Issue.record("found \(String(describing: error)), expected too many texts")
      return
    }
    let zeros = [String](repeating: "0", count: 33)
    #expect(throws: Never.self) {
      try decode(
        #"{"a":{"dtype":"F32","shape":["# + zeros.dropLast().joined(separator: ",")
          + #"],"data_offsets":[0,0]}}"#)
    }
    #expect(throws: SafetensorsError.tooMany(path: path, offset: 101, .extents)) {
      try decode(
        #"{"a":{"dtype":"F32","shape":["# + zeros.joined(separator: ",")
          + #"],"data_offsets":[0,0]}}"#)
    }
  }

  @Test("an error's line is short however long the names in the file are")
  func lines() throws {
    // One character of many scalars.
    let name = "a" + String(repeating: "\u{301}", count: 100_000)
    let error = SafetensorsError.duplicateKey(path: "a", offset: 9, key: name)
    #expect(error.description.utf8.count < 500)
    #expect(
      CheckpointError.missingTensor(path: "a", tensor: name).description.utf8.count < 500)
  }

  @Test("a key twice in a configuration is refused")
  func duplicateKey() throws {
    let text = TinyModel.checkpoint().configuration.text
    let twice = "{\"near\":0.1," + text.dropFirst()
    let error = #expect(throws: CheckpointError.self) {
      try ModelConfiguration(text: twice, path: "a")
    }
    let line = try #require(error).description
    #expect(line.contains("a second \"near\""), "\(line)")
  }
}
