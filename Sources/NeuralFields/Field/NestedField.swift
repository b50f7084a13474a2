package import Kernels

/// A narrower field inside a field: the first units of every hidden layer.
///
///     W′ = W[0..<n, 0..<n]      b′ = b[0..<n]
///
/// The encoded position, the encoded direction, the colour head's units and the outputs stay whole. (Yu
/// et al. 2019, slimmable networks, https://arxiv.org/abs/1812.08928.) The weights of the narrow field
/// are some of the weights of the wide one, so that one generated scene holds all widths.
package struct NestedField: Sendable, Hashable {
  /// Of the narrow field.
  package let architecture: FieldArchitecture
  /// The narrow field's weights, in order, as stretches of the wide field's.
  private let stretches: [Stretch]
  private let wideCount: Int

  private struct Stretch: Sendable, Hashable {
    let narrow: Int
    let wide: Int
    let count: Int
  }

  /// - Precondition: `width` is at most that of `wide`.
  package init(width: Int, in wide: FieldArchitecture) {
    precondition(
      (1...wide.width).contains(width), "found a width of \(width), expected 1…\(wide.width)")
    var architecture = wide
    architecture.width = width
    var stretches: [Stretch] = []
    // A gap between stretches is what a row has more of, or the rows that are left out.
    func add(narrow: Int, wide: Int, count: Int) {
      guard let last = stretches.last, last.wide + last.count == wide else {
        stretches.append(Stretch(narrow: narrow, wide: wide, count: count))
        return
      }
      stretches[stretches.count - 1] = Stretch(
        narrow: last.narrow, wide: last.wide, count: last.count + count)
    }
    for (narrow, whole) in zip(architecture.layout.entries, wide.layout.entries) {
      guard narrow.shape.count == 2 else {
        add(narrow: narrow.offset, wide: whole.offset, count: narrow.count)
        continue
      }
      let (columns, wideColumns) = (narrow.shape[1], whole.shape[1])
      // Behind the hidden units of a row stand inputs that every width has, such as the direction's.
      let missing = wideColumns - columns
      let leading = missing > 0 ? width : columns
      for row in 0..<narrow.shape[0] {
        let (start, wideStart) = (narrow.offset + row * columns, whole.offset + row * wideColumns)
        add(narrow: start, wide: wideStart, count: leading)
        if leading < columns {
          add(
            narrow: start + leading, wide: wideStart + leading + missing, count: columns - leading)
        }
      }
    }
    self.architecture = architecture
    self.stretches = stretches
    wideCount = wide.layout.count
  }

  /// The narrow field's weights.
  ///
  /// - Parameter wide: the wide field's weights, `[layout.count]`.
  package func weights(of wide: Span<Float>) -> FieldWeights {
    precondition(
      wide.count == wideCount, "found \(wide.count) weights, expected \(wideCount)")
    var values = [Float](repeating: 0, count: architecture.layout.count)
    var target = values.mutableSpan
    for own in stretches {
      target.replace(with: wide.extracting(own.wide..<own.wide + own.count), at: own.narrow)
    }
    return FieldWeights(values)
  }

  /// The narrow field inside a field whose weights are lent.
  ///
  /// - Parameter wide: the wide field's weights, `[layout.count]`.
  package func field(
    of wide: Span<Float>, over bound: BoundingBox, precision: FieldPrecision = .float32
  ) -> CoordinateMLP {
    CoordinateMLP(
      architecture: architecture, bound: bound, weights: weights(of: wide), precision: precision)
  }

  /// Adds ∂L/∂ of the narrow field's weights to that of the wide field's.
  package func add(_ gradient: FieldWeights, to wide: inout MutableSpan<Float>) {
    precondition(
      wide.count == wideCount, "found \(wide.count) weights, expected \(wideCount)")
    for own in stretches {
      wide.add(
        gradient.values.span.extracting(own.narrow..<own.narrow + own.count), times: 1,
        at: own.wide)
    }
  }
}
