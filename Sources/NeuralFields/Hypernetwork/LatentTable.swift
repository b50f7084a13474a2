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

  /// Codes drawn from a normal distribution about the mean of others.
  ///
  /// - Parameter spread: the deviation of each entry, as a share of the others' own.
  package init(names: [String], like others: LatentTable, spread: Float, generator: SeededGenerator)
  {
    let count = Float(others.names.count)
    var mean = [Float](repeating: 0, count: others.width)
    for row in others.names.indices {
      for (column, value) in others[row].values.enumerated() { mean[column] += value / count }
    }
    var variance = [Float](repeating: 0, count: others.width)
    for row in others.names.indices {
      for (column, value) in others[row].values.enumerated() {
        variance[column] += (value - mean[column]) * (value - mean[column]) / count
      }
    }
    var random = generator
    let values = names.flatMap { _ in
      mean.indices.map { mean[$0] + spread * variance[$0].squareRoot() * random.normal() }
    }
    self.init(names: names, width: others.width, values: values)
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

  /// Some of the rows, in the order given.
  package func rows(_ rows: [Int]) -> LatentTable {
    LatentTable(
      names: rows.map { names[$0] }, width: width,
      values: rows.flatMap { values[range(ofRow: $0)] })
  }

  /// These rows, and behind them others.
  package func appending(_ others: LatentTable) -> LatentTable {
    LatentTable(names: names + others.names, width: width, values: values + others.values)
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
