import Glibc

/// An open file that is read piece by piece, in any order.
///
/// Its size is that at opening: a file that another program shortens or writes to meanwhile is refused,
/// not read as a mixture.
package struct FileSource: ~Copyable {
  package let path: String

  /// The size at opening, bytes.
  package let byteCount: Int

  private let file: Descriptor
  private let modified: timespec

  /// Opens a file.
  ///
  /// - Parameter limit: the most bytes that are accepted, ≥ 0.
  /// - Throws: `FileError.missing`, `.notAFile`, `.unreadable` or `.tooLarge`.
  package init(_ path: String, limit: Int) throws(FileError) {
    precondition(limit >= 0, "found limit \(limit), expected at least 0")
    // A name with a zero byte would reach the system cut short, as another name.
    guard !path.utf8.contains(0) else { throw .missing(path: path) }
    // Looking before opening spares devices the side effects of being opened. A pipe put there in
    // between is opened without waiting for its other end.
    let found = try Self.reading(path) { () throws(SystemError) in
      try status(of: path, followingLinks: true)
    }
    guard found.isFile else { throw .notAFile(path: path) }
    let file = try Self.reading(path) { () throws(SystemError) in
      try Descriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
    }
    let opened = try Self.reading(path) { () throws(SystemError) in try file.status() }
    guard opened.isFile else { throw .notAFile(path: path) }
    let byteCount = Int(opened.st_size)
    guard byteCount <= limit else {
      throw .tooLarge(path: path, byteCount: byteCount, limit: limit)
    }
    self.path = path
    self.byteCount = byteCount
    self.file = file
    modified = opened.st_mtim
  }

  /// Reads the bytes of a range.
  ///
  /// - Throws: `FileError.unreadable`, or `.changed` where the file has fewer bytes than it had.
  /// - Precondition: the range is inside the file.
  package func bytes(in range: Range<Int>) throws(FileError) -> [UInt8] {
    precondition(
      0 <= range.lowerBound && range.upperBound <= byteCount,
      "found range \(range), expected it inside \(byteCount) bytes")
    var bytes = [UInt8](repeating: 0, count: range.count)
    var count = 0
    while count < bytes.count {
      let readCount = try Self.reading(path) { () throws(SystemError) in
        try file.read(into: &bytes, from: count, at: range.lowerBound + count)
      }
      guard readCount > 0 else { throw .changed(path: path) }
      count += readCount
    }
    return bytes
  }

  /// Refuses the file if it was written to since it was opened.
  ///
  /// - Throws: `FileError.changed`.
  package func checkUnchanged() throws(FileError) {
    let now = try Self.reading(path) { () throws(SystemError) in try file.status() }
    guard
      Int(now.st_size) == byteCount && now.st_mtim.tv_sec == modified.tv_sec
        && now.st_mtim.tv_nsec == modified.tv_nsec
    else { throw .changed(path: path) }
  }

  private static func reading<Value: ~Copyable>(
    _ path: String, _ call: () throws(SystemError) -> Value
  ) throws(FileError) -> Value {
    do {
      return try call()
    } catch {
      switch error.code {
      case ENOENT, ENOTDIR: throw .missing(path: path)
      default: throw .unreadable(path: path, reason: error.reason)
      }
    }
  }

  /// Reads to the end of the file, wherever that is by now.
  func contents(limit: Int) throws(FileError) -> [UInt8] {
    // One byte more than expected, so that the end of the file is seen without growing.
    var bytes = [UInt8](repeating: 0, count: byteCount + 1)
    var count = 0
    while true {
      let readCount = try Self.reading(path) { () throws(SystemError) in
        try file.read(into: &bytes, from: count, at: count)
      }
      count += readCount
      guard count <= limit else {
        throw .tooLarge(path: path, byteCount: count, limit: limit)
      }
      if readCount == 0 { break }
      if count == bytes.count {
        bytes.append(contentsOf: repeatElement(0, count: max(count, 4096)))
      }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
