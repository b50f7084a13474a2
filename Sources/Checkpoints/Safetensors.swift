import Files

/// The safetensors format: a table of tensors in JSON, then their values, little-endian.
///
///     8 bytes    length N of the header, little-endian
///     N bytes    header: JSON, first byte {, padded with spaces to a multiple of 8 bytes
///     the rest   the tensors' values, one tensor after the other, no bytes between them
///
/// The header has one entry per tensor, `"NAME":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}`
/// with offsets that count from the header's end, and the entry `__metadata__`, texts by key.
/// (The format is documented at <https://github.com/huggingface/safetensors>.)
///
/// The format has no checksums of its own, and a flipped bit of a value is a valid value. Files made
/// here therefore have the metadata text `crc32`: words of eight lower-case hexadecimal digits with
/// one space between them, first the header's CRC-32, then each tensor's in the order of the data.
/// The header's is that of its N bytes with its own eight digits replaced by zeros. In Python:
///
///     data = open(path, "rb").read()
///     length = int.from_bytes(data[:8], "little")
///     header, payload = data[8 : 8 + length], data[8 + length :]
///     tensors = json.loads(header)
///     words = tensors.pop("__metadata__")["crc32"].split(" ")
///     blank = header.replace(b'"crc32":"' + words[0].encode(), b'"crc32":"00000000', 1)
///     assert f"{zlib.crc32(blank):08x}" == words[0]
///     ranges = sorted(entry["data_offsets"] for entry in tensors.values())
///     assert [f"{zlib.crc32(payload[b:e]):08x}" for b, e in ranges] == words[1:]
package enum Safetensors {
  /// The longest header that is read or written, bytes. (The format itself stops at 100,000,000.)
  package static let headerByteLimit = 16 << 20

  /// What to do about checksums.
  package enum ChecksumRule: Sendable {
    /// A file without checksums is refused.
    case required

    /// Checksums are compared where there are any: files made elsewhere have none.
    case checkedIfPresent
  }

  /// What to do about values that are infinite or not numbers.
  package enum NonFiniteRule: Sendable {
    case refused
    case allowed
  }

  /// Writes a file of tensors, whole or not at all.
  ///
  /// - Throws: `SafetensorsError.file`, or what ``encode(_:path:nonFinite:)`` throws.
  package static func write(
    _ file: SafetensorsFile, to path: String, overwriting: Bool = false,
    nonFinite: NonFiniteRule = .refused
  ) throws(SafetensorsError) {
    let bytes = try encode(file, path: path, nonFinite: nonFinite)
    do {
      try FileWriter.write(bytes, to: path, overwriting: overwriting)
    } catch {
      throw .file(error)
    }
  }
}
