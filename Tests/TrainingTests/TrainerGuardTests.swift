import NeuralFields
import TestSupport
import Testing
import Training

/// What happens when numbers go wrong: nothing of it may enter the state.
@Suite("Trainer, numeric guard")
struct TrainerGuardTests {
  static func tensor(_ name: String, in network: Hypernetwork) throws -> Range<Int> {
    try #require(network.layout.entries.first { $0.name == name }).range
  }

  /// Takes steps from a state that can only fail: each is skipped, none changes anything, and the training
  /// gives up, as the state to go back to is the same.
  static func expectSkip(_ state: TrainingState, sourceLocation: SourceLocation = #_sourceLocation)
  {
    var trainer = TrainingFixture.trainer(state: state, threadCount: 2)
    var count = 0
    while !trainer.health.hasGivenUp && count < 20 {
      count += 1
      let report = trainer.step(progress: 0)
      #expect(report.wasSkipped, sourceLocation: sourceLocation)
      #expect(report.outcome != .taken, sourceLocation: sourceLocation)
      #expect(trainer.state.skippedStepCount == count, sourceLocation: sourceLocation)
      #expect(
        trainer.state.step + trainer.health.record.skippedBatchCount == count,
        sourceLocation: sourceLocation)
      #expect(trainer.state.isIdentical(to: state), sourceLocation: sourceLocation)
    }
    #expect(trainer.health.hasGivenUp, sourceLocation: sourceLocation)
  }

  static var state: TrainingState {
    TrainingFixture.initialState(
      .perLayer, field: TinyModels.field(width: 32, positionOctaves: 3),
      scenes: TrainingFixture.scenes)
  }

  @Test("a step with a code that is not finite is skipped", arguments: [Float.nan, .infinity])
  func code(value: Float) {
    var state = Self.state
    for row in 0..<3 { state.latents.values[state.latents.range(ofRow: row).lowerBound] = value }
    Self.expectSkip(state)
  }

  @Test(
    "a step with a parameter that is not a number is skipped",
    arguments: [
      "trunk.0.weight", "trunk.1.bias", "generator.head.hidden.1.weight",
      "generator.base.hidden.0.weight", "generator.base.hidden.1.bias",
      "generator.base.output.bias",
    ])
  func parameter(name: String) throws {
    var state = Self.state
    let range = try Self.tensor(name, in: state.hypernetwork)
    state.hypernetwork.parameters[range.lowerBound] = .nan
    Self.expectSkip(state)
  }

  @Test("a step whose field overflows is skipped")
  func overflow() throws {
    var state = Self.state
    for name in ["generator.base.hidden.0.weight", "generator.base.hidden.1.weight"] {
      for index in try Self.tensor(name, in: state.hypernetwork) {
        state.hypernetwork.parameters[index] = 1e30
      }
    }
    Self.expectSkip(state)
  }

  @Test("a step whose gradient's square overflows is skipped")
  func gradientOverflow() throws {
    var state = Self.state
    // Features of 10³⁰ make a head's gradient as large; its weights of zero keep the field sound.
    for index in try Self.tensor("trunk.1.bias", in: state.hypernetwork) {
      state.hypernetwork.parameters[index] = 1e30
    }
    for entry in state.hypernetwork.layout.entries
    where entry.name.hasPrefix("generator.head.") {
      for index in entry.range { state.hypernetwork.parameters[index] = 0 }
    }
    Self.expectSkip(state)
  }

  @Test("a huge code of one scene stops only the steps that scene takes part in")
  func oneScene() {
    var state = Self.state
    state.latents.values[state.latents.range(ofRow: 1).lowerBound] = 1e30
    var configuration = TrainingFixture.configuration
    configuration.scenesPerStep = 1
    var trainer = TrainingFixture.trainer(state: state, configuration: configuration)
    let skipped = (0..<6).map { _ in trainer.step(progress: 0).wasSkipped }
    #expect(skipped.count { $0 } == 2)
    #expect(trainer.state.codeOptimizer.stepCounts == [2, 0, 2])
    #expect(trainer.state.hypernetwork.parameters.allSatisfy { $0.isFinite })
  }
}
