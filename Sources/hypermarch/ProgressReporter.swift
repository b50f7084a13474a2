import Dispatch
import Foundation

/// Shows how far a long piece of work has come, on standard error.
///
/// On a terminal one line is redrawn at most ten times a second; elsewhere a plain line is written at
/// most every ten seconds, the first at once.
struct ProgressReporter {
  private let isQuiet: Bool
  private let isInteractive = Terminal.isInteractive
  private var lastShown: ContinuousClock.Instant?

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
  }

  /// Shows a line if it is time for one.
  mutating func show(_ line: @autoclosure () -> String) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    let pause: Duration = isInteractive ? .milliseconds(100) : .seconds(10)
    if let lastShown, now - lastShown < pause { return }
    lastShown = now
    if isInteractive { Terminal.redraw(line()) } else { Terminal.error(line()) }
  }

  /// Shows a line that stays.
  mutating func finish(_ line: String) {
    guard !isQuiet else { return }
    if isInteractive { Terminal.redraw("") }
    Terminal.error(line)
  }

  /// Does work that shows no progress of its own, and says what is waited for when it takes more than a
  /// second: a command that fails at once prints its error alone.
  static func waiting<Value>(
    for text: String, isQuiet: Bool = false, _ work: () throws -> Value
  ) rethrows -> Value {
    let notice = DispatchWorkItem { Terminal.error(text) }
    if !isQuiet {
      // A queue of its own, because the work may keep all threads of the shared ones.
      DispatchQueue(label: "notice").asyncAfter(deadline: .now() + 1, execute: notice)
    }
    defer { notice.cancel() }
    return try work()
  }

  /// A number of things for people: `1 scene`, `2 scenes`.
  static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// A duration for people: `1:02:03`, or `2:03` below an hour.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds.isFinite ? seconds : 0), 1e12))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, rest)
      : String(format: "%d:%02d", minutes, rest)
  }
}
