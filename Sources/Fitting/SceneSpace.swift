import Checkpoints
import Kernels
package import NeuralFields

/// Scenes as vectors whose prior is N(0, I): a whitened code, and after it the coordinates of a change.
package struct SceneSpace: Sendable {
  let model: FitModel
  let changes: ChangeSpace?

  /// - Parameters:
  ///   - change: whose right factors the changes of all scenes share; nil for scenes of a code alone.
  ///   - scale: κ of `ChangeSpace`.
  ///   - widthLimit: numbers of a vector, at most, as far as a smaller rank can keep to it.
  package init(
    of model: FitModel, change: WeightChange?, scale: Float, widthLimit: Int = .max
  ) {
    self.model = model
    changes = change.map { change in
      let rank = Self.drawnRank(
        of: model.layout, rank: change.parts.map(\.rank).max() ?? 0,
        within: widthLimit - model.prior.width)
      return ChangeSpace(
        of: change, layout: model.layout, deviations: model.weightDeviations, scale: scale,
        rankLimit: rank)
    }
  }

  /// The largest rank, up to one that is given, with which the coordinates of all tensors keep to a limit.
  static func drawnRank(of layout: ParameterLayout, rank: Int, within limit: Int) -> Int {
    (0...rank).last { coordinateCount(of: layout, rank: $0) <= limit } ?? 0
  }

  /// The coordinates of a change of all tensors with a rank.
  static func coordinateCount(of layout: ParameterLayout, rank: Int) -> Int {
    layout.entries.reduce(0) { sum, entry in
      sum + entry.shape[0]
        * (entry.shape.count == 2 ? min(rank, entry.shape[0], entry.shape[1]) : 1)
    }
  }

  /// The numbers of a code.
  package var codeWidth: Int { model.prior.width }

  /// All numbers of a vector.
  package var width: Int { codeWidth + (changes?.count ?? 0) }

  /// The vector of a code with the change that the space was made of.
  package func place(of code: LatentCode) -> [Float] {
    model.prior.whitened(code) + (changes?.origin ?? [])
  }

  /// The latent code of a vector.
  package func code(at place: [Float]) -> LatentCode {
    model.prior.code(whitened: Array(place[..<codeWidth]))
  }

  /// The left factors of a vector's change, as `LatentPosterior` keeps them; nil where codes stand alone.
  package func leftFactors(at place: [Float]) -> [Float]? {
    changes?.leftFactors(at: Array(place[codeWidth...]))
  }

  /// Adds the change of a vector to weights that its code generates.
  package func addChange(at place: [Float], to weights: inout [Float]) {
    changes?.add(Array(place[codeWidth...]), to: &weights)
  }

  /// The field of a vector; `pass` then has the code's weights.
  func field(at place: [Float], pass: inout Hypernetwork.Pass) -> CoordinateMLP {
    model.checkpoint.hypernetwork.forward(
      codes: code(at: place).values, batch: 1, into: &pass, threadCount: 1)
    var weights = pass.weights
    addChange(at: place, to: &weights)
    return model.field(FieldWeights(weights))
  }

  /// ∂f/∂place of ∂f/∂W, after `field(at:pass:)`.
  func gradient(ofWeights gradient: [Float], pass: inout Hypernetwork.Pass) -> [Float] {
    pass.weightGradient = gradient
    model.checkpoint.hypernetwork.backward(&pass, threadCount: 1)
    return model.prior.whitenedGradient(pass.codeGradient)
      + (changes?.gradient(ofWeights: gradient) ?? [])
  }
}
