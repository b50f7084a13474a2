/// The tensors of a file that have not been asked for yet.
struct TensorTable {
  private var tensors: [String: Tensor] = [:]
  private let path: String

  init(_ tensors: [Tensor], path: String) {
    self.path = path
    for tensor in tensors { self.tensors[tensor.name] = tensor }
  }

  /// The values of one tensor, which must be there with this shape.
  mutating func take(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    guard let tensor = tensors.removeValue(forKey: name) else {
      throw .missingTensor(path: path, tensor: name)
    }
    guard tensor.shape == shape else {
      throw .shape(path: path, tensor: name, found: tensor.shape, expected: shape)
    }
    return tensor.values
  }

  /// The values of one tensor, each of which must be in a range.
  mutating func take(
    _ name: String, shape: [Int], in range: ClosedRange<Float>
  ) throws(CheckpointError) -> [Float] {
    let values = try take(name, shape: shape)
    if let index = values.firstIndex(where: { !range.contains($0) }) {
      throw .value(
        path: path, tensor: name, index: index, found: values[index], expected: range)
    }
    return values
  }

  /// The values of one tensor of rank 1 and any length up to a limit, each of which must be in a range.
  mutating func take(
    _ name: String, atMost limit: Int, in range: ClosedRange<Float>
  ) throws(CheckpointError) -> [Float] {
    let count = tensors[name]?.values.count ?? 0
    return try take(name, shape: [min(count, limit)], in: range)
  }

  func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// Refuses a tensor that nobody asked for.
  func expectEmpty() throws(CheckpointError) {
    if let name = tensors.keys.min() { throw .unexpectedTensor(path: path, tensor: name) }
  }
}
