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
    try FileSource(path, limit: limit).contents(limit: limit)
  }
}
