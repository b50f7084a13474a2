import Checkpoints
import Kernels
import NeuralFields
package import Training
import VolumeRendering

/// The cost U of whitened codes: how badly their scenes explain fixed rays, by one thread.
///
///     U(y) = w / 2 · mean squared error        w = N / s²
///
/// minus the logarithm of the likelihood of N independent values with Gaussian noise of deviation s, up
/// to a constant.
package struct CodeCost: ChainCost {
  private let model: FitModel
  private let change: [Float]?
  private let rays: [TrainingRay]
  private let weight: Double
  private var gradients: RayGradients
  private var pass = Hypernetwork.Pass()
  private var occupancy: FitOccupancy?

  /// - Parameters:
  ///   - change: what is added to the generated weights; nil for nothing.
  ///   - rays: drawn within the whole bound.
  ///   - weight: w.
  package init(
    _ model: FitModel, change: [Float]?, rays: [TrainingRay], weight: Double,
    samplesPerDiagonal: Int
  ) {
    self.model = model
    self.change = change
    self.rays = rays
    self.weight = weight
    gradients = RayGradients(
      architecture: model.checkpoint.configuration.field, bound: model.bound,
      samplesPerDiagonal: samplesPerDiagonal, threadCount: 1)
  }

  private mutating func field(_ y: [Double]) -> CoordinateMLP {
    let code = model.prior.code(whitened: y.map { Float($0) })
    model.checkpoint.hypernetwork.forward(
      codes: code.values, batch: 1, into: &pass, threadCount: 1)
    var weights = FieldWeights(pass.weights)
    if let change {
      var target = weights.values.mutableSpan
      target.add(change.span)
    }
    return model.field(weights)
  }

  /// Looks where the scene of a code has density: samples are taken there until the next look.
  package mutating func begin(at y: [Double]) {
    guard !rays.isEmpty else { return }
    let field = field(y)
    occupancy = FitOccupancy(of: field, threadCount: 1)
  }

  /// U and ∂U/∂y.
  package mutating func evaluate(at y: [Double]) -> AnnealedChain.Cost {
    guard !rays.isEmpty else { return (0, [Double](repeating: 0, count: y.count)) }
    let field = field(y)
    let known = occupancy ?? FitOccupancy(of: field, threadCount: 1)
    let (loss, gradient) = gradients.evaluate(rays, field: field, occupancy: known)
    pass.weightGradient = gradient
    model.checkpoint.hypernetwork.backward(&pass, threadCount: 1)
    let slope = model.prior.whitenedGradient(pass.codeGradient)
    return (weight / 2 * loss, slope.map { weight / 2 * Double($0) })
  }
}
