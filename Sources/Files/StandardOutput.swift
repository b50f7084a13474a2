import Glibc

/// Standard output, which carries a command's result.
package enum StandardOutput {
  /// Writes all of a text.
  ///
  /// - Throws: `FileError.writeFailed`, but not where the reader has gone away: it wants no more.
  package static func write(_ text: String) throws(FileError) {
    do throws(SystemError) {
      try append(Array(text.utf8), to: STDOUT_FILENO)
    } catch {
      guard error.code != EPIPE else { return }
      throw .writeFailed(path: "standard output", reason: error.reason)
    }
  }
}
