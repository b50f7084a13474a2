import Datasets
import NeuralFields
import TestSupport
import Testing
import Training

/// What a guard does about numbers that are finite and wrong.
@Suite("Training guard")
struct TrainingGuardTests {
  static func trainer(_ change: (inout TrainingConfiguration) -> Void = { _ in }) -> Trainer {
    var configuration = TrainingFixture.configuration
    configuration.averageDecay = 0.9
    change(&configuration)
    return TrainingFixture.trainer(configuration: configuration)
  }

  @Test("a training that goes well is left alone, and its good state follows it")
  func clean() {
    var trainer = Self.trainer()
    for step in 1...250 {
      let report = trainer.step(progress: 0)
      #expect(report.outcome == .taken && !report.wasClipped)
      #expect(trainer.health.lastGood.step == step / 100 * 100)
    }
    #expect(trainer.health.record.norms.count == 100 && trainer.health.record.losses.count == 100)
    #expect(trainer.health.record.skippedBatchCount == 0 && trainer.settle() == nil)
  }

  @Test("a gradient far above what is usual is cut to ten times that, and its step is taken")
  func clipping() {
    var trainer = Self.trainer()
    for _ in 0..<30 { _ = trainer.step(progress: 0) }
    var other = trainer
    var cut: [Float] = []
    let report = trainer.step(progress: 0) { gradient in
      for index in gradient.indices { gradient[index] *= 1e6 }
    }
    // Ten times the usual norm, and any larger one, give the same step.
    let same = other.step(progress: 0) { gradient in
      for index in gradient.indices { gradient[index] *= 2e6 }
      cut = gradient
    }
    #expect(report.wasClipped && same.wasClipped && report.outcome == .taken)
    #expect(!cut.isEmpty && trainer.state.step == 31)
    for (found, expected) in zip(trainer.state.latents.values, other.state.latents.values) {
      #expect(abs(found - expected) < 1e-5)
    }
  }

  @Test("three bad steps in fifty lead back to the good state, and on with other batches")
  func badSteps() {
    var trainer = Self.trainer()
    for _ in 0..<110 { _ = trainer.step(progress: 0) }
    let good = trainer.health.lastGood
    let outcomes = (0..<3).map { _ in
      trainer.step(progress: 0, changeGradient: { $0[5] = .nan }).outcome
    }
    #expect(outcomes == [.skipped, .skipped, .rolledBack(.notFinite)])
    #expect(trainer.state.step == 100 && trainer.state.isIdentical(to: good))
    #expect(trainer.state.skippedStepCount == 3)
    #expect(trainer.health.record.skippedBatchCount == 13)
    #expect(trainer.health.record.slowStepCount == 200 && trainer.health.record.rollbackCount == 1)
    #expect(!trainer.health.learnsSlowly)
    for _ in 0..<200 { #expect(trainer.step(progress: 0).outcome == .taken) }
    #expect(trainer.health.record.slowStepCount == 0 && trainer.health.record.rollbackCount == 0)
    #expect(trainer.state.step == 300)
  }

  @Test("where one step back does not help, the next one halves the rate for two hundred steps")
  func badStepsAgain() {
    var trainer = Self.trainer()
    for _ in 0..<110 { _ = trainer.step(progress: 0) }
    for round in 1...2 {
      for _ in 0..<3 { _ = trainer.step(progress: 0, changeGradient: { $0[5] = .nan }) }
      #expect(trainer.health.record.rollbackCount == round)
      #expect(trainer.health.learnsSlowly == (round == 2))
      for _ in 0..<20 { _ = trainer.step(progress: 0) }
    }
    for _ in 0..<180 {
      #expect(trainer.health.learnsSlowly && !trainer.step(progress: 0).wasSkipped)
    }
    #expect(!trainer.health.learnsSlowly)
  }

  @Test("bad steps that lie far apart are skipped and no more")
  func rareBadSteps() {
    var trainer = Self.trainer()
    for step in 0..<200 {
      let outcome =
        step % 30 == 7
        ? trainer.step(progress: 0, changeGradient: { $0[5] = .infinity }).outcome
        : trainer.step(progress: 0).outcome
      #expect(outcome == (step % 30 == 7 ? .skipped : .taken))
    }
    #expect(trainer.state.step == 200 && trainer.state.skippedStepCount == 7)
  }

  @Test("fifty steps in a row with five times the usual loss lead back to the good state")
  func explodingLoss() {
    var trainer = Self.trainer { $0.learningRate = 5e-3 }
    for _ in 0..<210 { _ = trainer.step(progress: 0) }
    let scenes = trainer.scenes
    // Pictures of something else, all at once.
    let views = [TrainingFixture.views(of: BallField(centre: [0.5, 0.5, 0.5]), count: 3, size: 12)]
    trainer.scenes = scenes.map {
      TrainingScene(
        name: $0.name, background: .plain([1, 1, 1]),
        views: views[0].map { ($0.camera, [UInt8](repeating: 255, count: 12 * 12 * 4)) })
    }
    var outcome = TrainingGuard.Outcome.taken
    var count = 0
    // A rate of nothing, so that the training cannot follow.
    while outcome == .taken && count < 100 {
      outcome = trainer.step(progress: 0, changeGradient: { $0 = $0.map { _ in 0 } }).outcome
      count += 1
    }
    #expect(outcome == .rolledBack(.exploded) && count == 50)
    #expect(trainer.state.step == 200)
    trainer.scenes = scenes
    #expect(trainer.step(progress: 0).outcome == .taken)
  }

  @Test(
    "a number that no optimizer makes is found at the next look at the whole state",
    arguments: [Float.nan, .infinity, -1e30, 50, -3])
  func damage(value: Float) {
    func expectBack(heals: Bool = false, _ change: (inout TrainingState) -> Void) {
      var trainer = Self.trainer()
      for _ in 0..<120 { _ = trainer.step(progress: 0) }
      let good = trainer.health.lastGood
      change(&trainer.state)
      var late = trainer
      #expect(trainer.settle() == .rolledBack(.unsound))
      #expect(trainer.state.isIdentical(to: good) && trainer.settle() == nil)
      // A running mean forgets what it was.
      if heals { return }
      var steps = 0
      while late.health.record.rollbackCount == 0 && steps < 81 {
        _ = late.step(progress: 0)
        steps += 1
      }
      #expect(late.health.record.rollbackCount == 1 && late.state.isIdentical(to: good))
    }
    expectBack { $0.hypernetwork.parameters[17] = value }
    expectBack { $0.latents.values[7] = value }
    expectBack(heals: true) { state in
      guard let average = state.average else { return }
      var parameters = average.parameters
      parameters[17] = value
      state.average = WeightAverage(parameters: parameters, codes: average.codes)
    }
  }

  @Test("a training that never goes well gives up")
  func givingUp() {
    var trainer = Self.trainer()
    var steps = 0
    while !trainer.health.hasGivenUp && steps < 100 {
      _ = trainer.step(progress: 0) { $0[0] = .nan }
      steps += 1
    }
    #expect(steps == 15 && trainer.state.step == 0)
    #expect(trainer.state.numbers.allSatisfy { $0.allSatisfy(\.isFinite) })
  }
}
