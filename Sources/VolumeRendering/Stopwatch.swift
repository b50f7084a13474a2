import Kernels

/// Splits a thread's processor time into the phases of marching; costs nothing when not asked for.
struct Stopwatch {
  private let isRunning: Bool
  private var last = 0.0
  private(set) var phases = RenderPhases()

  init(isRunning: Bool) {
    self.isRunning = isRunning
  }

  /// Begins anew.
  mutating func reset() {
    phases = RenderPhases()
    if isRunning { last = ProcessorClock.threadSeconds }
  }

  /// Adds the time since the last lap to a phase.
  @inline(__always)
  mutating func lap(_ phase: WritableKeyPath<RenderPhases, Double>) {
    guard isRunning else { return }
    let now = ProcessorClock.threadSeconds
    phases[keyPath: phase] += now - last
    last = now
  }
}
