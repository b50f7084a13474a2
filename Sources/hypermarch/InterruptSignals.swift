import Dispatch
import Foundation
import Synchronization

/// Notices SIGINT, SIGTERM, SIGHUP and SIGUSR1, so that work can be saved first.
///
/// A second signal ends the process at once. A program that was started is ended with it. After the object's life signals do what they do by default.
final class InterruptSignals {
  /// What is shared with the handlers.
  private final class Received: Sendable {
    /// The signal that came, or 0.
    let number = Atomic<Int32>(0)
    /// The program that runs, or 0.
    let program = Atomic<pid_t>(0)

    func passOn(_ number: Int32) {
      let program = program.load(ordering: .sequentiallyConsistent)
      guard program > 0 else { return }
      // What it has started too, where it leads a group of its own.
      kill(getpgid(program) == program ? -program : program, number)
    }
  }

  private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]

  private let received = Received()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    let received = received
    let registered = DispatchSemaphore(value: 0)
    for number in Self.numbers {
      let source = DispatchSource.makeSignalSource(
        signal: number, queue: DispatchQueue(label: "signals"))
      source.setEventHandler {
        let earlier = received.number.exchange(number, ordering: .sequentiallyConsistent)
        received.passOn(earlier == 0 ? SIGTERM : SIGKILL)
        // Not exit(): what that runs would find the other threads at work.
        if earlier != 0 { _exit(Self.exitCode(of: number)) }
      }
      source.setRegistrationHandler { registered.signal() }
      source.resume()
      sources.append(source)
    }
    // A source puts itself in the signal's way as it is registered: until then a signal does what it does
    // by default, from then on it is noticed.
    for _ in Self.numbers { registered.wait() }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in Self.numbers { signal(number, SIG_DFL) }
  }

  /// Tells, to any thread, whether a signal has come.
  var hasArrived: @Sendable () -> Bool {
    { [received] in received.number.load(ordering: .relaxed) != 0 }
  }

  /// Ends the work where a signal has come.
  ///
  /// - Throws: `CommandFailure` with the signal's exit code.
  func check() throws {
    if let code = failureCode { throw CommandFailure("stopped by a signal", code) }
  }

  /// Waits for a program to end; a signal ends it.
  func whileRunning<Value>(_ program: pid_t, _ body: () throws -> Value) rethrows -> Value {
    received.program.store(program, ordering: .sequentiallyConsistent)
    defer { received.program.store(0, ordering: .sequentiallyConsistent) }
    // One that came before the handler knew of the program.
    if received.number.load(ordering: .sequentiallyConsistent) != 0 { received.passOn(SIGTERM) }
    return try body()
  }

  /// The exit code of the signal that came; nil while none has.
  var failureCode: FailureCode? {
    FailureCode(rawValue: Self.exitCode(of: received.number.load(ordering: .relaxed)))
  }

  /// 128 and the number, but for SIGUSR1: by that schedulers ask for the machine, and try again.
  private static func exitCode(of number: Int32) -> Int32 {
    number == SIGUSR1 ? FailureCode.tryAgain.rawValue : 128 + number
  }
}
