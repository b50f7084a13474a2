import Kernels

/// How long a piece of work took, by the clock on the wall and by the processors' own.
package struct Timing: Sendable, Hashable {
  package let wallSeconds: Double
  /// What the threads that did the work spent on it, in sum.
  package let processorSeconds: Double

  /// Times work of the calling thread.
  package static func ofThread(_ work: () throws -> Void) rethrows -> Timing {
    try measure(work) { ProcessorClock.threadSeconds }
  }

  /// Times work of several threads.
  package static func ofAllThreads(_ work: () throws -> Void) rethrows -> Timing {
    try measure(work) { ProcessorClock.processSeconds }
  }

  private static func measure(
    _ work: () throws -> Void, by processorClock: () -> Double
  ) rethrows -> Timing {
    let clock = ContinuousClock()
    let (start, processorStart) = (clock.now, processorClock())
    try work()
    let (processorEnd, end) = (processorClock(), clock.now)
    // No clock is finer than a nanosecond, and rates are divided by these.
    return Timing(
      wallSeconds: max(1e-9, (end - start).inSeconds),
      processorSeconds: max(1e-9, processorEnd - processorStart))
  }
}

extension Duration {
  /// The duration as a number of seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// Does something again and again until a time is used up.
///
/// - Parameters:
///   - seconds: by the clock on the wall.
///   - minimum: the fewest repetitions, whatever they take.
func repeating(
  forSeconds seconds: Double, atLeast minimum: Int, _ body: () throws -> Void
) rethrows {
  let clock = ContinuousClock()
  let start = clock.now
  var count = 0
  while count < minimum || (clock.now - start).inSeconds < seconds {
    try body()
    count += 1
  }
}
