import Kernels
package import NeuralFields

/// Learns the scenes of another model by what that model generates for them: two models become one.
///
///     L(θ, z) = mean over scenes of B of |h(z_k; θ) − h_B(z_Bk; θ_B)|²_s + mean over scenes of A of |h(z_Ak; θ) − h(z_Ak; θ_A)|²_s
///
/// Both terms are ``OutputRegularizer``s: A's codes rest, and B's scenes get new ones, which are learned. A scene
/// that moves is as many scenes as its path has `spreadTimes`, and what the moments of a new path ask for goes to
/// its rows (``SceneCodes``). No picture is needed, nor rendered; a step costs the same however many scenes
/// there are. The same models give the same bytes for any number of threads.
package struct ModelMerge {
  package struct Settings: Sendable, Hashable {
    package var steps = 6000
    /// Scenes of either model per step.
    package var scenesPerStep = 8
    package var learningRate: Float = 1e-3
    package var codeLearningRate: Float = 1e-2
    package var finalRateShare: Float = 0.01
    package var warmupSteps = 100
    package var seed: UInt64 = 42

    package init() {}
  }

  /// What a model generates its fields from.
  package struct Model: Sendable {
    package let hypernetwork: Hypernetwork
    package let latents: LatentTable
    /// The paths of scenes that move, over rows of the table.
    package let motion: [LatentTrajectory]

    package init(
      hypernetwork: Hypernetwork, latents: LatentTable, motion: [LatentTrajectory] = []
    ) {
      self.hypernetwork = hypernetwork
      self.latents = latents
      self.motion = motion
    }

    fileprivate var moments: LatentTable { latents.moments(of: motion) }
  }

  package let settings: Settings
  private var held: OutputRegularizer
  private var taught: OutputRegularizer
  /// Where the codes of what is taught come from, in the rows of the state's table.
  private let taughtCodes: SceneCodes
  private let threadCount: Int
  private let schedule: LearningRateSchedule
  private var state: TrainingState
  private var pass = Hypernetwork.Pass()
  private var codes: [Float] = []

  /// The part of each random code by which the rows of a new path begin apart, as in training.
  private static let pathShare: Float = 0.1

  /// - Parameters:
  ///   - names: of B's codes in the new model, in their order.
  /// - Precondition: both hypernetworks make weights of the same layout.
  package init(
    _ first: Model, _ second: Model, names: [String], settings: Settings, threadCount: Int
  ) {
    precondition(
      first.hypernetwork.target == second.hypernetwork.target,
      "found hypernetworks of different fields")
    self.settings = settings
    self.threadCount = threadCount
    schedule = LearningRateSchedule(
      warmupSteps: settings.warmupSteps, finalShare: settings.finalRateShare)
    let scales = OutputRegularizer.deviationScales(
      weights: Self.sampleWeights(first, threadCount: threadCount)
        + Self.sampleWeights(second, threadCount: threadCount),
      layout: first.hypernetwork.target)
    func regularizer(_ model: Model, seed: UInt64) -> OutputRegularizer {
      OutputRegularizer(
        anchor: model.hypernetwork, codes: model.moments, weight: 1,
        codesPerStep: settings.scenesPerStep, scales: scales, seed: seed)
    }
    held = regularizer(first, seed: settings.seed)
    taught = regularizer(second, seed: settings.seed &+ 1)
    taughtCodes = SceneCodes(momentsOf: second.latents, motion: second.motion)
    var latents = LatentTable(
      names: names, like: first.moments, spread: 1,
      generator: SeededGenerator(seed: settings.seed, 4))
    for path in second.motion where !path.curve.hasKeys {
      path.gather(&latents, keeping: Self.pathShare)
    }
    state = TrainingState(hypernetwork: first.hypernetwork, latents: latents)
  }

  private static func sampleWeights(_ model: Model, threadCount: Int) -> [Float] {
    let codes = model.moments
    let rows = OutputRegularizer.sampleRows(of: codes)
    return model.hypernetwork.forward(
      codes: codes.rows(rows).values, batch: rows.count, threadCount: threadCount
    ).weights
  }

  /// Steps done.
  package var step: Int { state.step }

  package var hypernetwork: Hypernetwork { state.hypernetwork }

  /// The codes of B's scenes.
  package var latents: LatentTable { state.latents }

  /// Takes the next step; returns the squared change of weights, in their variances, of B's scenes and of A's.
  package mutating func takeStep() -> (taught: Double, held: Double) {
    let newRows = taught.rows(ofStep: state.step)
    let oldRows = held.rows(ofStep: state.step)
    taughtCodes.gather(newRows, from: state.latents, into: &codes)
    state.hypernetwork.forward(
      codes: codes + held.codes(ofRows: oldRows), batch: newRows.count + oldRows.count,
      into: &pass, threadCount: threadCount)
    let weights = pass.weights
    let newLoss = taught.evaluate(
      weights, first: 0, rows: newRows, gradient: &pass.weightGradient, threadCount: threadCount)
    let oldLoss = held.evaluate(
      weights, first: newRows.count, rows: oldRows, gradient: &pass.weightGradient,
      threadCount: threadCount)
    state.hypernetwork.backward(&pass, threadCount: threadCount)
    let isFinite =
      (newLoss + oldLoss).isFinite && state.hypernetwork.hasFiniteGradients(after: pass)
    if isFinite {
      let share = schedule.share(
        step: state.step, progress: Float(state.step) / Float(settings.steps))
      state.optimizer.step(
        &state.hypernetwork, after: pass, learningRate: settings.learningRate * share,
        threadCount: threadCount)
      let rows = taughtCodes.rowGradients(
        of: newRows, codeGradient: Array(pass.codeGradient.prefix(codes.count)),
        table: state.latents)
      for (row, gradient) in rows {
        state.codeOptimizer.step(
          &state.latents.values, row: row, gradient: gradient.span,
          learningRate: settings.codeLearningRate * share, threadCount: 1)
      }
    } else {
      state.skippedStepCount += 1
    }
    state.step += 1
    return (newLoss, oldLoss)
  }
}
