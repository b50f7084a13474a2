import Foundation

/// Time that processors spent on this process, which other processes do not lengthen.
package enum ProcessorClock {
  /// Of the calling thread, seconds since it began.
  package static var threadSeconds: Double { seconds(of: CLOCK_THREAD_CPUTIME_ID) }

  /// Of all threads together, seconds since the process began.
  package static var processSeconds: Double { seconds(of: CLOCK_PROCESS_CPUTIME_ID) }

  private static func seconds(of clock: clockid_t) -> Double {
    var time = timespec()
    let status = unsafe clock_gettime(clock, &time)
    precondition(status == 0, "found no processor clock, expected one on every system")
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
