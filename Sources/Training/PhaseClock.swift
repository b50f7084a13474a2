import Kernels

/// Splits the time of a thread, or of the process, into phases; does nothing unless asked to.
struct PhaseClock {
  private(set) var seconds: PhaseSeconds?
  private let now: () -> Double
  private var last = 0.0

  /// - Parameters:
  ///   - isRunning: whether to measure at all.
  ///   - now: processor seconds of what is measured.
  init(isRunning: Bool, now: @escaping () -> Double) {
    seconds = isRunning ? PhaseSeconds() : nil
    self.now = now
    if isRunning { last = now() }
  }

  /// Ends a phase: the time since the one before belongs to it.
  mutating func end(_ phase: TrainingPhase) {
    guard seconds != nil else { return }
    let time = now()
    seconds?[phase] += time - last
    last = time
  }

  /// Takes in what threads have measured for themselves since the last phase ended.
  mutating func add(_ other: PhaseSeconds) {
    guard seconds != nil else { return }
    seconds? += other
    last = now()
  }
}
