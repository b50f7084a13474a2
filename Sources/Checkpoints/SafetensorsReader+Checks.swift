/// What a safetensors header promises of the bytes behind it.
extension SafetensorsReader {
  /// The checksums of the tensors, in the order of the data, after the header's own is compared.
  static func checkedSums(
    _ checksums: SafetensorsHeader.Checksums, of header: SafetensorsHeader, in bytes: [UInt8],
    range: Range<Int>, path: String
  ) throws(SafetensorsError) -> [UInt32] {
    let words = checksums.text.split(separator: " ", omittingEmptySubsequences: false)
    let digits = Set("0123456789abcdef")
    // A sum that is spelt with escapes could not be blanked in place.
    guard checksums.isLiteral, words.count == header.entries.count + 1,
      words.allSatisfy({ $0.utf8.count == 8 && digits.isSuperset(of: $0) })
    else {
      throw .malformedChecksums(
        path: path, offset: checksums.offset, expectedCount: header.entries.count + 1)
    }
    let expected = words.compactMap { UInt32($0, radix: 16) }
    let zeros = Array("00000000".utf8)
    var checksum = CRC32()
    checksum.update(bytes.span.extracting(range.lowerBound..<checksums.offset))
    checksum.update(zeros.span)
    checksum.update(bytes.span.extracting(checksums.offset + 8..<range.upperBound))
    guard checksum.value == expected[0] else {
      throw .headerChecksum(path: path, found: checksum.value, expected: expected[0])
    }
    return Array(expected.dropFirst())
  }

  /// Checks that the ranges have the lengths of their tensors and tile the bytes after the header.
  static func checkLayout(
    _ entries: [SafetensorsHeader.Entry], payloadByteCount: Int, path: String
  ) throws(SafetensorsError) {
    var position = 0
    for entry in entries {
      var byteCount = entry.elementType.byteCount
      for extent in entry.shape {
        let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
        guard !overflow else {
          throw .shapeOverflow(path: path, tensor: entry.name, shape: entry.shape)
        }
        byteCount = product
      }
      guard entry.begin <= entry.end else {
        throw .reversedRange(
          path: path, tensor: entry.name, begin: entry.begin, end: entry.end)
      }
      guard entry.end - entry.begin == byteCount else {
        throw .byteCount(
          path: path, tensor: entry.name, found: entry.end - entry.begin, expected: byteCount)
      }
      guard entry.begin == position else {
        throw .rangeStart(
          path: path, tensor: entry.name, found: entry.begin, expected: position)
      }
      position = entry.end
    }
    guard position == payloadByteCount else {
      throw .payloadLength(path: path, found: payloadByteCount, expected: position)
    }
  }
}
