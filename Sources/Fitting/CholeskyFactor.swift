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

  /// L⁻ᵀ x, by back substitution.
  package func solveTransposed(_ vector: [Double]) -> [Double] {
    var result = vector
    for row in (0..<size).reversed() {
      for k in row + 1..<size { result[row] -= values[k * size + row] * result[k] }
      result[row] /= values[row * size + row]
    }
    return result
  }
}
