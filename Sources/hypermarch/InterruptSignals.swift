import Dispatch
import Foundation
import Synchronization

/// Notices SIGINT, SIGTERM, SIGHUP and SIGUSR1, so that work can be saved first.
///
/// A second signal ends the process at once. After the object's life signals do what they do by default.
final class InterruptSignals {
  /// The signal that came, or 0; shared with the handlers.
  private final class Received: Sendable {
    let number = Atomic<Int32>(0)
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
        let earlier = received.number.exchange(number, ordering: .relaxed)
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

  /// The exit code of the signal that came; nil while none has.
  var failureCode: FailureCode? {
    FailureCode(rawValue: Self.exitCode(of: received.number.load(ordering: .relaxed)))
  }

  /// 128 and the number, but for SIGUSR1: by that schedulers ask for the machine, and try again.
  private static func exitCode(of number: Int32) -> Int32 {
    number == SIGUSR1 ? FailureCode.tryAgain.rawValue : 128 + number
  }
}
