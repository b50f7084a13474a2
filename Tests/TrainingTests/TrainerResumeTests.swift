import Kernels
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Trainer, interrupted")
struct TrainerResumeTests {
  private static let configuration: TrainingConfiguration = {
    var configuration = TrainingFixture.configuration
    configuration.raysPerStep = 128
    configuration.averageDecay = 0.9
    configuration.divergenceWeight = 1e-4
    configuration.scenesPerStep = 1
    return configuration
  }()

  private static let cells = CellGrid(
    bound: TinyModels.cube, resolution: configuration.gridResolution)

  /// Trains to a step, with gradients that fail now and then, so that there are steps back too.
  private static func train(_ trainer: inout Trainer, to step: Int) {
    while trainer.state.step < step {
      let batch = trainer.state.step + trainer.health.record.skippedBatchCount
      let fails = [30, 104, 105, 106, 180].contains(batch)
      _ = trainer.step(
        progress: Float(trainer.state.step) / 160,
        changeGradient: fails ? { $0[3] = .nan } : nil)
    }
  }

  private static func isIdentical(_ found: Trainer, _ expected: Trainer) -> Bool {
    func isSame(_ found: TrainingState, _ expected: TrainingState) -> Bool {
      found.isIdentical(to: expected) && found.visitCounts == expected.visitCounts
        && found.samplesPerRay == expected.samplesPerRay
        && found.smoothedLoss == expected.smoothedLoss && found.step == expected.step
        && found.skippedStepCount == expected.skippedStepCount
        && zip(found.occupancy, expected.occupancy).allSatisfy {
          $0.encodedCells == $1.encodedCells && $0.updateCount == $1.updateCount
            && $0.mask == $1.mask
        }
    }
    return isSame(found.state, expected.state) && found.health.record == expected.health.record
      && isSame(found.health.lastGood, expected.health.lastGood)
  }

  @Test("Promise 3: resumed or not, with any number of threads, a training gives the same bytes")
  func interrupted() throws {
    let steps = 160
    var uninterrupted = TrainingFixture.trainer(configuration: Self.configuration)
    Self.train(&uninterrupted, to: steps)
    #expect(uninterrupted.health.record.skippedBatchCount == 7)

    var random = SeededGenerator(seed: 2025)
    let count = Robustness.cases(quick: 3, all: 20)
    var failures = 0
    for _ in 0..<count {
      let stop = 1 + random.index(below: steps - 1)
      for threadCount in [1, 2, 8] {
        var first = TrainingFixture.trainer(
          configuration: Self.configuration, threadCount: threadCount)
        Self.train(&first, to: stop)
        var second = TrainingFixture.trainer(
          state: try first.state.saved(cells: Self.cells),
          health: TrainingGuard(
            lastGood: try first.health.lastGood.saved(cells: Self.cells),
            record: first.health.record),
          configuration: Self.configuration, threadCount: 1 + (threadCount & 7))
        Self.train(&second, to: steps)
        let isSame = Self.isIdentical(second, uninterrupted)
        #expect(isSame, "stopped after step \(stop), \(threadCount) threads")
        if !isSame { failures += 1 }
      }
    }
    Robustness.record(
      "training interrupted and resumed", cases: count, failures: failures,
      note: "in memory, each with 1, 2 and 8 threads and with steps back")
  }
}
