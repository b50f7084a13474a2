/// A file that is filled bit by bit, and gets its name only when it is whole.
///
/// The bytes go to `.NAME.tmp-PID` in the same folder. Where the value's life ends before the file is
/// published, that file is removed. Where the name is a link, the file it leads to is replaced. A file
/// that is replaced passes its permissions on.
package struct PendingFile: ~Copyable {
  private let overwriting: Bool
  private var temporary: TemporaryFile

  /// Creates the file that stands in for the one at `path`, empty.
  ///
  /// - Throws: `FileError.alreadyExists` or `.cannotCreate`.
  package init(_ path: String, overwriting: Bool) throws(FileError) {
    self.overwriting = overwriting
    temporary = try TemporaryFile(for: Destination(path, overwriting: overwriting))
  }

  /// Lends the open file to a closure that writes on where the one before it stopped.
  ///
  /// - Parameter body: does not close the descriptor. A limit on the size of files fails its writes
  ///   instead of ending the process.
  package borrowing func write<Result: ~Copyable, Failure: Error>(
    _ body: (Int32) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var signal = FileSizeSignal()
    defer { signal.restore() }
    return try body(temporary.file.number)
  }

  /// Brings the file to the disk, gives it its name, and brings the folder to the disk too.
  ///
  /// Until then a file that had the name is whole and unchanged, also after a crash. Where replacing
  /// was not asked for and another program has taken the name meanwhile, that program's file stays.
  ///
  /// - Throws: `FileError.alreadyExists` or `.writeFailed`. Where the folder alone cannot be brought to
  ///   the disk, `.writeFailed` leaves the new file whole under its name.
  package mutating func publish() throws(FileError) {
    try temporary.publish(overwriting: overwriting)
  }
}
