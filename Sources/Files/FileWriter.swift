import Glibc

/// Why a file that a closure fills was not written: the file's failure, or the closure's.
package enum FileWriterError<Failure: Error>: Error {
  case file(FileError)
  case body(Failure)
}

/// Files that appear under their name whole, or not at all.
package enum FileWriter {
  /// Checks that a file could be written now, and writes nothing; for use before long work.
  ///
  /// - Throws: `FileError.alreadyExists` or `.cannotCreate`.
  package static func check(_ path: String, overwriting: Bool) throws(FileError) {
    let destination = try Destination(path, overwriting: overwriting)
    _ = try destination.openFolder()
    do {
      _ = try retrying { unsafe access(destination.folder, W_OK | X_OK) }
    } catch {
      throw .cannotCreate(
        path: path,
        reason: "found no right to write in \(destination.folder.onOneLine): \(error.reason)")
    }
  }

  /// Writes `bytes` as a whole file, in the manner of ``write(to:overwriting:_:)``.
  ///
  /// - Throws: `FileError.alreadyExists`, `.cannotCreate` or `.writeFailed`.
  package static func write(
    _ bytes: [UInt8], to path: String, overwriting: Bool
  ) throws(FileError) {
    do {
      try write(to: path, overwriting: overwriting) { file throws(SystemError) in
        try append(bytes, to: file)
      }
    } catch {
      switch error {
      case .file(let error): throw error
      case .body(let error): throw .writeFailed(path: path, reason: error.reason)
      }
    }
  }

  /// Writes a file by means of a closure that fills an open file descriptor, in the manner of
  /// ``PendingFile``.
  ///
  /// - Parameter body: writes to the descriptor from its start, and does not close it. A limit on
  ///   the size of files fails its writes instead of ending the process.
  /// - Throws: `FileWriterError.file` with `.alreadyExists`, `.cannotCreate` or `.writeFailed`, or
  ///   `FileWriterError.body` with what `body` threw. In each case the temporary file is removed.
  package static func write<Failure: Error>(
    to path: String, overwriting: Bool, _ body: (Int32) throws(Failure) -> Void
  ) throws(FileWriterError<Failure>) {
    var file: PendingFile
    do {
      file = try PendingFile(path, overwriting: overwriting)
    } catch {
      throw .file(error)
    }
    do {
      try file.write(body)
    } catch {
      throw .body(error)
    }
    do {
      try file.publish()
    } catch {
      throw .file(error)
    }
  }

  /// Makes a folder, and those above it that are missing.
  ///
  /// One that is there already is left alone.
  ///
  /// - Throws: `FileError.cannotCreate`, with the path of the folder that could not be made.
  package static func createFolder(_ path: String) throws(FileError) {
    if try isFolder(path) { return }
    var trimmed = path
    while trimmed.hasSuffix("/") { trimmed.removeLast() }
    let parent = try Destination.split(trimmed).folder
    try createFolder(parent)
    do {
      _ = try retrying { unsafe mkdir(trimmed, 0o777) }
      try Descriptor(opening: parent, flags: O_RDONLY | O_DIRECTORY).synchronise()
    } catch {
      // Another program may have made it in the meantime.
      if error.code == EEXIST, try isFolder(path) { return }
      throw .cannotCreate(path: path, reason: error.reason)
    }
  }

  private static func isFolder(_ path: String) throws(FileError) -> Bool {
    guard let found = try Destination.entry(at: path, followingLinks: true) else { return false }
    guard found.isFolder else {
      throw .cannotCreate(path: path, reason: "found a file, expected a folder or nothing")
    }
    return true
  }

  /// Removes the temporary files of `path` that dead processes of this computer have left behind.
  ///
  /// A process that is killed while it writes leaves one. What cannot be removed stays.
  package static func removeLeftovers(of path: String) {
    guard let destination = try? Destination(path, overwriting: true) else { return }
    TemporaryFile.removeLeftovers(for: destination.name, in: destination.folder)
  }
}
