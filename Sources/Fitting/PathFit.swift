import Checkpoints
import Kernels
import NeuralFields
import Training
import VolumeRendering

/// Adam on the whitened keys of one path: the state of a fit to a sequence between its steps.
///
///     y(t) = Σⱼ wⱼ(t) yⱼ        code(t) = μ + L y(t)
struct PathFit {
  let trajectory: LatentTrajectory
  /// yⱼ, `[keys × width]`.
  private(set) var keys: [Float]
  /// The same as a running mean over steps, which shows pictures better than the last step's.
  private(set) var mean: [Float]
  /// A running mean of the step's objectives.
  private(set) var objective = Double.infinity
  private(set) var stepCount = 0
  /// Where each frame's field had density when it was last looked at.
  private(set) var occupancy: [FitOccupancy?]
  private var visits: [Int]
  private let first: [Float]
  private var optimizer: Adam
  private var pass = Hypernetwork.Pass()

  /// - Parameter keys: where the path begins; what is held smooth is how it changes from there.
  init(_ trajectory: LatentTrajectory, keys: [Float], frameCount: Int) {
    self.trajectory = trajectory
    self.keys = keys
    mean = keys
    first = keys
    optimizer = Adam(rowLength: keys.count)
    occupancy = [FitOccupancy?](repeating: nil, count: frameCount)
    visits = [Int](repeating: 0, count: frameCount)
  }

  private var width: Int { keys.count / trajectory.rowCount }

  /// y at a time, of keys that are these or others.
  static func whitened(_ keys: [Float], _ weights: [Double]) -> [Float] {
    let width = keys.count / weights.count
    var result = [Float](repeating: 0, count: width)
    for (key, weight) in weights.enumerated() where weight != 0 {
      var target = result.mutableSpan
      target.add(keys.span.extracting(key * width..<(key + 1) * width), times: Float(weight))
    }
    return result
  }

  /// One step.
  ///
  ///     L = mean over frames of (mean squared error + λ |y(t)|² / d) + ρ roughness(y − y at first)
  ///
  /// - Parameters:
  ///   - chosen: numbers of the frames that are looked at.
  ///   - learningRate: in the prior's standard deviations.
  /// - Returns: whether the step was taken; a gradient that is not finite changes nothing.
  @discardableResult
  mutating func step(
    _ chosen: [Int], times: [Double], rays: [FitRays], model: FitModel, settings: FitSettings,
    path: SequenceFitSettings, gradients: inout RayGradients, learningRate: Float,
    random: SeededGenerator, threadCount: Int
  ) -> Bool {
    let hypernetwork = model.checkpoint.hypernetwork
    let weights = chosen.map { trajectory.weights(at: times[$0]) }
    let whitened = weights.map { Self.whitened(keys, $0) }
    hypernetwork.forward(
      codes: whitened.flatMap { model.prior.code(whitened: $0).values }, batch: chosen.count,
      into: &pass, threadCount: threadCount)
    let length = model.layout.count
    let share = 1 / Float(chosen.count)
    var total = 0.0
    var weightGradient: [Float] = []
    for (place, frame) in chosen.enumerated() {
      let field = model.field(
        FieldWeights(Array(pass.weights[place * length..<(place + 1) * length])))
      let known = look(at: frame, field: field, period: settings.occupancyPeriod, threadCount)
      let drawn = rays[frame].draw(
        max(1, settings.raysPerStep / chosen.count), within: known.box, near: model.near,
        random: random.split(UInt64(place)))
      let (loss, gradient) = gradients.evaluate(drawn, field: field, occupancy: known)
      total += Double(share) * loss
      weightGradient += gradient.map { share * $0 }
    }
    pass.weightGradient = weightGradient
    hypernetwork.backward(&pass, threadCount: threadCount)

    var slope = [Float](repeating: 0, count: keys.count)
    for (place, own) in weights.enumerated() {
      let (penalty, gradient) = model.prior.penalised(
        Array(pass.codeGradient[place * width..<(place + 1) * width]), at: whitened[place],
        weight: path.priorWeight * share)
      total += penalty
      var target = slope.mutableSpan
      for (key, weight) in own.enumerated() where weight != 0 {
        target.add(gradient.span, times: Float(weight), at: key * width)
      }
    }
    total += trajectory.roughness(
      of: zip(keys, first).map { $0 - $1 }, width: width, weight: path.smoothness,
      gradient: &slope)
    stepCount += 1
    guard total.isFinite, slope.span.hasFiniteSquares else { return false }
    objective = objective.isFinite ? 0.9 * objective + 0.1 * total : total
    optimizer.step(&keys, gradient: slope.span, learningRate: learningRate, threadCount: 1)
    let moved = keys
    var target = mean.mutableSpan
    target.approach(moved.span, share: 0.1)
    return true
  }

  private mutating func look(
    at frame: Int, field: CoordinateMLP, period: Int, _ threadCount: Int
  ) -> FitOccupancy {
    defer { visits[frame] += 1 }
    if let known = occupancy[frame], visits[frame] % period != 0 { return known }
    let found = FitOccupancy(of: field, threadCount: threadCount)
    occupancy[frame] = found
    return found
  }
}
