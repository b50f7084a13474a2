// Says of each file on standard input whether it is read as safetensors, for scripts/peers.
//
// A file is four bytes of its length, little-endian, and its bytes. Each is answered by one line:
// `refused`, the case of the error and the error, or `accepted` and for each tensor its name in
// hexadecimal digits, its shape and the CRC-32 of its values as little-endian 32-bit floats.
import Checkpoints
import Foundation

extension Tensor {
  /// The tensor in a line of the answer.
  var verdict: String {
    let bytes = values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
    let name = name.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    return "\(name):\(shape.map(String.init).joined(separator: "x")):"
      + CRC32.digits(of: bytes.span)
  }
}

func verdict(on bytes: [UInt8]) -> String {
  do {
    let file = try Safetensors.decode(bytes, path: "file")
    return (["accepted"] + file.tensors.map(\.verdict)).joined(separator: " ")
  } catch {
    let kind = Mirror(reflecting: error).children.first?.label ?? "error"
    return "refused \(kind) \(error)"
  }
}

let input = FileHandle.standardInput
while let prefix = try input.read(upToCount: 4), prefix.count == 4 {
  let length = prefix.reversed().reduce(0) { $0 << 8 | Int($1) }
  var bytes: [UInt8] = []
  while bytes.count < length, let piece = try input.read(upToCount: length - bytes.count),
    !piece.isEmpty
  {
    bytes += piece
  }
  try FileHandle.standardOutput.write(contentsOf: Data((verdict(on: bytes) + "\n").utf8))
}
