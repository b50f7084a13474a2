/// The checksum that model files carry: the CRC-32 of zlib, PNG and Python's `zlib.crc32`.
///
/// Polynomial 0x04C11DB7, bits reflected, register and result complemented (ISO 3309). It finds every
/// error of one bit, and every burst of at most 32.
package struct CRC32: Sendable {
  private var register: UInt32 = 0xFFFF_FFFF

  package init() {}

  /// The checksum of what was added so far; of nothing, 0.
  package var value: UInt32 { ~register }

  /// The checksum of bytes as eight lower-case hexadecimal digits.
  package static func digits(of bytes: Span<UInt8>) -> String {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.digits
  }

  /// The checksum as eight lower-case hexadecimal digits.
  package var digits: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// Adds bytes at the end.
  ///
  /// - Complexity: one table look-up per byte.
  package mutating func update(_ bytes: Span<UInt8>) {
    let table = CRC32.table.span
    var register = register
    for index in bytes.indices {
      register = table[Int((register ^ UInt32(bytes[index])) & 0xFF)] ^ (register >> 8)
    }
    self.register = register
  }

  package static func checksum(of bytes: Span<UInt8>) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }

  /// The register after each byte value, from zero.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { register, _ in
      register & 1 == 1 ? 0xEDB8_8320 ^ (register >> 1) : register >> 1
    }
  }
}
