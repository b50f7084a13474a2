import Checkpoints
import Files
import NeuralFields
import Testing

@Suite("Checkpoint: files that are no models")
struct MalformedCheckpointTests {
  struct Malformed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout SafetensorsFile) throws -> Void
    let error: @Sendable (_ path: String) -> CheckpointError

    init(
      _ testDescription: String,
      _ change: @escaping @Sendable (inout SafetensorsFile) throws -> Void,
      error: @escaping @Sendable (_ path: String) -> CheckpointError
    ) {
      self.testDescription = testDescription
      self.change = change
      self.error = error
    }
  }

  @Test(
    "a file that is no model is refused with the reason",
    arguments: [
      Malformed("no configuration") {
        $0.metadata["hypermarch"] = nil
      } error: {
        .notAModel(path: $0)
      },
      Malformed("an empty configuration") {
        $0.metadata["hypermarch"] = ""
      } error: {
        .configuration(
          path: $0, key: "", found: "the end of the text in line 1, column 1", expected: "a value")
      },
      Malformed("a configuration of a list") {
        $0.metadata["hypermarch"] = "[]"
      } error: {
        .configuration(path: $0, key: "", found: "another text", expected: "an object in JSON")
      },
      Malformed("a newer version") {
        try $0.replace(#""format_version":1"#, #""format_version":2"#)
      } error: {
        .unsupportedVersion(path: $0, found: 2, expected: 1)
      },
      Malformed("a newer version, otherwise empty") {
        $0.metadata["hypermarch"] = #"{"format_version":7}"#
      } error: {
        .unsupportedVersion(path: $0, found: 7, expected: 1)
      },
      Malformed("a latent width beyond all memory") {
        try $0.replace(#""latent_width":3"#, #""latent_width":9223372036854775807"#)
      } error: {
        .configuration(
          path: $0, key: "hypernetwork.latent_width", found: "9223372036854775807",
          expected: "1…4096")
      },
      Malformed("the largest latent width, without its tensors") {
        try $0.replace(#""latent_width":3"#, #""latent_width":4096"#)
      } error: {
        .shape(path: $0, tensor: "latents", found: [2, 3], expected: [2, 4096])
      },
      Malformed("a scene more than codes") {
        try $0.replace(#""scenes":["#, #""scenes":["more","#)
      } error: {
        .shape(path: $0, tensor: "latents", found: [2, 3], expected: [3, 3])
      },
      Malformed("a scene less than codes") {
        try $0.replace(#","κόκκινο""#, "")
      } error: {
        .shape(path: $0, tensor: "latents", found: [2, 3], expected: [1, 3])
      },
      Malformed("no latents") {
        $0.remove("latents")
      } error: {
        .missingTensor(path: $0, tensor: "latents")
      },
      Malformed("no trunk bias") {
        $0.remove("hypernetwork.trunk.0.bias")
      } error: {
        .missingTensor(path: $0, tensor: "hypernetwork.trunk.0.bias")
      },
      Malformed("a transposed matrix") {
        $0.reshape("hypernetwork.trunk.0.weight", to: [3, 5])
      } error: {
        .shape(
          path: $0, tensor: "hypernetwork.trunk.0.weight", found: [3, 5], expected: [5, 3])
      },
      Malformed("a flattened matrix") {
        $0.reshape("hypernetwork.trunk.0.weight", to: [15])
      } error: {
        .shape(path: $0, tensor: "hypernetwork.trunk.0.weight", found: [15], expected: [5, 3])
      },
      Malformed("another generator's tensors") {
        try $0.replace(#"{"kind":"per-layer"}"#, #"{"kind":"low-rank","rank":2}"#)
      } error: {
        .missingTensor(
          path: $0, tensor: "hypernetwork.generator.left.hidden.0.weight.weight")
      },
      Malformed("a view branch without its tensors") {
        try $0.replace(#""field":{"#, #""field":{"direction_octaves":1,"#)
      } error: {
        .missingTensor(path: $0, tensor: "hypernetwork.generator.head.density.weight")
      },
      Malformed("a tensor too many") {
        $0.tensors.append(Tensor(name: "notes", shape: [0], values: []))
      } error: {
        .unexpectedTensor(path: $0, tensor: "notes")
      },
      Malformed("a value that is not a number") {
        $0.setValue(.nan, at: 2, of: "latents")
      } error: {
        .safetensors(
          .nonFinite(path: $0, tensor: "latents", index: 2, bits: Float.nan.bitPattern))
      },
    ])
  func refused(_ malformed: Malformed) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      try TinyModel.checkpoint().write(to: path, overwriting: false)
      var file = try Safetensors.read(path)
      try malformed.change(&file)
      try Safetensors.write(file, to: path, overwriting: true, nonFinite: .allowed)
      #expect(throws: malformed.error(path)) { try Checkpoint.read(path) }
    }
  }

  @Test("a file cut short is refused", arguments: [0, 9, 500, -1])
  func truncated(count: Int) throws {
    try SafetensorsBytes.withTemporaryPath { path in
      let bytes = try ModelFile.bytes(of: TinyModel.checkpoint())
      let headerLength = Int(bytes[0]) | Int(bytes[1]) << 8
      try ModelFile.write(Array(count < 0 ? bytes.dropLast(-count) : bytes.prefix(count)), to: path)
      let payloadLength = bytes.count - 8 - headerLength
      let error: SafetensorsError =
        switch count {
        case 0, 9: .tooShort(path: path, byteCount: count)
        case 500: .headerLength(path: path, found: UInt64(headerLength), limit: 492)
        default:
          .payloadLength(path: path, found: payloadLength - 1, expected: payloadLength)
        }
      #expect(throws: CheckpointError.safetensors(error)) { try Checkpoint.read(path) }
    }
  }

  private static let messages: [(CheckpointError, String)] = [
    (
      CheckpointError.safetensors(.tooShort(path: "a", byteCount: 3)),
      "a: found 3 bytes, expected a safetensors file of at least 10"
    ),
    (
      .notAModel(path: "a\nb"),
      #"a\u{a}b: found a safetensors file without the metadata text "hypermarch", "#
        + "expected a model written by hypermarch train"
    ),
    (
      .unsupportedVersion(path: "a", found: 2, expected: 1),
      "a: found format version 2, expected 1; a newer hypermarch may read it"
    ),
    (
      .configuration(path: "a", key: "near", found: "x\u{1B}[2J", expected: "a number"),
      #"a: metadata hypermarch.near: found x\u{1b}[2J, expected a number"#
    ),
    (
      .configuration(path: "a", key: "", found: "text", expected: "JSON"),
      "a: metadata hypermarch: found text, expected JSON"
    ),
    (
      .missingTensor(path: "a", tensor: "latents"),
      "a: tensor latents: found none, expected one for this configuration"
    ),
    (
      .unexpectedTensor(path: "a", tensor: "x\ny" + String(repeating: "z", count: 1000)),
      #"a: tensor x\u{a}y"# + String(repeating: "z", count: 117)
        + "…: found it, expected none of that name for this configuration"
    ),
    (
      .shape(path: "a", tensor: "latents", found: [6], expected: [2, 3]),
      "a: tensor latents: found shape [6], expected [2, 3]"
    ),
    (
      .value(path: "a", tensor: "optimizer.code_steps", index: 1, found: -1, expected: 0...9),
      "a: tensor optimizer.code_steps: value 1: found -1.0, expected 0.0…9.0"
    ),
  ]

  @Test(
    "an error is one line with place, found and expected, whatever the file holds",
    arguments: messages)
  func descriptions(error: CheckpointError, expected: String) {
    #expect(error.description == expected)
  }
}
