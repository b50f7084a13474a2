import Checkpoints
import Fitting
import Foundation
import NeuralFields

/// Where latents lie among the codes of a model: what reports of `latents` say of each.
struct LatentSurvey {
  let model: Checkpoint
  let prior: LatentPrior
  private let codes: WhitenedCodes

  /// - Parameter includesVariants: whether scenes that training made from others count.
  init(_ model: Checkpoint, includesVariants: Bool = false, threadCount: Int) {
    self.model = model
    let table = model.sceneCodes
    prior = LatentPrior(table, deviation: model.configuration.priorDeviation)
    codes = WhitenedCodes(
      table,
      rows: includesVariants ? Array(model.latents.names.indices) : model.latents.ownRows,
      prior: prior, threadCount: threadCount)
  }

  /// Rows of the scenes that count.
  var rows: [Int] { codes.rows }

  /// Scenes that do not count.
  var leftOutCount: Int { model.latents.names.count - rows.count }

  struct Neighbour: Encodable {
    let scene: String
    /// In the prior's standard deviations.
    let distance: Float
  }

  /// Where one code lies.
  struct Place: Encodable {
    /// The code's length.
    let norm: Float
    /// From the prior's mean, in its standard deviations.
    let priorDistance: Float
    let nearest: [Neighbour]

    /// Norm and distance in columns, and then the neighbours.
    var text: String {
      let names = nearest.map { "\($0.scene) \(LatentSurvey.number($0.distance))" }
      return String(format: "%8.2f%8.2f  ", norm, priorDistance) + names.joined(separator: ", ")
    }

    static let heading = "    norm   prior  nearest"
  }

  func place(of code: LatentCode, neighbourCount: Int, excluding row: Int? = nil) -> Place {
    Place(
      norm: code.values.reduce(0) { $0 + $1 * $1 }.squareRoot(),
      priorDistance: prior.distance(of: code),
      nearest: codes.nearest(to: code, count: neighbourCount, excluding: row).map {
        Neighbour(scene: model.latents.names[$0.row], distance: $0.distance)
      })
  }

  /// What a place and its line of a list take, bytes.
  static func placeBytes(neighbourCount: Int) -> Int { 512 + 192 * neighbourCount }

  /// A number with two decimals.
  static func number(_ value: Float) -> String { String(format: "%.2f", value) }

  /// Names made equally long, for the first column of a table.
  static func padded(_ names: [String]) -> [String] {
    let width = max(5, names.map(\.count).max() ?? 0)
    return names.map { $0 + String(repeating: " ", count: width - $0.count) }
  }
}
