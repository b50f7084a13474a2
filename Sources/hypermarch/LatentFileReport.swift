import Checkpoints
import Files
import Foundation
import NeuralFields

/// What `info` says of a latent file.
struct LatentFileReport: Encodable {
  var schema = 1
  let name: String
  let program: String
  /// The fingerprint of the model that the latent belongs to.
  let model: String
  let latentWidth: Int
  /// Changes of the field's weights, and their numbers.
  let changes: Int
  let changeParameters: Int
  /// Draws from a posterior.
  let draws: Int
  /// nil for a scene at rest.
  let motion: Motion?
  /// How well it fits, as `fit` found it: JSON.
  let report: String?

  struct Motion: Encodable {
    let curve: LatentTrajectory.Curve
    let rows: Int
    let loops: Bool
    let seconds: Float
  }

  init(_ file: LatentFile) {
    name = file.name
    program = file.program
    model = file.modelFingerprint
    latentWidth = file.latent.code.values.count
    changes = file.latent.changes.count
    changeParameters = file.latent.changes.reduce(0) { $0 + $1.change.parameterCount }
    draws = file.posterior?.codes.count ?? 0
    motion = file.motion.map {
      Motion(curve: $0.curve, rows: $0.rows.count, loops: $0.loops, seconds: $0.seconds)
    }
    report = file.report
  }

  /// One fact a line.
  var text: String {
    var lines = [
      "latent          \(name.onOneLine)",
      "written by      \(program.onOneLine)",
      "of model        \(model.onOneLine)",
      "code            \(latentWidth) numbers",
    ]
    if changes > 0 {
      lines.append("changes         \(changes) of the weights, \(changeParameters) numbers")
    }
    if draws > 0 { lines.append("posterior       \(draws) draws") }
    if let motion {
      lines.append(
        "motion          \(motion.curve.rawValue) of \(motion.rows) codes, \(motion.seconds) s"
          + (motion.loops ? ", loops" : ""))
    }
    if let report { lines.append("fit             \(report.onOneLine)") }
    return lines.joined(separator: "\n")
  }
}
