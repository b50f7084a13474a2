package import Kernels

/// The codes of the training scenes, learned together with the hypernetwork: an auto-decoder.
///
/// (Park et al. 2019, DeepSDF, sec. 4.2, https://arxiv.org/abs/1901.05103.)
package struct LatentTable: Sendable, Hashable {
  /// Scene names, in the order of the rows.
  package let names: [String]
  package let width: Int
  /// `[names × width]`, row-major.
  package var values: [Float]

  /// - Precondition: `values` has one row per name.
  package init(names: [String], width: Int, values: [Float]) {
    precondition(
      values.count == names.count * width,
      "found \(values.count) values, expected \(names.count)×\(width)")
    self.names = names
    self.width = width
    self.values = values
  }

  /// Codes drawn from a normal distribution around zero.
  package init(
    names: [String], width: Int, standardDeviation: Float, generator: inout SeededGenerator
  ) {
    self.init(
      names: names, width: width,
      values: generator.normals(
        count: names.count * width, standardDeviation: standardDeviation))
  }

  /// Between a scene's name and the number of a variant of it.
  package static let variantSeparator: Character = "~"

  /// The rows of scenes that are no variants of others.
  package var ownRows: [Int] {
    let known = Set(names)
    return names.indices.filter { row in
      guard let end = names[row].lastIndex(of: Self.variantSeparator) else { return true }
      return !known.contains(String(names[row][..<end]))
    }
  }

  package func range(ofRow row: Int) -> Range<Int> { row * width..<(row + 1) * width }

  package subscript(row: Int) -> LatentCode { LatentCode(Array(values[range(ofRow: row)])) }

  /// The code of a scene; nil where no scene has that name.
  package subscript(name: String) -> LatentCode? {
    names.firstIndex(of: name).map { self[$0] }
  }

  /// Gives a code another length and keeps its direction; one of no length stays as it is.
  package mutating func normalize(row: Int, length: Float) {
    let range = range(ofRow: row)
    let square = values[range].reduce(0) { $0 + $1 * $1 }
    guard square > 0, square.isFinite else { return }
    let scale = length / square.squareRoot()
    for index in range { values[index] *= scale }
  }
}
