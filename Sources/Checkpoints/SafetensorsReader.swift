import Files

/// A safetensors file whose header has been read and checked, and whose tensors are read one by one.
///
/// Everything that the header says is checked before memory is set aside for values: its grammar, its
/// checksum, every product, and that the tensors' ranges follow each other from the first byte after
/// the header to the last of the file. Values come in pieces, so that beside the place where a tensor is
/// kept nothing of its size is in memory.
package struct SafetensorsReader: ~Copyable {
  /// The file's name, for errors.
  package let path: String

  /// Texts beside the tensors, without the checksums.
  package let metadata: [String: String]

  /// Whether checksums protect the contents.
  package let hasChecksums: Bool

  /// In the order of their bytes.
  let entries: [SafetensorsHeader.Entry]

  private let source: Source
  private let payloadStart: Int
  /// Of the tensors, in the order of `entries`; nil where the file has none.
  private let checksums: [UInt32]?
  private let nonFinite: Safetensors.NonFiniteRule

  /// The bytes that are read at a time, a whole number of values.
  private static let pieceByteCount = 1 << 20

  /// Where the bytes are.
  enum Source: ~Copyable {
    case file(FileSource)
    case memory([UInt8])
  }

  /// Opens a file and reads its header.
  ///
  /// - Parameter byteLimit: the largest file that is accepted, bytes.
  /// - Throws: the first thing that is wrong, in the order of the file; a wrong checksum before what it
  ///   may have caused.
  package init(
    _ path: String, byteLimit: Int = 1 << 30,
    checksums: Safetensors.ChecksumRule = .checkedIfPresent,
    nonFinite: Safetensors.NonFiniteRule = .refused
  ) throws(SafetensorsError) {
    let file: FileSource
    do { file = try FileSource(path, limit: byteLimit) } catch { throw .file(error) }
    try self.init(.file(file), path: path, checksums: checksums, nonFinite: nonFinite)
  }

  /// Reads the header of a file that is in memory.
  package init(
    _ bytes: [UInt8], path: String, checksums: Safetensors.ChecksumRule = .checkedIfPresent,
    nonFinite: Safetensors.NonFiniteRule = .refused
  ) throws(SafetensorsError) {
    try self.init(.memory(bytes), path: path, checksums: checksums, nonFinite: nonFinite)
  }

  private init(
    _ source: consuming Source, path: String, checksums rule: Safetensors.ChecksumRule,
    nonFinite: Safetensors.NonFiniteRule
  ) throws(SafetensorsError) {
    let byteCount = source.byteCount
    guard byteCount >= 10 else { throw .tooShort(path: path, byteCount: byteCount) }
    let length = try source.bytes(in: 0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let limit = min(Safetensors.headerByteLimit, byteCount - 8)
    guard length >= 2 && length <= limit else {
      throw .headerLength(path: path, found: length, limit: limit)
    }
    let range = 8..<8 + Int(length)
    let head = try source.bytes(in: 0..<range.upperBound)
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: head.span.extracting(range))
    } catch {
      throw .notUTF8(path: path, offset: range.lowerBound + error.byteOffsets.lowerBound)
    }
    var scanner = SafetensorsHeaderScanner(head, range: range, path: path)
    var header = try scanner.header()

    // Empty tensors share their offset with the next one, and come before it.
    header.entries.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }

    var sums: [UInt32]?
    if let checksums = header.checksums {
      sums = try Self.checkedSums(checksums, of: header, in: head, range: range, path: path)
    } else if rule == .required {
      throw .missingChecksums(path: path)
    }
    try Self.checkLayout(
      header.entries, payloadByteCount: byteCount - range.upperBound, path: path)
    self.path = path
    metadata = header.metadata
    hasChecksums = header.checksums != nil
    entries = header.entries
    self.source = source
    payloadStart = range.upperBound
    checksums = sums
    self.nonFinite = nonFinite
  }

  /// The values of all tensors.
  package var valueCount: Int {
    entries.reduce(0) { $0 + ($1.end - $1.begin) / $1.elementType.byteCount }
  }

  /// How values are stored: as 32-bit floats unless all are narrower alike.
  package var elementType: Tensor.ElementType {
    let types = Set(entries.map(\.elementType))
    return types.count == 1 ? types.first ?? .float32 : .float32
  }

  /// Reads a tensor's values piece by piece.
  ///
  /// What `body` has made of them counts only once this returns: the checksum is compared, and values
  /// that are not finite are refused, at the end.
  ///
  /// - Parameters:
  ///   - index: the tensor's place in `entries`.
  ///   - body: called with the values in their order.
  func readPieces(
    of index: Int, _ body: ([Float]) -> Void
  ) throws(SafetensorsError) {
    let entry = entries[index]
    var checksum = CRC32()
    var offset = entry.begin
    var count = 0
    var failure: SafetensorsError?
    while offset < entry.end {
      let end = min(offset + Self.pieceByteCount, entry.end)
      let bytes = try source.bytes(in: payloadStart + offset..<payloadStart + end)
      checksum.update(bytes.span)
      let values = entry.elementType.values(from: bytes.span)
      if failure == nil && nonFinite == .refused,
        let place = values.firstIndex(where: { !$0.isFinite })
      {
        failure = .nonFinite(
          path: path, tensor: entry.name, index: count + place, bits: values[place].bitPattern)
      }
      body(values)
      count += values.count
      offset = end
    }
    if let expected = checksums?[index], checksum.value != expected {
      throw .tensorChecksum(
        path: path, tensor: entry.name, found: checksum.value, expected: expected)
    }
    if let failure { throw failure }
  }

  /// Adds a tensor's values to others.
  func append(_ index: Int, to values: inout [Float]) throws(SafetensorsError) {
    let entry = entries[index]
    values.reserveCapacity(values.count + (entry.end - entry.begin) / entry.elementType.byteCount)
    try readPieces(of: index) { values += $0 }
  }

  /// Refuses a file that was written to since it was opened; to be called after the last tensor.
  func checkUnchanged() throws(SafetensorsError) {
    switch source {
    case .file(let file):
      do { try file.checkUnchanged() } catch { throw .file(error) }
    case .memory: break
    }
  }
}

extension SafetensorsReader.Source {
  var byteCount: Int {
    switch self {
    case .file(let file): file.byteCount
    case .memory(let bytes): bytes.count
    }
  }

  func bytes(in range: Range<Int>) throws(SafetensorsError) -> [UInt8] {
    switch self {
    case .file(let file):
      do { return try file.bytes(in: range) } catch { throw .file(error) }
    case .memory(let bytes): return Array(bytes[range])
    }
  }
}
