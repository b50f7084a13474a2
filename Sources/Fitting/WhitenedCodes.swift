import Kernels
package import NeuralFields

/// Codes of a model in the units of their prior: which lie near a code.
///
/// The distance of two codes is |y₁ − y₂|, y as `LatentPrior` has it.
package struct WhitenedCodes: Sendable {
  private let prior: LatentPrior
  /// The codes' rows in the model's table.
  package let rows: [Int]
  private let values: [[Float]]

  /// - Parameter rows: those of the table that count.
  package init(_ table: LatentTable, rows: [Int], prior: LatentPrior, threadCount: Int) {
    self.prior = prior
    self.rows = rows
    values = ParallelLoop.map(count: rows.count, threadCount: threadCount) { index in
      prior.whitened(table[rows[index]])
    }
  }

  /// A row of the model's table, and how far its code is.
  package struct Neighbour: Sendable, Hashable {
    package let row: Int
    package let distance: Float
  }

  /// The codes nearest to one, the nearest first, of equally near ones that of the lower row.
  ///
  /// - Parameter excluded: a row that does not count.
  package func nearest(
    to code: LatentCode, count: Int, excluding excluded: Int? = nil
  ) -> [Neighbour] {
    let own = prior.whitened(code)
    let all = zip(rows, values).compactMap { row, other -> Neighbour? in
      guard row != excluded else { return nil }
      let square = zip(own, other).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return Neighbour(row: row, distance: square.squareRoot())
    }
    return Array(all.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }.prefix(count))
  }
}
