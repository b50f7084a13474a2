import Checkpoints
package import Kernels
import NeuralFields
package import Training
import VolumeRendering

/// The cost U of the scenes of a space: how badly they explain fixed rays, by one thread.
///
///     U(y) = w / 2 · mean squared error
///
/// minus the logarithm of the likelihood of R values with independent Gaussian noise of variance R / w, up
/// to a constant.
package struct SceneCost: PerturbedCost {
  private let space: SceneSpace
  /// As they were given, and as `perturb` has changed them.
  private let givenRays: [TrainingRay]
  private var rays: [TrainingRay]
  private let weight: Double
  private var gradients: RayGradients
  private var pass = Hypernetwork.Pass()
  private var occupancy: FitOccupancy?

  /// - Parameters:
  ///   - rays: drawn within the whole bound.
  ///   - weight: w.
  package init(
    _ space: SceneSpace, rays: [TrainingRay], weight: Double, samplesPerDiagonal: Int
  ) {
    self.space = space
    givenRays = rays
    self.rays = rays
    self.weight = weight
    gradients = RayGradients(
      architecture: space.model.checkpoint.configuration.field, bound: space.model.bound,
      samplesPerDiagonal: samplesPerDiagonal, threadCount: 1)
  }

  /// Adds noise of variance 3 R / w to the 3 R values of the rays: U is then half the sum of their squared
  /// errors in deviations.
  package mutating func perturb(using random: inout SeededGenerator) {
    let deviation = Float((Double(3 * givenRays.count) / weight).squareRoot())
    rays = givenRays.map { ray in
      var target = ray.target
      for channel in 0..<3 { target[channel] += deviation * random.normal() }
      return TrainingRay(
        ray: ray.ray, target: target, background: ray.background, offset: ray.offset)
    }
  }

  /// Looks where a scene has density: samples are taken there until the next look.
  package mutating func begin(at y: [Double]) {
    guard !rays.isEmpty else { return }
    let field = space.field(at: y.map { Float($0) }, pass: &pass)
    occupancy = FitOccupancy(of: field, threadCount: 1)
  }

  /// U and ∂U/∂y.
  package mutating func evaluate(at y: [Double]) -> AnnealedChain.Cost {
    guard !rays.isEmpty else { return (0, [Double](repeating: 0, count: y.count)) }
    let field = space.field(at: y.map { Float($0) }, pass: &pass)
    let known = occupancy ?? FitOccupancy(of: field, threadCount: 1)
    let (loss, gradient) = gradients.evaluate(rays, field: field, occupancy: known)
    let slope = space.gradient(ofWeights: gradient, pass: &pass)
    return (weight / 2 * loss, slope.map { weight / 2 * Double($0) })
  }
}
