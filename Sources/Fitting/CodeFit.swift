import Checkpoints
import Kernels
import NeuralFields
import Training
import VolumeRendering

/// Adam on one whitened code: the state of a fit between its steps.
struct CodeFit {
  /// y of z = μ + L y, `[width]`.
  private(set) var whitened: [Float]
  private(set) var occupancy: FitOccupancy?
  private(set) var stepCount = 0
  /// A running mean of the step's objectives.
  private(set) var objective = Double.infinity
  private var optimizer: Adam
  private var pass = Hypernetwork.Pass()
  /// The sum of the last steps' codes, which shows pictures better than the last code alone.
  private var tail: [Float]
  private var tailCount = 0

  init(whitened: [Float]) {
    self.whitened = whitened
    optimizer = Adam(rowLength: whitened.count)
    tail = [Float](repeating: 0, count: whitened.count)
  }

  /// The mean over the steps that were told to count, or the last step's code.
  var result: [Float] {
    tailCount > 0 ? tail.map { $0 / Float(tailCount) } : whitened
  }

  /// One step.
  ///
  ///     L = mean squared error + λ |y|² / (N d)        N pictures
  ///
  /// - Parameters:
  ///   - learningRate: in the prior's standard deviations.
  ///   - countsForMean: whether the code after the step counts for the mean.
  /// - Returns: whether the step was taken; a gradient that is not finite changes nothing.
  @discardableResult
  mutating func step(
    _ rays: FitRays, model: FitModel, settings: FitSettings, gradients: inout RayGradients,
    learningRate: Float, random: SeededGenerator, countsForMean: Bool, threadCount: Int
  ) -> Bool {
    let hypernetwork = model.checkpoint.hypernetwork
    let code = model.prior.code(whitened: whitened)
    hypernetwork.forward(codes: code.values, batch: 1, into: &pass, threadCount: threadCount)
    let field = model.field(FieldWeights(pass.weights))
    let known: FitOccupancy
    if let occupancy, stepCount % settings.occupancyPeriod != 0 {
      known = occupancy
    } else {
      known = FitOccupancy(of: field, threadCount: threadCount)
      occupancy = known
    }
    let drawn = rays.draw(
      settings.raysPerStep, within: known.box, near: model.near, random: random)
    let (loss, gradient) = gradients.evaluate(drawn, field: field, occupancy: known)
    pass.weightGradient = gradient
    hypernetwork.backward(&pass, threadCount: threadCount)
    let (penalty, slope) = model.prior.penalised(
      pass.codeGradient, at: whitened,
      weight: settings.priorWeight / Float(rays.viewCount))
    stepCount += 1
    let total = loss + penalty
    guard total.isFinite, slope.span.hasFiniteSquares else { return false }
    objective = objective.isFinite ? 0.9 * objective + 0.1 * total : total
    optimizer.step(
      &whitened, gradient: slope.span, learningRate: learningRate, threadCount: 1)
    if countsForMean {
      for index in tail.indices { tail[index] += whitened[index] }
      tailCount += 1
    }
    return true
  }
}
