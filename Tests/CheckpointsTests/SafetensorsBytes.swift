import Checkpoints
import Foundation

/// Safetensors files put together by hand, so that they can be wrong.
enum SafetensorsBytes {
  /// The name that errors carry.
  static let path = "models/a.safetensors"

  /// A file with this header and these bytes after it.
  static func file(_ header: String, payload: [UInt8] = []) -> [UInt8] {
    file(Array(header.utf8), payload: payload)
  }

  static func file(_ header: [UInt8], payload: [UInt8] = []) -> [UInt8] {
    length(UInt64(header.count)) + header + payload
  }

  /// The first eight bytes of a file.
  static func length(_ length: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
  }

  static func decode(
    _ bytes: [UInt8], checksums: Safetensors.ChecksumRule = .checkedIfPresent,
    nonFinite: Safetensors.NonFiniteRule = .refused
  ) throws(SafetensorsError) -> SafetensorsFile {
    try Safetensors.decode(bytes, path: path, checksums: checksums, nonFinite: nonFinite)
  }

  static func encode(
    _ file: SafetensorsFile, nonFinite: Safetensors.NonFiniteRule = .refused
  ) throws(SafetensorsError) -> [UInt8] {
    try Safetensors.encode(file, path: path, nonFinite: nonFinite)
  }

  /// The header of a well-formed file, without its padding.
  static func header(of bytes: [UInt8]) -> String {
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let text = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    return String(text.reversed().drop { $0 == " " }.reversed())
  }

  /// A small file with every element type, an empty tensor, a single value and odd names.
  static let sample = SafetensorsFile(
    tensors: [
      Tensor(
        name: "field.0.weight", shape: [2, 3], values: [0, -1.5, 3.25, 0x1p-140, -0.0, 7e37]),
      Tensor(name: "nothing", shape: [4, 0], values: []),
      Tensor(name: "scale", shape: [], values: [0.1]),
      Tensor(name: "codes \"é\"\n😀", shape: [2], elementType: .bfloat16, values: [1, -2.5]),
      Tensor(name: "base", shape: [3], elementType: .float16, values: [0.5, 65504, -6e-8]),
    ], metadata: ["format_version": "1", "note": "tab\tquote\" slash/ back\\ nul\0 naïve 😀"])

  /// Calls with a path in a fresh folder, which is removed afterwards.
  static func withTemporaryPath(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("safetensors-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent("model.safetensors").path)
  }
}
