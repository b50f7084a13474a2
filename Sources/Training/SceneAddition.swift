import Kernels
package import NeuralFields

/// Learns new scenes into a hypernetwork that knows others, without their pictures.
///
/// First the new scenes' codes are sought with the hypernetwork at rest; then both learn together, while
/// an ``OutputRegularizer`` holds what is generated for the old codes. Touches no files and prints nothing;
/// the same input gives the same bytes for any number of threads.
package struct SceneAddition {
  /// How scenes are added: what decides the result beside the training's configuration.
  package struct Settings: Sendable, Hashable {
    /// Steps for the codes alone, and then for codes and hypernetwork.
    package var codeSteps = 300
    package var jointSteps = 1200
    /// β; infinite for a hypernetwork that rests altogether.
    package var hold: Float = 1
    /// Old codes held per step.
    package var heldPerStep = 4
    /// Whether what is held is measured in each tensor's own deviation over scenes.
    package var scalesByDeviation = true
    /// The deviation of new codes about the mean of the old ones, as a share of the old codes' own.
    package var codeSpread: Float = 0.3

    package init() {}

    /// Whether the hypernetwork rests throughout.
    package var isFrozen: Bool { hold == .infinity }
    package var stepCount: Int { codeSteps + jointSteps }
  }

  package let settings: Settings
  /// The model before.
  private let old: (hypernetwork: Hypernetwork, latents: LatentTable)
  private var trainer: Trainer
  private let makeTrainer: (TrainingState, Float) -> Trainer
  /// Steps done.
  package private(set) var step = 0

  /// - Parameters:
  ///   - motion: the paths of old scenes that move, whose moments are held, over rows of `latents`.
  ///   - scenes: new scenes and their variants, as `TrainingScene.family` makes them.
  ///   - replayed: old scenes that are shown again, if their pictures are there; named as in `latents`.
  ///   - configuration: its `variantsPerScene` is that of the new scenes.
  /// - Precondition: names of new scenes are no names of old ones, those of replayed ones are.
  package init(
    to hypernetwork: Hypernetwork, latents: LatentTable, motion: [LatentTrajectory] = [],
    scenes: [TrainingScene], replaying replayed: [TrainingScene] = [],
    architecture: FieldArchitecture, bound: BoundingBox,
    configuration: TrainingConfiguration, settings: Settings, threadCount: Int
  ) {
    self.settings = settings
    old = (hypernetwork, latents)
    let known = Set(latents.names)
    precondition(
      scenes.allSatisfy { !known.contains($0.name) }
        && replayed.allSatisfy { known.contains($0.name) },
      "found a new scene of an old name, or a replayed one of a new name")
    let moments = latents.moments(of: motion)
    var codes = LatentTable(
      names: scenes.map(\.name), like: moments, spread: settings.codeSpread,
      generator: SeededGenerator(seed: configuration.seed, 4))
    let replayedNames = Set(replayed.map(\.name))
    codes = LatentTable(
      names: codes.names + replayed.map(\.name), width: codes.width,
      values: codes.values + replayed.flatMap { latents[$0.name]?.values ?? [] })
    let held = moments.names.indices.filter { !replayedNames.contains(moments.names[$0]) }
    let isHeld = settings.hold > 0 && !settings.isFrozen && !held.isEmpty
    let regularizer =
      isHeld
      ? OutputRegularizer(
        anchor: hypernetwork, codes: moments.rows(held), weight: settings.hold,
        codesPerStep: settings.heldPerStep,
        scales: settings.scalesByDeviation
          ? Self.scales(of: hypernetwork, codes: moments, threadCount: threadCount)
          : [Float](repeating: 1, count: hypernetwork.target.count), seed: configuration.seed)
      : nil
    let firstCount = scenes.count / (1 + configuration.variantsPerScene)
    makeTrainer = { state, learningRate in
      var own = configuration
      own.learningRate = learningRate
      return Trainer(
        state: state, scenes: scenes + replayed, architecture: architecture, bound: bound,
        configuration: own, regularizer: learningRate > 0 ? regularizer : nil,
        firstSceneCount: firstCount, threadCount: threadCount)
    }
    learningRate = configuration.learningRate
    trainer = makeTrainer(TrainingState(hypernetwork: hypernetwork, latents: codes), 0)
    if settings.codeSteps == 0 { beginJointSteps() }
  }

  private let learningRate: Float

  private static func scales(
    of hypernetwork: Hypernetwork, codes: LatentTable, threadCount: Int
  ) -> [Float] {
    let rows = OutputRegularizer.sampleRows(of: codes)
    let weights = hypernetwork.forward(
      codes: codes.rows(rows).values, batch: rows.count, threadCount: threadCount
    ).weights
    return OutputRegularizer.deviationScales(weights: weights, layout: hypernetwork.target)
  }

  /// Takes the next step.
  package mutating func takeStep() -> Trainer.StepReport {
    precondition(step < settings.stepCount, "found \(step) steps done, expected fewer")
    let isFirstPart = step < settings.codeSteps
    let (place, count) =
      isFirstPart
      ? (step, settings.codeSteps) : (step - settings.codeSteps, settings.jointSteps)
    let report = trainer.step(progress: Float(place) / Float(count))
    step += 1
    if step == settings.codeSteps { beginJointSteps() }
    return report
  }

  private mutating func beginJointSteps() {
    guard settings.jointSteps > 0 else { return }
    var state = trainer.state
    state.step = 0
    trainer = makeTrainer(state, settings.isFrozen ? 0 : learningRate)
  }

  /// Steps that were left out because a number was not finite.
  package var skippedStepCount: Int { trainer.state.skippedStepCount }

  /// The hypernetwork as it is now.
  package var hypernetwork: Hypernetwork { trainer.state.hypernetwork }

  /// The old codes, in their order, and then the new ones.
  package var latents: LatentTable {
    let found = trainer.state.latents
    var values = old.latents.values
    var (names, newValues): ([String], [Float]) = ([], [])
    for (row, name) in found.names.enumerated() {
      let code = found[row].values
      if let known = old.latents.names.firstIndex(of: name) {
        values.replaceSubrange(old.latents.range(ofRow: known), with: code)
      } else {
        names.append(name)
        newValues += code
      }
    }
    return LatentTable(
      names: old.latents.names + names, width: found.width, values: values + newValues)
  }
}
