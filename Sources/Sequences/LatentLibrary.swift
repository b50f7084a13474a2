package import Checkpoints
import Files
package import NeuralFields

/// The latents that mixes of a model name, read once.
package struct LatentLibrary: Sendable {
  private let scenes: LatentTable
  /// Of the model's moving scenes, and of the latent files that hold one, under their paths.
  package private(set) var trajectories: [LatentTrajectory]
  private let mean: SceneLatent
  private var files: [String: (latent: SceneLatent, checksum: String)] = [:]
  private var posteriors: [String: LatentPosterior] = [:]
  /// The rows of files' trajectories.
  private var rows: [String: [LatentCode]] = [:]

  package init(_ model: Checkpoint) {
    scenes = model.latents
    trajectories = model.configuration.motion ?? []
    var sum = [Float](repeating: 0, count: scenes.width)
    let codes = model.sceneCodes
    for row in codes.names.indices {
      for (index, value) in codes[row].values.enumerated() { sum[index] += value }
    }
    let count = Float(max(1, scenes.names.count))
    mean = SceneLatent(code: LatentCode(sum.map { $0 / count }))
  }

  /// Reads the latent files that a mix names, those that are not known yet.
  ///
  /// - Throws: `CheckpointError`, also for a latent of another model.
  package mutating func load(_ mix: LatentMix, of model: Checkpoint) throws(CheckpointError) {
    for part in mix.parts {
      guard let path = part.source.path, files[path] == nil else { continue }
      let bytes: [UInt8]
      do {
        bytes = try FileReader.bytes(at: path, limit: LatentFile.byteLimit)
      } catch {
        throw .safetensors(.file(error))
      }
      let file = try LatentFile.read(path)
      try file.check(against: model, path: path)
      files[path] = (file.latent, CRC32.digits(of: bytes.span))
      posteriors[path] = file.posterior
      if let motion = file.motion {
        trajectories.append(motion.trajectory(named: path))
        rows[path] = motion.rows
      }
    }
  }

  /// The first part of a mix whose file has no such row, and the rows that it has.
  ///
  /// - Precondition: the mix's files have been loaded.
  package func missingRow(of mix: LatentMix) -> (source: LatentMix.Source, rowCount: Int)? {
    for part in mix.parts {
      guard case .row(let row, let path) = part.source else { continue }
      let count = rows[path]?.count ?? 0
      if row >= count { return (part.source, count) }
    }
    return nil
  }

  /// - Precondition: the model has the scenes that the mix names, and its files have been loaded.
  ///
  /// A moving scene is taken at time 0.
  package func latent(of mix: LatentMix) -> SceneLatent {
    SceneLatent.mix(
      mix.moment(at: 0, of: trajectories).parts.map { (latent(of: $0.source), $0.weight) })
  }

  private func latent(of source: LatentMix.Source) -> SceneLatent {
    switch source {
    case .mean: return mean
    case .scene(let name):
      guard let code = scenes[name] else {
        preconditionFailure("found no scene \(name), expected one of the model's")
      }
      return SceneLatent(code: code)
    case .file(let path):
      guard let file = files[path] else {
        preconditionFailure("found a latent file that is not loaded: \(path)")
      }
      return file.latent
    case .row(let row, let path):
      guard let file = files[path], let own = rows[path], own.indices.contains(row) else {
        preconditionFailure("found no row \(row) of a loaded latent file: \(path)")
      }
      return SceneLatent(code: own[row], changes: file.latent.changes)
    }
  }

  /// The draws beside a latent file's latent; nil for other mixes, and where there are none.
  package func posterior(of mix: LatentMix) -> LatentPosterior? {
    guard mix.parts.count == 1, mix.parts[0].weight == 1, case .file(let path) = mix.parts[0].source
    else { return nil }
    return posteriors[path]
  }

  /// The CRC-32 of a latent file as it was read, eight hexadecimal digits; nil for other sources.
  package func checksum(of source: LatentMix.Source) -> String? {
    source.path.flatMap { files[$0]?.checksum }
  }
}
