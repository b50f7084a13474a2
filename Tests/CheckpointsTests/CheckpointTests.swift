import Checkpoints
import Files
import Kernels
import NeuralFields
import Testing

@Suite("Checkpoint: a model's file")
struct CheckpointTests {
  @Test("a model comes back as it was written", arguments: TinyModel.kinds)
  func roundTrip(generator: GeneratorKind, directionOctaves: Int?) throws {
    let model = TinyModel.checkpoint(
      generator, directionOctaves: directionOctaves, training: TinyModel.training)
    try SafetensorsBytes.withTemporaryPath { path in
      try model.write(to: path, overwriting: false)
      let read = try Checkpoint.read(path)
      #expect(read.configuration == model.configuration)
      #expect(
        read.hypernetwork.parameters.map(\.bitPattern)
          == model.hypernetwork.parameters.map(\.bitPattern))
      #expect(read.latents == model.latents)
      #expect(
        read.hypernetwork.weights(for: read.latents[1])
          == model.hypernetwork.weights(for: model.latents[1]))
    }
  }

  @Test("the same model gives the same bytes, and so does one that was read")
  func deterministicBytes() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let model = TinyModel.checkpoint(training: TinyModel.training)
      try model.write(to: path, overwriting: false)
      let bytes = try ModelFile.bytes(at: path)
      try model.write(to: path, overwriting: true)
      #expect(try ModelFile.bytes(at: path) == bytes)
      try Checkpoint.read(path).write(to: path, overwriting: true)
      #expect(try ModelFile.bytes(at: path) == bytes)
    }
  }

  @Test("half precision keeps every value to half a unit of its last place, and then exactly")
  func halfPrecision() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let model = TinyModel.checkpoint()
      try model.write(to: path, elementType: .float16, overwriting: false)
      let bytes = try ModelFile.bytes(at: path)
      let read = try Checkpoint.read(path)
      let pairs =
        Array(zip(read.hypernetwork.parameters, model.hypernetwork.parameters))
        + Array(zip(read.latents.values, model.latents.values))
      for (found, expected) in pairs {
        #expect(abs(found - expected) <= max(abs(expected) * 0x1p-11, 0x1p-25))
      }
      #expect(pairs.contains { $0 != $1 })
      #expect(try Safetensors.read(path).tensors.allSatisfy { $0.elementType == .float16 })
      try read.write(to: path, elementType: .float16, overwriting: true)
      #expect(try ModelFile.bytes(at: path) == bytes)
    }
  }

  @Test(
    "a generator kind has exactly these tensors",
    arguments: [
      (
        GeneratorKind.perLayer,
        [
          "generator.base.hidden.0.bias [4]", "generator.base.hidden.0.weight [36]",
          "generator.base.hidden.1.bias [4]", "generator.base.hidden.1.weight [16]",
          "generator.base.output.bias [4]", "generator.base.output.weight [16]",
          "generator.head.hidden.0.bias [4, 5]", "generator.head.hidden.0.weight [36, 5]",
          "generator.head.hidden.1.bias [4, 5]", "generator.head.hidden.1.weight [16, 5]",
          "generator.head.output.bias [4, 5]", "generator.head.output.weight [16, 5]",
        ]
      ),
      (
        .lowRank(rank: 2),
        [
          "generator.base.hidden.0.weight [4, 9]", "generator.base.hidden.1.weight [4, 4]",
          "generator.base.output.weight [4, 4]", "generator.left.hidden.0.weight.bias [8]",
          "generator.left.hidden.0.weight.weight [8, 5]", "generator.left.hidden.1.weight.bias [8]",
          "generator.left.hidden.1.weight.weight [8, 5]", "generator.left.output.weight.bias [8]",
          "generator.left.output.weight.weight [8, 5]", "generator.right.hidden.0.weight.bias [18]",
          "generator.right.hidden.0.weight.weight [18, 5]",
          "generator.right.hidden.1.weight.bias [8]",
          "generator.right.hidden.1.weight.weight [8, 5]",
          "generator.right.output.weight.bias [8]", "generator.right.output.weight.weight [8, 5]",
          "generator.shift.hidden.0.bias.bias [4]", "generator.shift.hidden.0.bias.weight [4, 5]",
          "generator.shift.hidden.1.bias.bias [4]", "generator.shift.hidden.1.bias.weight [4, 5]",
          "generator.shift.output.bias.bias [4]", "generator.shift.output.bias.weight [4, 5]",
        ]
      ),
      (
        .chunked(chunkLength: 7, embeddingWidth: 2),
        [
          // 6 + 1, 3 + 1 and 3 + 1 chunks of 36 + 4, 16 + 4 and 16 + 4 weights.
          "generator.embedding.bias [5]", "generator.embedding.weight [5, 2]",
          "generator.embeddings [15, 2]", "generator.feature.bias [5]",
          "generator.feature.weight [5, 5]", "generator.output.bias [7]",
          "generator.output.weight [7, 5]",
        ]
      ),
    ])
  func tensors(generator: GeneratorKind, expected: [String]) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try TinyModel.checkpoint(generator).write(to: path, overwriting: false)
      let file = try Safetensors.read(path, checksums: .required)
      #expect(
        file.tensors.map { "\($0.name) \($0.shape)" }
          == (expected + ["trunk.0.bias [5]", "trunk.0.weight [5, 3]"]).map { "hypernetwork.\($0)" }
          + ["latents [2, 3]"])
      #expect(file.metadata.keys.sorted() == ["format", "hypermarch"])
    }
  }

  @Test("a model on the disk is not replaced unasked")
  func overwriting() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let model = TinyModel.checkpoint()
      try model.write(to: path, overwriting: false)
      #expect(throws: CheckpointError.safetensors(.file(.alreadyExists(path: path)))) {
        try model.write(to: path, overwriting: false)
      }
    }
  }

  @Test("a model that could not be read again is not written")
  func unreadable() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var model = TinyModel.checkpoint()
      model.configuration.near = -1
      #expect(
        throws: CheckpointError.configuration(
          path: path, key: "near", found: "-1.0", expected: "0.0…1000000.0")
      ) { try model.write(to: path, overwriting: false) }

      model = TinyModel.checkpoint()
      model.hypernetwork.parameters[0] = .nan
      #expect(throws: CheckpointError.self) { try model.write(to: path, overwriting: false) }

      model = TinyModel.checkpoint()
      model.latents.values[4] = 70_000
      #expect(
        throws: CheckpointError.notFinite(
          path: path, tensor: "latents", index: 4, bits: Float.infinity.bitPattern)
      ) { try model.write(to: path, elementType: .float16, overwriting: false) }

      #expect(throws: CheckpointError.safetensors(.file(.missing(path: path)))) {
        try Checkpoint.read(path)
      }
    }
  }
}

