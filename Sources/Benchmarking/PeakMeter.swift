import Kernels

/// Measures how much the processor can multiply and add, right before and after what is compared with it.
struct PeakMeter {
  private let loop: PeakLoop
  private let rounds: Int

  /// Work and the time it took, which add up over several measurements.
  struct Reading {
    var operationCount = 0.0
    var seconds = 0.0

    /// Operations a second.
    var rate: Double { operationCount / seconds }

    static func + (left: Reading, right: Reading) -> Reading {
      Reading(
        operationCount: left.operationCount + right.operationCount,
        seconds: left.seconds + right.seconds)
    }
  }

  /// The fastest float32 loop of this CPU.
  init(seconds: Double) {
    guard let loop = PeakLoop.best(.float32) else {
      preconditionFailure("the portable loop runs anywhere")
    }
    self.init(loop: loop, seconds: seconds)
  }

  /// Chooses the length of a measurement, by trying.
  ///
  /// - Parameter seconds: of one measurement, about.
  init(loop: PeakLoop, seconds: Double) {
    var rounds = 1024
    while rounds < 1 << 40,
      Timing.ofThread({ _ = loop.run(rounds: rounds) }).processorSeconds < seconds
    {
      rounds *= 2
    }
    self.loop = loop
    self.rounds = rounds
  }

  /// The calling thread, by its processor's clock.
  func readOneThread() -> Reading {
    var operationCount = 0
    let timing = Timing.ofThread { operationCount = loop.run(rounds: rounds).operationCount }
    return Reading(operationCount: Double(operationCount), seconds: timing.processorSeconds)
  }

  /// Several threads at once, by the clock on the wall: what all of them do in sum.
  func readThreads(_ threadCount: Int) -> (reading: Reading, timing: Timing) {
    var operationCounts = [Int](repeating: 0, count: threadCount)
    var workspaces = [Bool](repeating: false, count: threadCount)
    let (loop, rounds) = (loop, rounds)
    let timing = Timing.ofAllThreads {
      ParallelLoop.forEach(&operationCounts, workspaces: &workspaces) { _, operationCount, _ in
        operationCount = loop.run(rounds: rounds).operationCount
      }
    }
    let sum = Double(operationCounts.reduce(0, +))
    return (Reading(operationCount: sum, seconds: timing.wallSeconds), timing)
  }
}
