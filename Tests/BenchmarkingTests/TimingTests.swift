import Benchmarking
import Foundation
import Kernels
import Testing

@Suite("Timing") struct TimingTests {
  /// Keeps the thread busy until its own clock has gone on by so many seconds.
  private static func work(forSeconds seconds: Double) {
    let start = ProcessorClock.threadSeconds
    while ProcessorClock.threadSeconds - start < seconds {}
  }

  @Test("work takes the processor's time, and at least as much by the clock on the wall")
  func working() {
    let timing = Timing.ofThread { Self.work(forSeconds: 0.02) }
    #expect(timing.processorSeconds >= 0.02)
    #expect(timing.wallSeconds >= 0.99 * timing.processorSeconds)
  }

  @Test("waiting takes none of the processor's time") func waiting() {
    let timing = Timing.ofThread { Thread.sleep(forTimeInterval: 0.05) }
    #expect(timing.wallSeconds >= 0.05)
    #expect(timing.processorSeconds < 0.02)
  }

  @Test("the work of other threads counts where all threads are timed", arguments: [1, 2, 3])
  func threads(count: Int) {
    let timing = Timing.ofAllThreads {
      _ = ParallelLoop.map(count: count, threadCount: count) { _ in
        Self.work(forSeconds: 0.01)
      }
    }
    #expect(timing.processorSeconds >= 0.0099 * Double(count))
  }
}
