/// The tensors of an open file that have not been asked for yet; each is read when it is taken.
struct TensorTable: ~Copyable {
  private let reader: SafetensorsReader
  /// By the names' bytes, as the header tells them apart.
  private var places: [[UInt8]: Int] = [:]

  init(_ reader: consuming SafetensorsReader) {
    for (index, entry) in reader.entries.enumerated() {
      places[Array(entry.name.utf8)] = index
    }
    self.reader = reader
  }

  var path: String { reader.path }
  var metadata: [String: String] { reader.metadata }
  var hasChecksums: Bool { reader.hasChecksums }

  /// How the file's values are stored.
  var elementType: Tensor.ElementType { reader.elementType }

  /// The values of one tensor, which must be there with this shape.
  mutating func take(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    var values: [Float] = []
    try take(name, shape: shape, to: &values)
    return values
  }

  /// Adds the values of one tensor, which must be there with this shape, to others.
  mutating func take(
    _ name: String, shape: [Int], to values: inout [Float]
  ) throws(CheckpointError) {
    try expect(name, shape: shape)
    guard let place = places.removeValue(forKey: Array(name.utf8)) else { return }
    do { try reader.append(place, to: &values) } catch { throw .safetensors(error) }
  }

  /// The values of one tensor, each of which must be in a range.
  mutating func take(
    _ name: String, shape: [Int], in range: ClosedRange<Float>
  ) throws(CheckpointError) -> [Float] {
    // Of the shape that is asked for only where the file has as many values.
    try expect(name, shape: shape)
    var values: [Float] = []
    values.reserveCapacity(shape.reduce(1, *))
    try take(name, shape: shape, in: range) { values += $0 }
    return values
  }

  /// Reads one tensor, each of whose values must be in a range, piece by piece.
  ///
  /// What `body` has made of them counts only once this returns; values that are not in the range reach
  /// it too.
  mutating func take(
    _ name: String, shape: [Int], in range: ClosedRange<Float>, _ body: ([Float]) -> Void
  ) throws(CheckpointError) {
    try expect(name, shape: shape)
    guard let place = places.removeValue(forKey: Array(name.utf8)) else { return }
    var failure: CheckpointError?
    var count = 0
    do {
      try reader.readPieces(of: place) { piece in
        if failure == nil, let index = piece.firstIndex(where: { !range.contains($0) }) {
          failure = .value(
            path: reader.path, tensor: name, index: count + index, found: piece[index],
            expected: range)
        }
        count += piece.count
        body(piece)
      }
    } catch {
      throw .safetensors(error)
    }
    if let failure { throw failure }
  }

  /// The values of one tensor of rank 1 and any length up to a limit, each of which must be in a range.
  mutating func take(
    _ name: String, atMost limit: Int, in range: ClosedRange<Float>
  ) throws(CheckpointError) -> [Float] {
    let count = places[Array(name.utf8)].map { reader.entries[$0].shape.reduce(1, *) } ?? 0
    return try take(name, shape: [min(count, limit)], in: range)
  }

  /// The values of one tensor of rank 1 and any length up to a limit, all of them counts.
  ///
  /// - Parameter count: the length, where it is known.
  mutating func takeCounts(
    _ name: String, count: Int? = nil, atMost limit: Int
  ) throws(CheckpointError) -> [Int] {
    if let count { try expect(name, shape: [count]) }
    let values = try take(name, atMost: limit, in: Self.countRange)
    if let place = values.firstIndex(where: { $0 != $0.rounded() }) {
      throw .configuration(
        path: path, key: "tensor \(name)[\(place)]", found: "\(values[place])",
        expected: "a whole number")
    }
    return values.map { Int($0) }
  }

  /// Numbers up to which a `Float` counts exactly.
  private static let countRange: ClosedRange<Float> = 0...0x1p24

  func contains(_ name: String) -> Bool { places[Array(name.utf8)] != nil }

  /// Refuses a file without this tensor, or with another shape of it.
  func expect(_ name: String, shape: [Int]) throws(CheckpointError) {
    guard let place = places[Array(name.utf8)] else {
      throw .missingTensor(path: path, tensor: name)
    }
    let found = reader.entries[place].shape
    guard found == shape else {
      throw .shape(path: path, tensor: name, found: found, expected: shape)
    }
  }

  /// Refuses a tensor that nobody asked for, and a file that changed while it was read.
  func expectEnd() throws(CheckpointError) {
    if let place = places.values.min() {
      throw .unexpectedTensor(path: path, tensor: reader.entries[place].name)
    }
    do { try reader.checkUnchanged() } catch { throw .safetensors(error) }
  }
}
