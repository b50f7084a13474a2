import Checkpoints
import Files
import NeuralFields
import TestSupport
import Testing

@Suite("Latent files")
struct LatentFileTests {
  static let model = TinyModel.checkpoint()

  static func file(changed: Bool = true) -> LatentFile {
    var latent = SceneLatent(code: LatentCode([0.5, -1, 2]))
    if changed {
      let parts = model.configuration.field.layout.entries.map { entry in
        let isMatrix = entry.shape.count == 2
        return WeightChange.Part(
          name: entry.name, shape: entry.shape, rank: 1,
          left: (0..<entry.shape[0]).map { Float($0) - 1.5 },
          right: isMatrix ? (0..<entry.shape[1]).map { 0.25 * Float($0) } : [])
      }
      latent.changes = [WeightedChange(change: WeightChange(parts: parts), weight: 0.75)]
    }
    return LatentFile(
      program: "hypermarch 0.1.0", name: "toy", modelFingerprint: model.fingerprint,
      latent: latent, camera: model.configuration.defaultView, report: #"{"psnr":21.5}"#)
  }

  @Test("what is written is read", arguments: [true, false])
  func roundTrip(changed: Bool) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      let file = Self.file(changed: changed)
      try file.write(to: path, overwriting: false)
      #expect(try LatentFile.read(path) == file)
      try file.check(against: Self.model, path: path)
      #expect(throws: CheckpointError.self) { try file.write(to: path, overwriting: false) }
    }
  }

  /// With three draws beside the latent.
  static func fileWithDraws() -> LatentFile {
    var file = file(changed: false)
    file.posterior = LatentPosterior(
      codes: [LatentCode([0, 1, 2]), LatentCode([0.5, 0.25, -1]), LatentCode([3, 4, 5])],
      noise: 0.09, method: "Laplace's approximation")
    return file
  }

  @Test("draws that are written are read, and take the stated bytes")
  func draws() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      let file = Self.fileWithDraws()
      try file.write(to: path, overwriting: false)
      let read = try LatentFile.read(path)
      #expect(read == file)
      #expect(read.latent == Self.file(changed: false).latent)
      #expect(file.posterior?.byteCount == 4 * 9)
    }
  }

  /// With two draws that have changes of their own.
  static func fileWithChangedDraws() -> LatentFile {
    var file = file()
    let length = file.latent.changes[0].change.leftFactorCount
    file.posterior = LatentPosterior(
      codes: [LatentCode([0, 1, 2]), LatentCode([0.5, 0.25, -1])],
      leftFactors: (0..<2).map { row in (0..<length).map { Float($0) * 0.5 - Float(row) } },
      noise: 0.11, method: "Laplace's approximation")
    return file
  }

  @Test("draws with changes of their own are written, read, and make scenes of their own")
  func changedDraws() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      let file = Self.fileWithChangedDraws()
      try file.write(to: path, overwriting: false)
      let read = try LatentFile.read(path)
      #expect(read == file)
      let posterior = try #require(read.posterior)
      let scene = posterior.scene(1, beside: read.latent)
      #expect(scene.code == posterior.codes[1] && scene.changes[0].weight == 0.75)
      let parts = scene.changes[0].change.parts
      #expect(parts.flatMap(\.left) == posterior.leftFactors[1])
      #expect(parts.map(\.right) == file.latent.changes[0].change.parts.map(\.right))
      #expect(posterior.byteCount == 4 * 2 * (3 + posterior.leftFactors[0].count))
    }
  }

  @Test(
    "draws whose changes do not fit the latent's are refused",
    arguments: [
      (#""changes":true"#, #""changes":false"#), (#""samples":2"#, #""samples":1"#),
      ("", "posterior.left_factors"),
    ])
  func malformedChangedDraws(old: String, new: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      try Self.fileWithChangedDraws().write(to: path, overwriting: false)
      var file = try Safetensors.read(path)
      if old == "" {
        file.tensors.removeAll { $0.name == new }
      } else {
        Self.replace(old, new, in: &file)
      }
      try Safetensors.write(file, to: path, overwriting: true)
      #expect(throws: CheckpointError.self) { try LatentFile.read(path) }
    }
  }

  @Test("draws with changes are refused beside a latent that has none")
  func changedDrawsAlone() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      try Self.fileWithDraws().write(to: path, overwriting: false)
      var file = try Safetensors.read(path)
      Self.replace(#""samples":3"#, #""changes":true,"samples":3"#, in: &file)
      try Safetensors.write(file, to: path, overwriting: true)
      #expect(
        throws: CheckpointError.configuration(
          path: path, key: "latent.posterior.changes", found: "true",
          expected: "false in a latent without changes")
      ) { try LatentFile.read(path) }
    }
  }

  @Test(
    "draws that do not fit their description are refused",
    arguments: [
      (#""samples":3"#, #""samples":4"#, "tensor"), (#""samples":3"#, #""samples":0"#, "samples"),
      (#""samples":3"#, #""samples":-1"#, "samples"),
      (#""samples":3"#, #""samples":1000000000"#, "samples"),
      (#""noise":0.09"#, #""noise":1.5"#, "noise"), (#""noise":0.09"#, #""noise":-0.1"#, "noise"),
    ])
  func malformedDraws(old: String, new: String, fault: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      try Self.fileWithDraws().write(to: path, overwriting: false)
      var file = try Safetensors.read(path)
      Self.replace(old, new, in: &file)
      try Safetensors.write(file, to: path, overwriting: true)
      #expect { try LatentFile.read(path) } throws: { error in
        switch error as? CheckpointError {
        case .shape(_, let tensor, _, _): fault == "tensor" && tensor == "posterior.codes"
        case .configuration(_, let key, _, _): key == "latent.posterior.\(fault)"
        default: false
        }
      }
    }
  }

  /// With a path of three rows beside the latent.
  static func movingFile() -> LatentFile {
    var file = file(changed: false)
    file.motion = LatentPath(
      curve: .spline, loops: true, seconds: 2.5,
      rows: [LatentCode([0.5, -1, 2]), LatentCode([0.5, 0.25, -1]), LatentCode([3, 4, 5])])
    return file
  }

  @Test("a path that is written is read, and goes through its rows")
  func motion() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      let file = Self.movingFile()
      try file.write(to: path, overwriting: false)
      let read = try LatentFile.read(path)
      #expect(read == file)
      let motion = try #require(read.motion)
      #expect(motion.code(at: 0) == read.latent.code && motion.code(at: 1 / 3) == motion.rows[1])
      #expect(motion.code(at: 1) == motion.rows[0])
    }
  }

  @Test(
    "a path that does not fit its description is refused",
    arguments: [
      (#""row_count":3"#, #""row_count":4"#, "tensor"),
      (#""row_count":3"#, #""row_count":1"#, "row_count"),
      (#""row_count":3"#, #""row_count":65"#, "row_count"),
      (#""curve":"spline""#, #""curve":"arc""#, "curve"),
      (#""seconds":2.5"#, #""seconds":0"#, "seconds"),
    ])
  func malformedMotion(old: String, new: String, fault: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      try Self.movingFile().write(to: path, overwriting: false)
      var file = try Safetensors.read(path)
      Self.replace(old, new, in: &file)
      try Safetensors.write(file, to: path, overwriting: true)
      #expect { try LatentFile.read(path) } throws: { error in
        switch error as? CheckpointError {
        case .shape(_, let tensor, _, _): fault == "tensor" && tensor == "trajectory.rows"
        case .configuration(_, let key, _, _): key == "latent.trajectory.\(fault)"
        default: false
        }
      }
    }
  }

  @Test("a change changes the field, and no weight leaves it as it was")
  func field() {
    var latent = Self.file().latent
    let plain = Self.model.hypernetwork.weights(for: latent.code)
    #expect(Self.model.weights(for: latent) != plain)
    latent.changes[0].weight = 0
    #expect(Self.model.weights(for: latent) == plain)
    #expect(Self.model.weights(for: SceneLatent(code: latent.code)) == plain)
  }

  @Test("any other value, code or setting gives another fingerprint")
  func fingerprint() {
    let model = Self.model
    #expect(model.fingerprint == TinyModel.checkpoint().fingerprint)
    #expect(model.fingerprint.count == 16)
    var other = model
    other.hypernetwork.parameters[5] += 1e-6
    #expect(other.fingerprint != model.fingerprint)
    other = model
    other.latents.values[0] = -other.latents.values[0]
    #expect(other.fingerprint != model.fingerprint)
    other = model
    other.configuration.near += 0.1
    #expect(other.fingerprint != model.fingerprint)
  }

  struct Malformed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout SafetensorsFile) -> Void
    let error: @Sendable (_ path: String) -> CheckpointError
  }

  /// Replaces a text in the description.
  @Sendable static func replace(_ old: String, _ new: String, in file: inout SafetensorsFile) {
    let text = file.metadata["hypermarch_latent"] ?? ""
    #expect(text.contains(old), "\(text)")
    file.metadata["hypermarch_latent"] = text.replacing(old, with: new)
  }

  @Test(
    "a file that is no latent is refused with the reason",
    arguments: [
      Malformed(testDescription: "no description") {
        $0.metadata["hypermarch_latent"] = nil
      } error: {
        .notALatent(path: $0)
      },
      Malformed(testDescription: "no version") {
        $0.metadata["hypermarch_latent"] = "{}"
      } error: {
        .configuration(
          path: $0, key: "latent.format_version", found: "none", expected: "a whole number")
      },
      Malformed(testDescription: "a newer version") {
        replace(#""format_version":1"#, #""format_version":2"#, in: &$0)
      } error: {
        .unsupportedVersion(path: $0, found: 2, expected: 1)
      },
      Malformed(testDescription: "no name") {
        replace(#""name":"toy","#, "", in: &$0)
      } error: {
        .configuration(
          path: $0, key: "latent.", found: "another object",
          expected: "name, model, latent_width and changes of a latent")
      },
      Malformed(testDescription: "a width beyond all memory") {
        replace(#""latent_width":3"#, #""latent_width":1000000000"#, in: &$0)
      } error: {
        .configuration(
          path: $0, key: "latent.latent_width", found: "1000000000", expected: "1…4096")
      },
      Malformed(testDescription: "another width than the code's") {
        replace(#""latent_width":3"#, #""latent_width":4"#, in: &$0)
      } error: {
        .shape(path: $0, tensor: "code", found: [3], expected: [4])
      },
      Malformed(testDescription: "a negative shape") {
        replace(#""shape":[4,9]"#, #""shape":[-4,9]"#, in: &$0)
      } error: {
        .configuration(
          path: $0, key: "latent.changes", found: "shape [-4, 9] and rank 1",
          expected: "a matrix and its rank, or a bias of rank 1")
      },
      Malformed(testDescription: "a camera that is none") {
        replace(#""width":40"#, #""width":0"#, in: &$0)
      } error: {
        .configuration(
          path: $0, key: "latent.camera",
          found: "a matrix that is no rotation or a size out of range", expected: "a camera")
      },
      Malformed(testDescription: "a missing factor") {
        $0.tensors.removeAll { $0.name == "change.0.hidden.0.weight.right" }
      } error: {
        .missingTensor(path: $0, tensor: "change.0.hidden.0.weight.right")
      },
      Malformed(testDescription: "a tensor more") {
        $0.tensors.append(Tensor(name: "extra", shape: [1], values: [0]))
      } error: {
        .unexpectedTensor(path: $0, tensor: "extra")
      },
    ])
  func malformed(_ malformed: Malformed) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/toy.latent.safetensors"
      try Self.file().write(to: path, overwriting: false)
      var file = try Safetensors.read(path)
      malformed.change(&file)
      try Safetensors.write(file, to: path, overwriting: true)
      #expect(throws: malformed.error(path)) { try LatentFile.read(path) }
    }
  }

  @Test("a latent of another model is refused with the reason")
  func otherModel() {
    var other = Self.model
    other.hypernetwork.parameters[0] += 1
    #expect(
      throws: CheckpointError.otherModel(
        path: "toy", found: Self.model.fingerprint, expected: other.fingerprint)
    ) { try Self.file().check(against: other, path: "toy") }
    var wide = Self.file()
    wide.latent.code = LatentCode([1, 2])
    #expect(
      throws: CheckpointError.shape(path: "toy", tensor: "code", found: [2], expected: [3])
    ) { try wide.check(against: Self.model, path: "toy") }
    var changed = Self.file()
    changed.latent.changes[0].change.parts.append(changed.latent.changes[0].change.parts[0])
    #expect(throws: CheckpointError.self) { try changed.check(against: Self.model, path: "toy") }
  }

  @Test("a model is no latent, and a latent is no model")
  func kinds() throws {
    try withTemporaryFolder { folder in
      try Self.model.write(to: folder + "/model", overwriting: false)
      try Self.file().write(to: folder + "/latent", overwriting: false)
      #expect(throws: CheckpointError.notALatent(path: folder + "/model")) {
        try LatentFile.read(folder + "/model")
      }
      #expect(throws: CheckpointError.notAModel(path: folder + "/latent")) {
        try Checkpoint.read(folder + "/latent")
      }
    }
  }
}
