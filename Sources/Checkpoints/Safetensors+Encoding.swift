/// From tensors to the bytes of a safetensors file.
extension Safetensors {
  /// Makes the bytes of a file.
  ///
  /// The same contents give the same bytes, whatever their order: tensors are sorted by element type
  /// (F32, BF16, F16, so that all are aligned) and then by the UTF-8 of their names, as the format's
  /// own library does, and texts by the UTF-8 of their keys. Values are rounded to the nearest that the
  /// element type holds. The metadata says `format: pt`, which loaders ask for: layouts are PyTorch's.
  ///
  /// - Parameter path: the file's name, for errors.
  /// - Throws: `SafetensorsError.nonFinite` for a value that is not finite, also when only rounding
  ///   made it infinite; `.headerLength` for a header that no reader here accepts.
  /// - Precondition: names are unique, and the metadata leaves `crc32` to this function.
  package static func encode(
    _ file: SafetensorsFile, path: String, nonFinite: NonFiniteRule = .refused
  ) throws(SafetensorsError) -> [UInt8] {
    let tensors = file.tensors.sorted { $0.precedes($1) }
    precondition(
      Set(tensors.map(\.name)).count == tensors.count,
      "found tensors of the same name, expected unique names")
    precondition(
      file.metadata[SafetensorsHeader.checksumKey] == nil,
      "found metadata \(SafetensorsHeader.checksumKey), expected it to be left to the writer")

    var entries: [String] = []
    var end = 0
    for tensor in tensors {
      let begin = end
      end += tensor.values.count * tensor.elementType.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        tensor.name.inJSON + ":{\"dtype\":\"" + tensor.elementType.rawValue
          + "\",\"shape\":[" + shape + "],\"data_offsets\":[\(begin),\(end)]}")
    }
    var metadata = file.metadata
    metadata["format"] = "pt"
    func header(_ checksums: [String]) -> [UInt8] {
      metadata[SafetensorsHeader.checksumKey] = checksums.joined(separator: " ")
      return sealedHeader(entries: entries, metadata: metadata)
    }
    // As long as the header that it makes room for, and the values' only place in memory.
    var words = [String](repeating: "00000000", count: tensors.count + 1)
    let room = header(words).count
    guard room <= headerByteLimit else {
      throw .headerLength(path: path, found: UInt64(room), limit: headerByteLimit)
    }
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: room >> (8 * $0)) }
    bytes.reserveCapacity(8 + room + end)
    bytes.append(contentsOf: repeatElement(0, count: room))
    for (index, tensor) in tensors.enumerated() {
      let begin = bytes.count
      if let place = tensor.appendValues(to: &bytes), nonFinite == .refused {
        throw .nonFinite(
          path: path, tensor: tensor.name, index: place,
          bits: tensor.storedValue(at: place).bitPattern)
      }
      words[index + 1] =
        CRC32.checksum(of: bytes.span.extracting(begin..<bytes.count)).hexadecimal
    }
    bytes.replaceSubrange(8..<8 + room, with: header(words))
    return bytes
  }

  /// The header, padded, with its own checksum in place of the eight zeros.
  private static func sealedHeader(
    entries: [String], metadata: [String: String]
  ) -> [UInt8] {
    var header = Array("{".utf8)
    header.append(contentsOf: SafetensorsHeader.metadataKey.inJSON.utf8)
    var separator = ":{"
    var checksumStart = 0
    for (key, text) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      header.append(contentsOf: (separator + key.inJSON + ":").utf8)
      if key == SafetensorsHeader.checksumKey { checksumStart = header.count + 1 }
      header.append(contentsOf: text.inJSON.utf8)
      separator = ","
    }
    header.append(contentsOf: "}".utf8)
    for entry in entries { header.append(contentsOf: ("," + entry).utf8) }
    header.append(contentsOf: "}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }

    let checksum = CRC32.checksum(of: header.span).hexadecimal
    header.replaceSubrange(checksumStart..<checksumStart + 8, with: checksum.utf8)
    return header
  }
}

extension Tensor {
  /// Whether the tensor comes before another one in a file.
  fileprivate func precedes(_ other: Tensor) -> Bool {
    let order: [ElementType: Int] = [.float32: 0, .bfloat16: 1, .float16: 2]
    let (rank, otherRank) = (order[elementType] ?? 0, order[other.elementType] ?? 0)
    return rank == otherRank
      ? name.utf8.lexicographicallyPrecedes(other.name.utf8) : rank < otherRank
  }

  /// A value as a reader of the file sees it.
  fileprivate func storedValue(at index: Int) -> Float {
    switch elementType {
    case .float32: values[index]
    case .bfloat16: Float(bfloat16Bits: values[index].bfloat16Bits)
    case .float16: Float(float16Bits: values[index].float16Bits)
    }
  }

  /// Adds the values, little-endian, and returns the index of the first that is not finite there.
  fileprivate func appendValues(to bytes: inout [UInt8]) -> Int? {
    var firstNonFinite: Int?
    for (index, value) in values.enumerated() {
      let (bits, isFinite) =
        switch elementType {
        case .float32: (value.bitPattern, value.isFinite)
        case .bfloat16: (UInt32(value.bfloat16Bits), value.bfloat16Bits & 0x7F80 != 0x7F80)
        case .float16: (UInt32(value.float16Bits), value.float16Bits & 0x7C00 != 0x7C00)
        }
      if !isFinite && firstNonFinite == nil { firstNonFinite = index }
      for byte in 0..<elementType.byteCount {
        bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * UInt32(byte))))
      }
    }
    return firstNonFinite
  }
}

extension String {
  /// The text as JSON, in quotes.
  fileprivate var inJSON: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
