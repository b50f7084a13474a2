import Kernels
import Testing

@Suite("Peak loops") struct PeakLoopTests {
  /// The number of steps that a round takes every value through.
  static let stepsPerRound = 2

  @Test("there is a float32 loop on every CPU, and the best one is as wide as the kernels")
  func available() throws {
    let best = try #require(PeakLoop.best(.float32))
    #expect(PeakLoop.available.first?.name == "portable")
    #expect(best.name == FieldKernelBackend.best.name)
    #expect(PeakLoop.best(.bfloat16)?.factors != .float32)
  }

  @Test(
    "every value went through every step, as if each were done by itself",
    arguments: PeakLoop.available, [0, 1, 2, 3, 17, 100, 300])
  func values(loop: PeakLoop, rounds: Int) {
    let run = loop.run(rounds: rounds)
    #expect(run.values.count >= 32)
    for (index, found) in run.values.enumerated() {
      var expected = Double(index) / 64
      for _ in 0..<rounds {
        switch loop.factors {
        case .float32:
          expected = -1.25 * expected + 0.75
          expected = -0.792 * expected + 0.5
        case .bfloat16:
          expected += 1.5 * 0.75 + 0.5 * 0.25
          expected -= 1.25 * 0.75 + 0.5 * 0.5
        }
      }
      // Far less than what one round more would change.
      #expect(abs(Double(found) - expected) < 2e-5)
    }
  }

  @Test(
    "the operations reported are two a product, of every value in every step",
    arguments: PeakLoop.available, [0, 1, 1000])
  func operations(loop: PeakLoop, rounds: Int) {
    let run = loop.run(rounds: rounds)
    let productsPerStep = loop.factors == .float32 ? 1 : 2
    #expect(
      run.operationCount
        == 2 * productsPerStep * Self.stepsPerRound * run.values.count * rounds)
  }

  @Test("more rounds take the thread more time", arguments: PeakLoop.available)
  func time(loop: PeakLoop) {
    func seconds(_ rounds: Int) -> Double {
      (0..<5).map { _ in
        let start = ProcessorClock.threadSeconds
        _ = loop.run(rounds: rounds)
        return ProcessorClock.threadSeconds - start
      }.min() ?? 0
    }
    // Eight times the work: other work on the machine can make up a factor of two, not of four.
    #expect(seconds(80_000) > 3 * seconds(10_000))
  }
}
