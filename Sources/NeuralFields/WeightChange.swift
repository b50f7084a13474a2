import Kernels

/// A change of a field's weights: of low rank for matrices, entry by entry for biases.
///
///     ΔW = U V        U `[m × r]`, V `[r × n]`
///
/// (Hu et al. 2022, LoRA, sec. 4.1, https://arxiv.org/abs/2106.09685.) Tensors that it does not name
/// stay as they are.
package struct WeightChange: Sendable, Hashable {
  /// The change of one tensor.
  package struct Part: Sendable, Hashable {
    /// The tensor's name in the field's layout.
    package let name: String
    /// The tensor's shape: `[m, n]`, or `[m]` for a bias.
    package let shape: [Int]
    /// r; 1 for a bias.
    package let rank: Int
    /// U, `[m × r]`; the change itself, `[m]`, for a bias.
    package var left: [Float]
    /// V, `[r × n]`; empty for a bias.
    package var right: [Float]

    /// - Precondition: the lengths fit the shape.
    package init(name: String, shape: [Int], rank: Int, left: [Float], right: [Float]) {
      precondition(
        (1...2).contains(shape.count) && rank > 0 && left.count == shape[0] * rank
          && right.count == (shape.count == 2 ? shape[1] * rank : 0)
          && (shape.count == 2 || rank == 1),
        "found \(left.count) and \(right.count) numbers, expected those of rank \(rank) for \(shape)"
      )
      self.name = name
      self.shape = shape
      self.rank = rank
      self.left = left
      self.right = right
    }

    /// U V, row-major, `[m × n]`; the change itself for a bias.
    package var values: [Float] {
      guard shape.count == 2 else { return left }
      let columns = shape[1]
      var result = [Float](repeating: 0, count: shape[0] * columns)
      var target = result.mutableSpan
      for row in 0..<shape[0] {
        for k in 0..<rank {
          target.add(
            right.span.extracting(k * columns..<(k + 1) * columns), times: left[row * rank + k],
            at: row * columns)
        }
      }
      return result
    }
  }

  package var parts: [Part]

  package init(parts: [Part]) {
    self.parts = parts
  }

  /// The numbers it is made of.
  package var parameterCount: Int { parts.reduce(0) { $0 + $1.left.count + $1.right.count } }

  /// The numbers of the left factors and the biases' changes.
  package var leftFactorCount: Int { parts.reduce(0) { $0 + $1.left.count } }

  /// Puts other left factors and biases' changes in place of the parts' own, one after another.
  ///
  /// - Precondition: there are `leftFactorCount`.
  package mutating func replaceLeftFactors(_ values: [Float]) {
    precondition(
      values.count == leftFactorCount, "found \(values.count) numbers, expected \(leftFactorCount)")
    var start = 0
    for index in parts.indices {
      let end = start + parts[index].left.count
      parts[index].left = Array(values[start..<end])
      start = end
    }
  }

  /// Whether every part is of a tensor of the layout, and none of one tensor twice.
  package func fits(_ layout: ParameterLayout) -> Bool {
    Set(parts.map(\.name)).count == parts.count
      && parts.allSatisfy { part in
        layout.entries.contains { $0.name == part.name && $0.shape == part.shape }
      }
  }

  /// Adds `factor` times the change to some weights.
  ///
  /// - Precondition: it fits the layout, and the weights have its length.
  package func add(to weights: inout FieldWeights, layout: ParameterLayout, times factor: Float) {
    precondition(fits(layout), "found a change of another network's weights")
    var target = weights.values.mutableSpan
    for part in parts {
      guard let entry = layout.entries.first(where: { $0.name == part.name }) else { continue }
      let values = part.values
      target.add(values.span, times: factor, at: entry.offset)
    }
  }
}
