import Glibc

/// Where a file goes, once links are followed and the name is known to be usable.
struct Destination {
  /// The path as it was asked for, for messages.
  let path: String

  /// The folder, and the file's name in it.
  let folder: String
  let name: String

  /// The permission bits of the file that is replaced, if there is one.
  let permissions: mode_t?

  /// - Throws: `FileError.alreadyExists` or `.cannotCreate`.
  init(_ path: String, overwriting: Bool) throws(FileError) {
    guard path != "-", path != "/dev/stdout" else {
      throw .cannotCreate(path: path, reason: "found standard output, expected a file's name")
    }
    let place = try Destination.split(path)
    self.path = path
    guard let entry = try Destination.entry(at: path, followingLinks: false) else {
      (folder, name) = place
      permissions = nil
      return
    }
    let found = try entry.isLink ? Destination.entry(at: path, followingLinks: true) : entry
    guard let found else {
      throw .cannotCreate(path: path, reason: "found a link that leads nowhere, expected a file")
    }
    guard found.isFile else {
      throw .cannotCreate(path: path, reason: "found a folder or a device, expected a file")
    }
    guard overwriting else { throw .alreadyExists(path: path) }
    (folder, name) = try entry.isLink ? Destination.split(Destination.resolved(path)) : place
    permissions = found.st_mode & 0o777
  }

  /// - Throws: `FileError.cannotCreate`.
  func openFolder() throws(FileError) -> Descriptor {
    do {
      return try Descriptor(opening: folder, flags: O_RDONLY | O_DIRECTORY)
    } catch {
      throw .cannotCreate(
        path: path, reason: "found no usable folder \(folder.onOneLine): \(error.reason)")
    }
  }

  /// The folder and the last name of a path; the folder is `.` where the path has none.
  ///
  /// - Throws: `FileError.cannotCreate` where the last name is none that a file or folder could have.
  static func split(_ path: String) throws(FileError) -> (folder: String, name: String) {
    let slash = path.lastIndex(of: "/")
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !["", ".", ".."].contains(name), !path.utf8.contains(0) else {
      throw .cannotCreate(path: path, reason: "found no name at its end, expected one")
    }
    guard let slash else { return (".", name) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
  }

  /// What stands at a path, or `nil` where nothing does.
  static func entry(
    at path: String, followingLinks: Bool
  ) throws(FileError) -> stat? {
    do {
      return try status(of: path, followingLinks: followingLinks)
    } catch {
      if error.code == ENOENT { return nil }
      throw .cannotCreate(path: path, reason: error.reason)
    }
  }

  /// The path that a chain of links ends in.
  private static func resolved(_ path: String) throws(FileError) -> String {
    guard let text = unsafe realpath(path, nil) else {
      throw .cannotCreate(path: path, reason: SystemError.last.reason)
    }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }
}
