/// Ordered names, shapes and offsets of the tensors in one flat parameter array: the seam.
///
/// A network publishes its layout; who fills, optimises or stores the parameters reads only that.
package struct ParameterLayout: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    /// In PyTorch's manner, as in `hidden.0.weight`.
    package let name: String
    /// `[outputs, inputs]` of a matrix, `[length]` of a vector; row-major.
    package let shape: [Int]
    /// Where the tensor begins in the flat array.
    package let offset: Int

    package var count: Int { shape.reduce(1, *) }
    package var range: Range<Int> { offset..<offset + count }
  }

  package private(set) var entries: [Entry] = []

  /// The length of the flat array.
  package private(set) var count = 0

  package init() {}

  /// Adds a tensor at the end and returns where it begins.
  @discardableResult
  package mutating func append(_ name: String, _ shape: Int...) -> Int {
    let entry = Entry(name: name, shape: shape, offset: count)
    entries.append(entry)
    count += entry.count
    return entry.offset
  }
}
