import Kernels

/// The Cholesky factor of a symmetric positive definite matrix.
///
///     A = L Lᵀ        L is lower triangular
///
/// In `Double`: it is made once per model, and a covariance may be nearly singular.
package struct CholeskyFactor: Sendable {
  package let size: Int
  /// L, row-major, `[size × size]`; zeros above the diagonal.
  package let values: [Double]

  /// - Parameter matrix: symmetric, `[size × size]`; only its lower half is read.
  /// - Returns: nil where the matrix is not positive definite.
  package init?(of matrix: [Double], size: Int) {
    precondition(
      matrix.count == size * size, "found \(matrix.count) values, expected \(size)×\(size)")
    var factor = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0...row {
        var sum = matrix[row * size + column]
        for k in 0..<column { sum -= factor[row * size + k] * factor[column * size + k] }
        if column < row {
          factor[row * size + column] = sum / factor[column * size + column]
        } else {
          guard sum > 0, sum.isFinite else { return nil }
          factor[row * size + row] = sum.squareRoot()
        }
      }
    }
    self.size = size
    values = factor
  }

  /// The factor of a multiple of the identity: L = scale · I.
  package init(scale: Double, size: Int) {
    var factor = [Double](repeating: 0, count: size * size)
    for index in 0..<size { factor[index * (size + 1)] = scale }
    self.size = size
    values = factor
  }

  /// L x.
  package func multiply(_ vector: [Double]) -> [Double] {
    (0..<size).map { row in
      (0...row).reduce(0) { $0 + values[row * size + $1] * vector[$1] }
    }
  }

  /// Lᵀ x.
  package func multiplyTransposed(_ vector: [Double]) -> [Double] {
    (0..<size).map { column in
      (column..<size).reduce(0) { $0 + values[$1 * size + column] * vector[$1] }
    }
  }

  /// L⁻¹ x, by forward substitution.
  package func solve(_ vector: [Double]) -> [Double] {
    var result = vector
    for row in 0..<size {
      for k in 0..<row { result[row] -= values[row * size + k] * result[k] }
      result[row] /= values[row * size + row]
    }
    return result
  }

  /// L⁻ᵀ x, by back substitution, row of L after row: they lie in one piece.
  package func solveTransposed(_ vector: [Double]) -> [Double] {
    var result = vector
    for row in (0..<size).reversed() {
      result[row] /= values[row * size + row]
      for k in 0..<row { result[k] -= values[row * size + k] * result[row] }
    }
    return result
  }

  /// (A⁻¹)ᵢᵢ of some rows, the squared lengths of the columns of L⁻¹.
  package func inverseDiagonal(_ rows: Range<Int>, threadCount: Int) -> [Double] {
    ParallelLoop.map(count: rows.count, threadCount: threadCount) { index in
      let first = rows.lowerBound + index
      // L⁻¹ eᵢ, whose numbers above i are zero.
      var column: [Double] = []
      column.reserveCapacity(size - first)
      for row in first..<size {
        var sum = row == first ? 1.0 : 0
        for (place, value) in column.enumerated() {
          sum -= values[row * size + first + place] * value
        }
        column.append(sum / values[row * size + row])
      }
      return column.reduce(0) { $0 + $1 * $1 }
    }
  }
}
