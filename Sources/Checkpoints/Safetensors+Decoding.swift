/// From a whole safetensors file to all its tensors.
extension Safetensors {
  /// Reads a file's tensors.
  ///
  /// - Parameter byteLimit: the largest file that is accepted, bytes.
  /// - Throws: `SafetensorsError.file`, or what ``decode(_:path:checksums:nonFinite:)`` throws.
  package static func read(
    _ path: String, byteLimit: Int = 1 << 30, checksums: ChecksumRule = .checkedIfPresent,
    nonFinite: NonFiniteRule = .refused
  ) throws(SafetensorsError) -> SafetensorsFile {
    try SafetensorsReader(
      path, byteLimit: byteLimit, checksums: checksums, nonFinite: nonFinite
    ).contents()
  }

  /// Makes tensors of a file's bytes.
  ///
  /// - Parameter path: the file's name, for errors.
  /// - Throws: the first thing that is wrong, in the order of the file; a wrong checksum before what it
  ///   may have caused.
  package static func decode(
    _ bytes: [UInt8], path: String, checksums: ChecksumRule = .checkedIfPresent,
    nonFinite: NonFiniteRule = .refused
  ) throws(SafetensorsError) -> SafetensorsFile {
    try SafetensorsReader(
      bytes, path: path, checksums: checksums, nonFinite: nonFinite
    ).contents()
  }
}

extension SafetensorsReader {
  /// Reads all tensors.
  package func contents() throws(SafetensorsError) -> SafetensorsFile {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      var values: [Float] = []
      try append(index, to: &values)
      tensors.append(
        Tensor(
          name: entry.name, shape: entry.shape, elementType: entry.elementType, values: values))
    }
    try checkUnchanged()
    return SafetensorsFile(tensors: tensors, metadata: metadata, hasChecksums: hasChecksums)
  }
}
