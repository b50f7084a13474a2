import Glibc

/// Whole files, read into memory under a limit.
package enum FileReader {
  /// Reads a whole file.
  ///
  /// The size is compared with `limit` before anything is allocated, so that no file makes the
  /// program use more memory than the caller has agreed to. A file that grows meanwhile is read to
  /// its new end, under the same limit.
  ///
  /// - Parameter limit: the most bytes that are accepted, ≥ 0.
  /// - Throws: `FileError.missing`, `.notAFile`, `.unreadable` or `.tooLarge`.
  package static func bytes(at path: String, limit: Int) throws(FileError) -> [UInt8] {
    precondition(limit >= 0, "found limit \(limit), expected at least 0")
    // A name with a zero byte would reach the system cut short, as another name.
    guard !path.utf8.contains(0) else { throw .missing(path: path) }
    // Looking before opening spares devices the side effects of being opened. A pipe put there in
    // between is opened without waiting for its other end.
    let found = try reading(path) { () throws(SystemError) in
      try status(of: path, followingLinks: true)
    }
    guard found.isFile else { throw .notAFile(path: path) }
    let file = try reading(path) { () throws(SystemError) in
      try Descriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
    }
    let opened = try reading(path) { () throws(SystemError) in try file.status() }
    guard opened.isFile else { throw .notAFile(path: path) }
    let byteCount = Int(opened.st_size)
    guard byteCount <= limit else {
      throw .tooLarge(path: path, byteCount: byteCount, limit: limit)
    }
    return try contents(of: file, path: path, expectedByteCount: byteCount, limit: limit)
  }

  /// Reads to the end of an open file.
  private static func contents(
    of file: borrowing Descriptor, path: String, expectedByteCount: Int, limit: Int
  ) throws(FileError) -> [UInt8] {
    // One byte more than expected, so that the end of the file is seen without growing.
    var bytes = [UInt8](repeating: 0, count: expectedByteCount + 1)
    var byteCount = 0
    while true {
      let readCount = try reading(path) { () throws(SystemError) in
        try file.read(into: &bytes, from: byteCount)
      }
      byteCount += readCount
      guard byteCount <= limit else {
        throw .tooLarge(path: path, byteCount: byteCount, limit: limit)
      }
      if readCount == 0 { break }
      if byteCount == bytes.count {
        bytes.append(contentsOf: repeatElement(0, count: max(byteCount, 4096)))
      }
    }
    bytes.removeLast(bytes.count - byteCount)
    return bytes
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
}
