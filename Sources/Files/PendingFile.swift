import Glibc

/// A file that is filled bit by bit, and gets its name only when it is whole.
///
/// The bytes go to `.NAME.tmp-PID` in the same folder. Where the object's life ends before the file is
/// published, that file is removed. Where the name is a link, the file it leads to is replaced. A file
/// that is replaced passes its permissions on.
package final class PendingFile {
  /// The path as it was asked for.
  package var path: String { temporary.destination.path }

  private let overwriting: Bool
  private var temporary: TemporaryFile

  /// Creates the file that stands in for the one at `path`, empty.
  ///
  /// - Throws: `FileError.alreadyExists` or `.cannotCreate`.
  package init(_ path: String, overwriting: Bool) throws(FileError) {
    self.overwriting = overwriting
    temporary = try TemporaryFile(for: Destination(path, overwriting: overwriting))
  }

  /// Where the bytes stand until the file is published, for another program that writes them.
  ///
  /// That program opens the file as it is: one that it put in its place would be lost.
  package var temporaryPath: String { temporary.path }

  /// Lends the open file to a closure that writes on where the one before it stopped.
  ///
  /// - Parameter body: does not close the descriptor. A limit on the size of files fails its writes
  ///   instead of ending the process.
  package func write<Result: ~Copyable, Failure: Error>(
    _ body: (Int32) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var signal = FileSizeSignal()
    defer { signal.restore() }
    return try body(temporary.file.number)
  }

  /// Writes `bytes` on where the writing before stopped.
  ///
  /// - Throws: `FileError.writeFailed`.
  package func append(_ bytes: [UInt8]) throws(FileError) {
    do {
      try write { (file) throws(SystemError) in try Files.append(bytes, to: file) }
    } catch {
      throw writeFailure(error.reason, byteCount: bytes.count)
    }
  }

  /// The error of a write that failed, with what is known about room where that was the reason.
  ///
  /// - Parameters:
  ///   - reason: the system's words.
  ///   - byteCount: of the whole file, where that is known.
  package func writeFailure(_ reason: String, byteCount: Int? = nil) -> FileError {
    .writeFailed(path: path, reason: reason + temporary.room(for: byteCount, after: reason))
  }

  /// Brings the file to the disk, gives it its name, and brings the folder to the disk too.
  ///
  /// Until then a file that had the name is whole and unchanged, also after a crash. Where replacing
  /// was not asked for and another program has taken the name meanwhile, that program's file stays.
  ///
  /// - Throws: `FileError.alreadyExists` or `.writeFailed`. Where the folder alone cannot be brought to
  ///   the disk, `.writeFailed` leaves the new file whole under its name.
  package func publish() throws(FileError) { try Self.publish([self]) }

  /// Publishes several files at little more than the cost of one.
  ///
  /// All of them are on the disk before the first gets its name, and each folder is brought to the disk
  /// once, after its last new name. Where a file cannot be brought to the disk, none gets its name.
  ///
  /// - Throws: `FileError.alreadyExists` or `.writeFailed` of the first that fails; those before it have
  ///   their names.
  package static func publish(_ files: [PendingFile]) throws(FileError) {
    for file in files where files.count > 1 { file.temporary.beginSynchronising() }
    let failures = synchronise(files.map { $0.temporary.file.number })
    for (file, failure) in zip(files, failures) {
      if let failure { throw file.writeFailure(failure.reason) }
    }
    var failure: FileError?
    var folders: [String: PendingFile] = [:]
    for file in files {
      do {
        try file.temporary.takeName(overwriting: file.overwriting)
        folders[file.temporary.destination.folder] = file
      } catch {
        failure =
          error.code == EEXIST && !file.overwriting
          ? .alreadyExists(path: file.path) : file.writeFailure(error.reason)
        break
      }
    }
    for file in folders.values {
      do {
        try file.temporary.folder.synchronise()
      } catch {
        failure = failure ?? file.writeFailure(error.reason)
      }
    }
    if let failure { throw failure }
  }
}
