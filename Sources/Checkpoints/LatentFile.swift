import Foundation
package import NeuralFields

/// A scene of a model in a file of its own: `NAME.latent.safetensors`.
///
/// Its tensors are `code`, `[latent_width]`, and for each change of the weights `change.I.weight`, `[]`,
/// with `change.I.TENSOR.left` and `change.I.TENSOR.right`, or `change.I.TENSOR.shift` for a bias, and
/// `posterior.codes` and `posterior.left_factors` where there are draws, and `trajectory.rows` where the
/// scene moves; its metadata text `hypermarch_latent` is the rest, as JSON.
/// `scenes/latent-format.md` describes it.
package struct LatentFile: Sendable, Equatable {
  /// The version of the format that this code writes and reads.
  package static let formatVersion = 1

  /// The largest file that is read, bytes.
  package static let byteLimit = 64 << 20

  /// The changes that a file may hold, at most.
  package static let changeLimit = 64

  /// The program that wrote the file.
  package var program: String
  /// What the scene is called.
  package var name: String
  /// `Checkpoint.fingerprint` of the model that the latent belongs to.
  package var modelFingerprint: String
  package var latent: SceneLatent
  /// The camera of the first picture that the latent was fitted to.
  package var camera: ModelConfiguration.DefaultView?
  /// How well it fits, as a JSON object.
  package var report: String?
  /// What else the pictures may show.
  package var posterior: LatentPosterior?
  /// How the code goes on from that of time 0, which `latent` has; nil for a scene at rest.
  package var motion: LatentPath?

  package init(
    program: String, name: String, modelFingerprint: String, latent: SceneLatent,
    camera: ModelConfiguration.DefaultView? = nil, report: String? = nil,
    posterior: LatentPosterior? = nil, motion: LatentPath? = nil
  ) {
    self.program = program
    self.name = name
    self.modelFingerprint = modelFingerprint
    self.latent = latent
    self.camera = camera
    self.report = report
    self.posterior = posterior
    self.motion = motion
  }

  static let metadataKey = "hypermarch_latent"

  /// The metadata text.
  private struct Description: Codable {
    var formatVersion: Int
    var program: String
    var name: String
    var model: String
    var latentWidth: Int
    var changes: [[Shape]]
    var camera: ModelConfiguration.DefaultView?
    var report: String?
    var posterior: LatentPosterior.Description?
    var trajectory: LatentPath.Description?
  }

  /// A changed tensor of the field.
  private struct Shape: Codable {
    var tensor: String
    var shape: [Int]
    var rank: Int
  }

  private struct Version: Decodable {
    let formatVersion: Int
  }

  /// Reads a latent.
  ///
  /// - Throws: `CheckpointError`; whether a model has use for it, `check(against:path:)` says.
  package static func read(_ path: String) throws(CheckpointError) -> LatentFile {
    var tensors = try Checkpoint.table { () throws(SafetensorsError) in
      try SafetensorsReader(path, byteLimit: byteLimit, checksums: .required)
    }
    return try LatentFile(whole: &tensors)
  }

  /// Makes a latent of a file's bytes, as ``read(_:)`` does.
  ///
  /// - Parameter path: the file's name, for errors.
  package static func decode(
    _ bytes: [UInt8], path: String, checksums: Safetensors.ChecksumRule = .required
  ) throws(CheckpointError) -> LatentFile {
    var tensors = try Checkpoint.table { () throws(SafetensorsError) in
      try SafetensorsReader(bytes, path: path, checksums: checksums)
    }
    return try LatentFile(whole: &tensors)
  }

  /// Takes all of a file's tensors.
  private init(whole tensors: inout TensorTable) throws(CheckpointError) {
    let path = tensors.path
    guard let text = tensors.metadata[Self.metadataKey] else { throw .notALatent(path: path) }
    let description = try Self.description(text, path: path)
    let code = try tensors.take(
      "code", shape: [description.latentWidth], in: Checkpoint.latentRange)
    var changes: [WeightedChange] = []
    for (index, shapes) in description.changes.enumerated() {
      let prefix = "change.\(index)"
      let weight = try tensors.take(
        "\(prefix).weight", shape: [], in: Checkpoint.latentRange)[0]
      var parts: [WeightChange.Part] = []
      for shape in shapes {
        let name = "\(prefix).\(shape.tensor)"
        let isBias = shape.shape.count == 1
        let left = try tensors.take(
          isBias ? "\(name).shift" : "\(name).left",
          shape: isBias ? shape.shape : [shape.shape[0], shape.rank], in: Checkpoint.latentRange)
        let right =
          isBias
          ? []
          : try tensors.take(
            "\(name).right", shape: [shape.rank, shape.shape[1]], in: Checkpoint.latentRange)
        parts.append(
          WeightChange.Part(
            name: shape.tensor, shape: shape.shape, rank: shape.rank, left: left, right: right))
      }
      changes.append(WeightedChange(change: WeightChange(parts: parts), weight: weight))
    }
    var posterior: LatentPosterior?
    if let own = description.posterior {
      posterior = try LatentPosterior(
        own, width: description.latentWidth, changes: changes, from: &tensors, path: path)
    }
    var motion: LatentPath?
    if let own = description.trajectory {
      motion = try LatentPath(own, width: description.latentWidth, from: &tensors, path: path)
    }
    try tensors.expectEnd()
    self.init(
      program: description.program, name: description.name, modelFingerprint: description.model,
      latent: SceneLatent(code: LatentCode(code), changes: changes), camera: description.camera,
      report: description.report, posterior: posterior, motion: motion)
  }

  private static func description(
    _ text: String, path: String
  ) throws(CheckpointError) -> Description {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    func fault(_ key: String, _ found: String, _ expected: String) -> CheckpointError {
      .configuration(path: path, key: "latent.\(key)", found: found, expected: expected)
    }
    do {
      try ModelConfiguration.expectObject(text)
    } catch {
      throw fault("", error.found, error.expected)
    }
    let data = Data(text.utf8)
    // The version first: the rest of a newer file may look different.
    guard let version = try? decoder.decode(Version.self, from: data).formatVersion else {
      throw fault("format_version", "none", "a whole number")
    }
    guard version == formatVersion else {
      throw .unsupportedVersion(path: path, found: version, expected: formatVersion)
    }
    guard let description = try? decoder.decode(Description.self, from: data) else {
      throw fault("", "another object", "name, model, latent_width and changes of a latent")
    }
    guard (1...4096).contains(description.latentWidth) else {
      throw fault("latent_width", "\(description.latentWidth)", "1…4096")
    }
    guard description.changes.count <= changeLimit else {
      throw fault("changes", "\(description.changes.count) changes", "at most \(changeLimit)")
    }
    for part in description.changes where Set(part.map(\.tensor)).count != part.count {
      throw fault("changes", "a tensor twice in a change", "each tensor once")
    }
    for shape in description.changes.joined() {
      guard (1...2).contains(shape.shape.count),
        shape.shape.allSatisfy({ (1...4096).contains($0) }),
        (1...256).contains(shape.rank), shape.shape.count == 2 || shape.rank == 1
      else {
        throw fault(
          "changes", "shape \(shape.shape.prefix(8)) and rank \(shape.rank)",
          "a matrix and its rank, or a bias of rank 1")
      }
    }
    if let view = description.camera, !view.isCamera {
      throw fault("camera", "a matrix that is no rotation or a size out of range", "a camera")
    }
    return description
  }

  /// Writes the latent, whole or not at all.
  package func write(to path: String, overwriting: Bool) throws(CheckpointError) {
    var tensors = [
      Tensor(name: "code", shape: [latent.code.values.count], values: latent.code.values)
    ]
    for (index, own) in latent.changes.enumerated() {
      let prefix = "change.\(index)"
      tensors.append(Tensor(name: "\(prefix).weight", shape: [], values: [own.weight]))
      for part in own.change.parts {
        let name = "\(prefix).\(part.name)"
        if part.shape.count == 1 {
          tensors.append(Tensor(name: "\(name).shift", shape: part.shape, values: part.left))
        } else {
          tensors.append(
            Tensor(name: "\(name).left", shape: [part.shape[0], part.rank], values: part.left))
          tensors.append(
            Tensor(name: "\(name).right", shape: [part.rank, part.shape[1]], values: part.right))
        }
      }
    }
    if let posterior { tensors += posterior.tensors }
    if let motion { tensors.append(motion.tensor) }
    for tensor in tensors {
      try Checkpoint.check(tensor.values, named: tensor.name, path: path)
    }
    let file = SafetensorsFile(tensors: tensors, metadata: [Self.metadataKey: text])
    try Checkpoint.writing(to: path) { () throws(SafetensorsError) in
      try Safetensors.write(file, to: path, overwriting: overwriting)
    }
  }

  private var text: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let description = Description(
      formatVersion: Self.formatVersion, program: program, name: name, model: modelFingerprint,
      latentWidth: latent.code.values.count,
      changes: latent.changes.map { own in
        own.change.parts.map { Shape(tensor: $0.name, shape: $0.shape, rank: $0.rank) }
      }, camera: camera, report: report,
      posterior: posterior?.description, trajectory: motion?.description)
    guard let data = try? encoder.encode(description) else {
      preconditionFailure("found a number that is not finite, expected none in a latent")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Refuses a latent that was fitted to another model.
  ///
  /// - Parameter path: the latent's file, for the error.
  package func check(against model: Checkpoint, path: String) throws(CheckpointError) {
    let width = model.configuration.hypernetwork.latentWidth
    guard latent.code.values.count == width else {
      throw .shape(
        path: path, tensor: "code", found: [latent.code.values.count], expected: [width])
    }
    let fingerprints = model.latentFingerprints
    guard fingerprints.contains(modelFingerprint) else {
      throw .otherModel(path: path, found: modelFingerprint, expected: fingerprints[0])
    }
    let layout = model.configuration.field.layout
    guard latent.changes.allSatisfy({ $0.change.fits(layout) }) else {
      throw .configuration(
        path: path, key: "latent.changes", found: "changes of another field's weights",
        expected: "tensors of the model's field, each once")
    }
  }
}

extension ModelConfiguration.DefaultView {
  /// Whether the numbers make a camera.
  fileprivate var isCamera: Bool {
    guard (1...16_384).contains(width), (1...16_384).contains(height),
      (0.01...179.9).contains(fieldOfView), worldFromCamera.count == 3,
      worldFromCamera.allSatisfy({ $0.count == 4 && $0.allSatisfy { abs($0) <= 1e6 } })
    else { return false }
    let axes = (0..<3).map {
      SIMD3(worldFromCamera[0][$0], worldFromCamera[1][$0], worldFromCamera[2][$0])
    }
    return abs(axes[0].length - 1) <= 1e-3 && abs(axes[1].length - 1) <= 1e-3
      && (axes[0].cross(axes[1]) - axes[2]).length <= 1e-3
  }
}
