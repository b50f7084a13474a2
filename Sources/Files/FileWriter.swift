import Glibc

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

  /// Writes `bytes` as a whole file, in the manner of ``PendingFile``.
  ///
  /// - Throws: `FileError.alreadyExists`, `.cannotCreate` or `.writeFailed`.
  package static func write(
    _ bytes: [UInt8], to path: String, overwriting: Bool
  ) throws(FileError) {
    let file = try PendingFile(path, overwriting: overwriting)
    try file.append(bytes)
    try file.publish()
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

  /// Removes files, and brings their folders to the disk.
  ///
  /// What is not there is removed already.
  ///
  /// - Throws: `FileError.cannotCreate` of the first that stays, as the others were to make room.
  package static func remove(_ paths: [String]) throws(FileError) {
    var folders: Set<String> = []
    for path in paths {
      do {
        _ = try retrying { unsafe unlink(path) }
      } catch {
        if error.code == ENOENT { continue }
        throw .cannotCreate(path: path, reason: "found no right to replace it: \(error.reason)")
      }
      folders.insert(try Destination.split(path).folder)
    }
    for folder in folders {
      do {
        try Descriptor(opening: folder, flags: O_RDONLY | O_DIRECTORY).synchronise()
      } catch {
        throw .cannotCreate(path: folder, reason: error.reason)
      }
    }
  }

  /// Removes the temporary files of `path` that dead processes have left behind.
  ///
  /// A process that is killed while it writes leaves one. What cannot be removed stays.
  package static func removeLeftovers(of path: String) { removeLeftovers(of: [path]) }

  /// Removes the temporary files of some paths that dead processes have left behind.
  ///
  /// Each folder is looked through once.
  package static func removeLeftovers(of paths: [String]) {
    var stems: [String: Set<String>] = [:]
    for path in paths {
      guard let destination = try? Destination(path, overwriting: true) else { continue }
      stems[destination.folder, default: []].insert(TemporaryFile.stem(of: destination.name))
    }
    for (folder, stems) in stems {
      TemporaryFile.removeLeftovers(in: folder) { stems.contains($0) }
    }
  }

  /// Removes the temporary files that dead processes have left behind in a folder.
  ///
  /// - Parameter isMeant: whether those of a file's name are asked for; of a name that is longer than
  ///   200 bytes it sees the beginning.
  package static func removeLeftovers(in folder: String, where isMeant: (String) -> Bool) {
    TemporaryFile.removeLeftovers(in: folder, where: isMeant)
  }
}
