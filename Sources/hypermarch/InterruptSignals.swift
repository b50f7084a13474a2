import Dispatch
import Foundation
import Synchronization

/// Notices SIGINT, SIGTERM and SIGHUP, so that work can be saved first.
///
/// A second signal ends the process at once.
final class InterruptSignals {
  /// The signal that came, or 0; shared with the handlers.
  private final class Received: Sendable {
    let number = Atomic<Int32>(0)
  }

  private let received = Received()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    let received = received
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // A dispatch source sees the signal only where it is not delivered in the old way.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(
        signal: number, queue: DispatchQueue(label: "signals"))
      source.setEventHandler {
        let earlier = received.number.exchange(number, ordering: .relaxed)
        // Not exit(): what that runs would find the other threads at work.
        if earlier != 0 { _exit(128 + number) }
      }
      source.resume()
      sources.append(source)
    }
  }

  /// The exit code of the signal that came; nil while none has.
  var failureCode: FailureCode? {
    FailureCode(rawValue: 128 + received.number.load(ordering: .relaxed))
  }
}
