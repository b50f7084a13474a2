import Files
import Glibc
import TestSupport
import Testing

/// One after the other, as the process's limit concerns large files anywhere in it.
@Suite("File sizes", .serialized)
struct FileSizeTests {
  /// Far above what other tests of the process write meanwhile.
  static let limit = 48 << 20

  @Test("a file beyond the process's limit fails to be written, and the process and old file live")
  func limit() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([1, 2, 3], to: path, overwriting: false)
      let error = try withFileSizeLimit(FileSizeTests.limit) {
        #expect(throws: FileError.self) {
          try FileWriter.write(
            [UInt8](repeating: 0, count: FileSizeTests.limit + 1), to: path, overwriting: true)
        }
      }
      #expect(
        error
          == .writeFailed(
            path: path,
            reason:
              "File too large: \(FileSizeTests.limit + 1) bytes needed, \(FileSizeTests.limit) bytes allowed"
          ))
      #expect(try FileReader.bytes(at: path, limit: 10) == [1, 2, 3])
      #expect(try names(in: folder) == ["a"])
    }
  }

  @Test("a file of a size that no computer has is refused by its size alone")
  func sparseFile() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([], to: path, overwriting: false)
      let byteCount = 1 << 42
      try #require(unsafe truncate(path, byteCount) == 0)
      #expect(throws: FileError.tooLarge(path: path, byteCount: byteCount, limit: 1 << 29)) {
        try FileReader.bytes(at: path, limit: 1 << 29)
      }
    }
  }

  /// Lowers the process's limit on file sizes for a while.
  ///
  /// The signal for writing beyond it can do its worst meanwhile, end the process: a parent that
  /// ignores it may have passed that on, and threads of a pool do not let it through.
  private func withFileSizeLimit<Value>(_ limit: Int, _ body: () throws -> Value) throws -> Value {
    var previous = rlimit()
    try #require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &previous) == 0)
    var lowered = previous
    lowered.rlim_cur = rlim_t(limit)
    try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &lowered) == 0)
    let previousAction = signal(SIGXFSZ, SIG_DFL)
    var signals = sigset_t()
    var previousMask = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGXFSZ)
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, &previousMask)
    defer {
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &previous)
      unsafe pthread_sigmask(SIG_SETMASK, &previousMask, nil)
      signal(SIGXFSZ, previousAction)
    }
    return try body()
  }
}