@Suite("Checkpoint: checksums")
struct CheckpointChecksumTests {
  @Test("a model that names another program may have no checksums")
  func madeElsewhere() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let bytes = try ModelFile.bytesWithoutChecksums { $0.program = "a converter 2.0" }
      try ModelFile.write(bytes, to: path)
      let model = try Checkpoint.read(path)
      #expect(model.hypernetwork.parameters == TinyModel.checkpoint().hypernetwork.parameters)
    }
  }

  @Test("a model that names hypermarch must have them")
  func stripped() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try ModelFile.write(try ModelFile.bytesWithoutChecksums { _ in }, to: path)
      #expect(throws: CheckpointError.safetensors(.missingChecksums(path: path))) {
        try Checkpoint.read(path)
      }
    }
  }

  @Test("no bit of the checksums' name can flip unnoticed", arguments: 0..<40)
  func flippedName(bit: Int) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var bytes = try ModelFile.bytes(of: TinyModel.checkpoint())
      let start = try #require(ModelFile.offset(of: "crc32", in: bytes))
      bytes[start + bit / 8] ^= 1 << UInt8(bit % 8)
      try ModelFile.write(bytes, to: path)
      #expect(throws: CheckpointError.self) { try Checkpoint.read(path) }
    }
  }

  @Test("a changed weight is noticed")
  func changedWeight() throws {
    try SafetensorsBytes.withTemporaryPath { path in
      var bytes = try ModelFile.bytes(of: TinyModel.checkpoint())
      bytes[bytes.count - 3] ^= 1
      try ModelFile.write(bytes, to: path)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(path) }
      guard case .safetensors(.tensorChecksum(path, "latents", _, _)) = error else {
        Issue.record("found \(String(describing: error)), expected a checksum of latents")
        return
      }
    }
  }
}
