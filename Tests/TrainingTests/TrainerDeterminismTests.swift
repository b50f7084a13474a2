import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Trainer, the same bytes")
struct TrainerDeterminismTests {
  static func run(_ generator: GeneratorKind, threadCount: Int, seed: UInt64 = 42) -> (
    losses: [Double], state: TrainingState
  ) {
    var configuration = TrainingFixture.configuration
    configuration.seed = seed
    var trainer = TrainingFixture.trainer(
      generator, configuration: configuration, threadCount: threadCount)
    // Past the first updates of the grids.
    let losses = (0..<9).map { trainer.step(progress: Float($0) / 9).loss }
    return (losses, trainer.state)
  }

  @Test(
    "the same seed trains to the same bytes for any number of threads",
    arguments: TinyModels.generators)
  func threads(generator: GeneratorKind) {
    let alone = Self.run(generator, threadCount: 1)
    #expect(alone.losses.allSatisfy { $0.isFinite })
    for threadCount in [1, 2, 3, 8] {
      let together = Self.run(generator, threadCount: threadCount)
      #expect(together.losses == alone.losses)
      #expect(together.state.isIdentical(to: alone.state))
    }
  }

  @Test("another seed trains to other bytes")
  func seeds() {
    let (first, second) = (
      Self.run(.perLayer, threadCount: 2), Self.run(.perLayer, threadCount: 2, seed: 43)
    )
    #expect(first.losses != second.losses)
    #expect(!first.state.isIdentical(to: second.state))
  }

  @Test("the first losses of a fixed run are the recorded ones", arguments: TinyModels.generators)
  func recordedLosses(generator: GeneratorKind) throws {
    let recorded = [
      "per-layer": [0.09582191, 0.08751298, 0.1021536, 0.08730213, 0.09555047, 0.08792388],
      "low-rank": [0.11456838, 0.09693222, 0.10586599, 0.09738259, 0.10391220, 0.09424182],
      "chunked": [0.08359513, 0.08224011, 0.08584904, 0.08140479, 0.08529657, 0.08316799],
    ]
    let expected = try #require(recorded[generator.name])
    let found = Self.run(generator, threadCount: 2).losses
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) < 1e-4 * expected)
    }
  }
}
