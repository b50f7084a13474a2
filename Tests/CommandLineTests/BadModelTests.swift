import Checkpoints
import Testing

/// A model with one fault.
struct BadModel: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// How the line of error begins.
  let line: String
  /// From a good model's bytes to those with the fault.
  let damage: @Sendable ([UInt8]) throws -> [UInt8]

  init(
    _ description: String, line: String, damage: @escaping @Sendable ([UInt8]) throws -> [UInt8]
  ) {
    testDescription = description
    self.line = "bad.safetensors: " + line
    self.damage = damage
  }

  /// A model with other contents, and with checksums that are right.
  init(
    _ description: String, line: String,
    changing change: @escaping @Sendable (inout SafetensorsFile) throws -> Void
  ) {
    self.init(description, line: line) { bytes in
      var file = try Safetensors.decode(bytes, path: "good")
      try change(&file)
      return try Safetensors.encode(file, path: "bad", nonFinite: .allowed)
    }
  }

  /// A model whose configuration says something else.
  init(_ description: String, line: String, replacing text: String, by replacement: String) {
    self.init(description, line: line) { file in
      let configuration = try #require(file.metadata["hypermarch"])
      try #require(configuration.contains(text))
      file.metadata["hypermarch"] = configuration.replacing(text, with: replacement)
    }
  }
}

@Suite("Bad models") struct BadModelTests {
  @Test("a bad model is refused by every command that reads one", arguments: models)
  func refusal(model: BadModel) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(model.damage(try await Fixtures.model()), at: "bad.safetensors")
      for arguments in [
        ["render", "bad.safetensors"], ["info", "bad.safetensors", "--json"],
        ["evaluate", "bad.safetensors", Fixtures.cars],
      ] {
        let run = try await Program.run(arguments, in: folder)
        expectFailure(run, code: 65, line: model.line)
        #expect(run.errors.contains("expected "), "\(run.errors)")
      }
      #expect(try folder.names() == ["bad.safetensors"])
    }
  }

  private static let models: [BadModel] = [
    BadModel("empty", line: "found 0 bytes, expected a safetensors file") { _ in [] },
    BadModel("of another kind", line: "byte 0: found a header of too many bytes, expected 2…") {
      _ in
      Array("PK\u{3}\u{4} a zip archive".utf8)
    },
    BadModel("cut short in its header", line: "byte 0: found a header of ") {
      Array($0.prefix(100))
    },
    BadModel("two bytes short", line: "found ") { Array($0.dropLast(2)) },
    BadModel("with bytes at its end", line: "found ") { $0 + [0, 0] },
    BadModel("with a flipped bit of a value", line: "tensor \"") {
      var bytes = $0
      bytes[bytes.count - 5] ^= 1
      return bytes
    },
    BadModel("with a flipped bit of its header", line: "") {
      var bytes = $0
      bytes[200] ^= 1
      return bytes
    },
    BadModel(
      "without a configuration",
      line: "found a safetensors file without the metadata text \"hypermarch\", expected"
    ) { file in
      file.metadata["hypermarch"] = nil
    },
    BadModel(
      "of a later version", line: "found format version 2, expected 1",
      replacing: "\"format_version\":1", by: "\"format_version\":2"),
    BadModel(
      "with a width beyond all sense", line: "metadata hypermarch.field.width: found 100000",
      replacing: "\"position_octaves\":7,\"width\":16",
      by: "\"position_octaves\":7,\"width\":100000"),
    BadModel(
      "with a generator that does not exist",
      line: "metadata hypermarch.hypernetwork.generator.kind: found magic, expected",
      replacing: "per-layer\"}", by: "magic\"}"),
    BadModel(
      "with a scene's name that leads elsewhere", line: "metadata hypermarch.scenes: found ",
      replacing: "\"kenney_race\"", by: "\"../kenney_race\""),
    BadModel(
      "with codes of another shape", line: "tensor latents: found shape [8, 3], expected [3, 8]"
    ) { file in
      try file.replaceLatents { Tensor(name: $0.name, shape: [8, 3], values: $0.values) }
    },
    BadModel("without codes", line: "tensor latents: found none, expected") { file in
      file.tensors.removeAll { $0.name == "latents" }
    },
    BadModel("with a tensor too many", line: "tensor extra: found it, expected none") { file in
      file.tensors.append(Tensor(name: "extra", shape: [1], values: [0]))
    },
    BadModel(
      "with a value that is no number", line: "tensor \"latents\": value 5: found nan, expected"
    ) { file in
      try file.replaceLatents { tensor in
        var values = tensor.values
        values[5] = .nan
        return Tensor(name: tensor.name, shape: tensor.shape, values: values)
      }
    },
    BadModel(
      "with an infinite value", line: "tensor \"latents\": value 0: found -inf, expected"
    ) { file in
      try file.replaceLatents { tensor in
        var values = tensor.values
        values[0] = -.infinity
        return Tensor(name: tensor.name, shape: tensor.shape, values: values)
      }
    },
  ]

  @Test("a model that is not there is refused") func missing() async throws {
    try await withTemporaryFolder { folder in
      try folder.makeFolder("folder")
      for command in ["render", "info"] {
        let missing = try await Program.run([command, "none.safetensors"], in: folder)
        expectFailure(
          missing, code: 66, line: "none.safetensors: found nothing there, expected a file")
        let isFolder = try await Program.run([command, "folder"], in: folder)
        expectFailure(
          isFolder, code: 66, line: "folder: found a folder or a device, expected a file")
      }
      let shipped = try await Program.run(["render"], in: folder)
      expectFailure(
        shipped, code: 66,
        line: "./scenes/cars.safetensors: found no model there, expected the one that comes with "
          + "hypermarch: name a model, or say in HYPERMARCH_HOME where the folder scenes is")
      #expect(try folder.names() == ["folder"])
    }
  }
}

extension SafetensorsFile {
  fileprivate mutating func replaceLatents(by change: (Tensor) -> Tensor) throws {
    let index = try #require(tensors.firstIndex { $0.name == "latents" })
    tensors[index] = change(tensors[index])
  }
}
