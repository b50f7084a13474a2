import Glibc

/// The file that stands in for another until it is whole: `.NAME.tmp-PID` in the same folder.
///
/// It is locked for as long as its maker lives. By the lock others tell a file that is being written
/// from one that was left behind, whatever computer or container its maker runs in.
struct TemporaryFile: ~Copyable {
  let file: Descriptor
  let folder: Descriptor
  let destination: Destination
  private let name: String
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
        // A private file's bytes are private from the first.
        let file = try Descriptor(
          opening: name, in: folder.number, flags: O_WRONLY | O_CREAT | O_EXCL,
          permissions: destination.permissions ?? 0o666)
        // One that looks for what was left behind may have come between: then the name is gone.
        if file.lock() != .taken, try file.status().st_nlink > 0 {
          self.file = file
          break
        }
      } catch {
        guard error.code == EEXIST, counter < 10_000 else {
          throw .cannotCreate(path: destination.path, reason: error.reason)
        }
      }
      counter += 1
      name = "\(firstName)-\(counter)"
    }
    // A file system that keeps no permissions refuses this, and then there are none to pass on.
    if let permissions = destination.permissions { _ = fchmod(file.number, permissions) }
    self.folder = folder
    self.name = name
    self.destination = destination
  }

  deinit { if hasName { _ = unsafe unlinkat(folder.number, name, 0) } }

  var path: String { "\(destination.folder)/\(name)" }

  /// Has the system begin to bring the file to the disk, without waiting for it.
  func beginSynchronising() { _ = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED) }

  /// Gives the file its final name.
  mutating func takeName(overwriting: Bool) throws(SystemError) {
    if overwriting { try rename() } else { try link() }
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
      // A file system without links. An empty file could hold the name, but a kill would leave it.
      guard unsafe faccessat(folder.number, destination.name, F_OK, AT_SYMLINK_NOFOLLOW) != 0
      else { throw SystemError(code: EEXIST) }
      try rename()
    }
  }

  /// What to say of the bytes that are there and that are wanted, after the reason of a failed write.
  ///
  /// - Parameter byteCount: of the whole file, where that is known.
  /// - Returns: nothing where room was not the reason.
  func room(for byteCount: Int?, after reason: String) -> String {
    var facts: [String] = []
    if let byteCount { facts.append("\(byteCount) bytes needed") }
    switch reason {
    case SystemError(code: ENOSPC).reason:
      var system = statvfs()
      if unsafe fstatvfs(folder.number, &system) == 0 {
        let (free, overflows) = Int(system.f_bavail).multipliedReportingOverflow(
          by: Int(system.f_frsize))
        // What stands in the file makes room when it is removed.
        let own = (try? file.status()).map { Int($0.st_blocks) * 512 } ?? 0
        if !overflows { facts.append("\(free + own) bytes free") }
      }
    case SystemError(code: EFBIG).reason:
      var limit = rlimit()
      if unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
        let bytes = Int(exactly: limit.rlim_cur)
      {
        facts.append("\(bytes) bytes allowed")
      }
    case SystemError(code: EDQUOT).reason: break
    default: return ""
    }
    return facts.isEmpty ? "" : ": " + facts.joined(separator: ", ")
  }
}

extension TemporaryFile {
  private static let mark = ".tmp-"

  /// What the names of all temporary files for `name` begin with.
  ///
  /// A long name is cut, as the whole must fit into the 255 bytes that file systems allow.
  static func prefix(for name: String) -> String { "." + stem(of: name) + mark }

  /// What stands for a name in the names of its temporary files.
  static func stem(of name: String) -> String {
    var shortened = name
    while shortened.utf8.count > 200 { shortened.removeLast() }
    return shortened
  }

  /// The stem and the process that the name of a temporary file tells; nil for other names.
  private static func parts(of entry: String) -> (stem: String, process: pid_t)? {
    guard entry.hasPrefix("."), let found = entry.ranges(of: mark).last else { return nil }
    let numbers = entry[found.upperBound...].split(
      separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(numbers.count), numbers.allSatisfy({ UInt32($0) != nil }),
      let process = pid_t(numbers[0]), process > 0
    else { return nil }
    return (String(entry[..<found.lowerBound].dropFirst()), process)
  }

  /// Removes the temporary files of dead processes from a folder.
  ///
  /// - Parameter isMeant: whether those of a ``stem(of:)`` are asked for.
  static func removeLeftovers(in folder: String, where isMeant: (String) -> Bool) {
    guard let place = try? Descriptor(opening: folder, flags: O_RDONLY | O_DIRECTORY) else {
      return
    }
    for entry in FolderListing.names(in: folder) {
      guard let parts = parts(of: entry), isMeant(parts.stem),
        let file = openLeftover(entry, in: place.number),
        let status = try? file.status(), status.isFile
      else { continue }
      switch file.lock() {
      case .taken: continue
      case .unknown where kill(parts.process, 0) == 0 || SystemError.last.code != ESRCH: continue
      case .obtained, .unknown: break
      }
      // Who came first may have removed it, and its maker's like-named successor may be alive.
      var named = stat()
      guard
        unsafe fstatat(place.number, entry, &named, AT_SYMLINK_NOFOLLOW) == 0,
        named.st_ino == status.st_ino, named.st_dev == status.st_dev
      else { continue }
      _ = unsafe unlinkat(place.number, entry, 0)
    }
  }

  /// Opens for the lock alone; some file systems give none on files that are open for reading.
  private static func openLeftover(_ name: String, in folder: Int32) -> Descriptor? {
    let flags = O_NOFOLLOW | O_NONBLOCK
    if let file = try? Descriptor(opening: name, in: folder, flags: O_WRONLY | flags) {
      return file
    }
    return try? Descriptor(opening: name, in: folder, flags: O_RDONLY | flags)
  }
}
