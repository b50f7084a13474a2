import Foundation
import Glibc

/// The file that stands in for another until it is whole: `.NAME.tmp-PID` in the same folder.
struct TemporaryFile: ~Copyable {
  let file: Descriptor
  private let folder: Descriptor
  private let name: String
  private let destination: Destination
  private var hasName = true

  /// Creates the file, empty; several of one process that are open at once are counted in the name.
  ///
  /// - Throws: `FileError.cannotCreate`.
  init(for destination: Destination) throws(FileError) {
    let folder = try destination.openFolder()
    let firstName = TemporaryFile.prefix(for: destination.name) + String(getpid())
    var name = firstName
    var counter = 0
    while true {
      do {
        file = try Descriptor(
          opening: name, in: folder.number, flags: O_WRONLY | O_CREAT | O_EXCL)
        break
      } catch {
        guard error.code == EEXIST, counter < 10_000 else {
          throw .cannotCreate(path: destination.path, reason: error.reason)
        }
        counter += 1
        name = "\(firstName)-\(counter)"
      }
    }
    // A file system that keeps no permissions refuses this, and then there are none to pass on.
    if let permissions = destination.permissions { _ = fchmod(file.number, permissions) }
    self.folder = folder
    self.name = name
    self.destination = destination
  }

  deinit { if hasName { _ = unsafe unlinkat(folder.number, name, 0) } }

  /// Brings the file to the disk and gives it its final name.
  ///
  /// - Throws: `FileError.alreadyExists` or `.writeFailed`.
  mutating func publish(overwriting: Bool) throws(FileError) {
    do {
      try file.synchronise()
      if overwriting { try rename() } else { try link() }
      try folder.synchronise()
    } catch {
      throw error.code == EEXIST && !overwriting
        ? .alreadyExists(path: destination.path)
        : .writeFailed(path: destination.path, reason: error.reason)
    }
  }

  private mutating func rename() throws(SystemError) {
    _ = try retrying {
      unsafe renameat(folder.number, name, folder.number, destination.name)
    }
    hasName = false
  }

  /// Gives the file its final name unless the name is taken, which renaming could not tell.
  private mutating func link() throws(SystemError) {
    do {
      _ = try retrying {
        unsafe linkat(folder.number, name, folder.number, destination.name, 0)
      }
      _ = unsafe unlinkat(folder.number, name, 0)
      hasName = false
    } catch {
      guard [EPERM, EOPNOTSUPP, ENOSYS].contains(error.code) else { throw error }
      // A file system without links: an empty file takes the name first, and is replaced at once.
      _ = try Descriptor(
        opening: destination.name, in: folder.number, flags: O_WRONLY | O_CREAT | O_EXCL)
      do {
        try rename()
      } catch {
        _ = unsafe unlinkat(folder.number, destination.name, 0)
        throw error
      }
    }
  }

  /// What the names of all temporary files for `name` begin with.
  ///
  /// A long name is cut, as the whole must fit into the 255 bytes that file systems allow.
  private static func prefix(for name: String) -> String {
    var shortened = name
    while shortened.utf8.count > 200 { shortened.removeLast() }
    return ".\(shortened).tmp-"
  }

  /// Removes the temporary files for `name` that dead processes of this computer have left behind.
  static func removeLeftovers(for name: String, in folder: String) {
    let prefix = prefix(for: name)
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for entry in entries where entry.hasPrefix(prefix) {
      let process = entry.dropFirst(prefix.count).prefix { $0 != "-" }
      guard let process = pid_t(process), process > 0 else { continue }
      if kill(process, 0) == -1 && SystemError.last.code == ESRCH {
        _ = unsafe unlink("\(folder)/\(entry)")
      }
    }
  }
}
