import Checkpoints
import Files
import Testing

/// Model files, and ways to spoil them.
enum ModelFile {
  static func bytes(at path: String) throws -> [UInt8] {
    try FileReader.bytes(at: path, limit: 1 << 20)
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    try FileWriter.write(bytes, to: path, overwriting: true)
  }

  static func bytes(of model: Checkpoint) throws -> [UInt8] {
    var result: [UInt8] = []
    try SafetensorsBytes.withTemporaryPath { path in
      try model.write(to: path, overwriting: false)
      result = try bytes(at: path)
    }
    return result
  }

  /// A tiny model as another program would write it.
  static func bytesWithoutChecksums(
    _ change: (inout ModelConfiguration) -> Void
  ) throws -> [UInt8] {
    var model = TinyModel.checkpoint()
    change(&model.configuration)
    let bytes = try bytes(of: model)
    let header = SafetensorsBytes.header(of: bytes)
    let start = try #require(header.firstRange(of: #""crc32":""#)).lowerBound
    let end = try #require(header.firstRange(of: #"","format""#)).lowerBound
    let stripped = header[..<start] + header[end...].dropFirst(2)
    let length = Int(bytes[0]) | Int(bytes[1]) << 8
    return SafetensorsBytes.file(String(stripped), payload: Array(bytes.dropFirst(8 + length)))
  }

  /// Where a text first stands in the bytes.
  static func offset(of text: String, in bytes: [UInt8]) -> Int? {
    let pattern = Array(text.utf8)
    return bytes.indices.first { bytes[$0...].starts(with: pattern) }
  }
}

extension SafetensorsFile {
  /// Replaces a part of the configuration, which must be there.
  mutating func replace(_ part: String, _ replacement: String) throws {
    let text = try #require(metadata["hypermarch"])
    try #require(text.contains(part))
    metadata["hypermarch"] = text.replacing(part, with: replacement)
  }

  mutating func remove(_ name: String) {
    tensors.removeAll { $0.name == name }
  }

  mutating func reshape(_ name: String, to shape: [Int]) {
    change(name) { Tensor(name: name, shape: shape, values: $0.values) }
  }

  mutating func setValue(_ value: Float, at index: Int, of name: String) {
    change(name) { tensor in
      var values = tensor.values
      values[index] = value
      return Tensor(name: name, shape: tensor.shape, values: values)
    }
  }

  private mutating func change(_ name: String, _ body: (Tensor) -> Tensor) {
    for index in tensors.indices where tensors[index].name == name {
      tensors[index] = body(tensors[index])
    }
  }
}
