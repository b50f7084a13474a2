/// From the bytes of a safetensors file to its tensors.
extension Safetensors {
  /// Makes tensors of a file's bytes.
  ///
  /// Everything that the header says is checked before memory is set aside for values: its grammar, the
  /// checksums, every product, and that the tensors' ranges follow each other from the first byte after
  /// the header to the last of the file. So the memory in use is bounded by the number of bytes.
  ///
  /// - Parameter path: the file's name, for errors.
  /// - Throws: the first thing that is wrong, in the order of the file; a wrong checksum before what it
  ///   may have caused.
  package static func decode(
    _ bytes: [UInt8], path: String, checksums: ChecksumRule = .checkedIfPresent,
    nonFinite: NonFiniteRule = .refused
  ) throws(SafetensorsError) -> SafetensorsFile {
    let headerRange = try headerRange(of: bytes, path: path)
    var scanner = SafetensorsHeaderScanner(bytes, range: headerRange, path: path)
    var header = try scanner.header()

    // Empty tensors share their offset with the next one, and come before it.
    header.entries.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }

    var expected: [UInt32]?
    if let sums = header.checksums {
      expected = try checkedSums(sums, of: header, in: bytes, range: headerRange, path: path)
    } else if checksums == .required {
      throw .missingChecksums(path: path)
    }

    let payloadStart = headerRange.upperBound
    try checkLayout(header.entries, payloadByteCount: bytes.count - payloadStart, path: path)

    var tensors: [Tensor] = []
    tensors.reserveCapacity(header.entries.count)
    for (index, entry) in header.entries.enumerated() {
      let data = bytes.span.extracting(payloadStart + entry.begin..<payloadStart + entry.end)
      let found = CRC32.checksum(of: data)
      if let expected = expected?[index], found != expected {
        throw .tensorChecksum(path: path, tensor: entry.name, found: found, expected: expected)
      }
      let values = entry.elementType.values(from: data)
      if nonFinite == .refused, let index = values.firstIndex(where: { !$0.isFinite }) {
        throw .nonFinite(
          path: path, tensor: entry.name, index: index, bits: values[index].bitPattern)
      }
      tensors.append(
        Tensor(
          name: entry.name, shape: entry.shape, elementType: entry.elementType, values: values))
    }
    return SafetensorsFile(
      tensors: tensors, metadata: header.metadata, hasChecksums: header.checksums != nil)
  }

  /// The place of the header, which is text.
  private static func headerRange(
    of bytes: [UInt8], path: String
  ) throws(SafetensorsError) -> Range<Int> {
    guard bytes.count >= 10 else { throw .tooShort(path: path, byteCount: bytes.count) }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * $1) }
    let limit = min(headerByteLimit, bytes.count - 8)
    guard length >= 2 && length <= limit else {
      throw .headerLength(path: path, found: length, limit: limit)
    }
    let range = 8..<8 + Int(length)
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span.extracting(range))
    } catch {
      throw .notUTF8(path: path, offset: range.lowerBound + error.byteOffsets.lowerBound)
    }
    return range
  }

  /// The checksums of the tensors, in the order of the data, after the header's own is compared.
  private static func checkedSums(
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
  private static func checkLayout(
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

extension Tensor.ElementType {
  /// The values that little-endian bytes hold.
  fileprivate func values(from data: Span<UInt8>) -> [Float] {
    var values = [Float](repeating: 0, count: data.count / byteCount)
    for index in values.indices {
      let low = UInt16(data[index * byteCount]) | UInt16(data[index * byteCount + 1]) << 8
      switch self {
      case .float16:
        values[index] = Float(float16Bits: low)
      case .bfloat16:
        values[index] = Float(bfloat16Bits: low)
      case .float32:
        let high = UInt32(data[index * 4 + 2]) | UInt32(data[index * 4 + 3]) << 8
        values[index] = Float(bitPattern: UInt32(low) | high << 16)
      }
    }
    return values
  }
}
