import Glibc

/// The signal that a process gets for writing beyond its file size limit, held back.
///
/// Its default is to end the process. While it is held back the write fails with an error instead,
/// as on a full disk. Only the calling thread is concerned, and what it does with the signal is as
/// before after ``restore()``.
struct FileSizeSignal {
  private var signals = sigset_t()
  private var previousMask = sigset_t()

  /// Holds the signal back on this thread.
  init() {
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGXFSZ)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, &previousMask)
  }

  /// Drops what has been held back, and lets the signal through again.
  mutating func restore() {
    var noTime = timespec()
    while unsafe sigtimedwait(&signals, nil, &noTime) == SIGXFSZ {}
    unsafe pthread_sigmask(SIG_SETMASK, &previousMask, nil)
  }
}
