import Foundation

/// The eigenvalues and eigenvectors of a symmetric matrix.
///
///     A vᵢ = λᵢ vᵢ        |vᵢ| = 1,  λ₀ ≥ λ₁ ≥ …
///
/// By Jacobi's rotations, row by row (Golub and Van Loan, Matrix Computations, 4th ed., sec. 8.5). In
/// `Double`: it is done once per model, and small eigenvalues stand beside large ones.
package struct SymmetricEigenvalues: Sendable {
  /// λ, descending.
  package let values: [Double]
  /// v, in the order of the values, each `[size]`; the largest entry of each is positive.
  package let vectors: [[Double]]

  /// Rounds of rotations, at most; matrices of hundreds of rows take about ten.
  private static let roundLimit = 60

  /// - Parameter matrix: symmetric, row-major, `[size × size]`.
  package init(of matrix: [Double], size: Int) {
    precondition(
      matrix.count == size * size, "found \(matrix.count) values, expected \(size)×\(size)")
    var matrix = matrix
    var basis = (0..<size * size).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
    let whole = matrix.reduce(0) { $0 + $1 * $1 }
    for _ in 0..<Self.roundLimit {
      var rest = 0.0
      for row in 0..<size {
        for column in 0..<row {
          rest += 2 * matrix[row * size + column] * matrix[row * size + column]
        }
      }
      guard rest > 1e-30 * whole else { break }
      for first in 0..<size {
        for second in first + 1..<max(size, first + 1) {
          Self.rotate(&matrix, &basis, size: size, first, second)
        }
      }
    }
    let order = (0..<size).sorted {
      (-matrix[$0 * size + $0], $0) < (-matrix[$1 * size + $1], $1)
    }
    values = order.map { matrix[$0 * size + $0] }
    vectors = order.map { place in
      let vector = Array(basis[place * size..<(place + 1) * size])
      let largest = vector.max { abs($0) < abs($1) } ?? 0
      return largest < 0 ? vector.map { -$0 } : vector
    }
  }

  /// Turns two axes so that the matrix's entry between them becomes 0.
  ///
  ///     A ← Jᵀ A J,  V ← V J        t = sgn(τ) / (|τ| + √(1 + τ²)),  τ = (a_qq − a_pp) / 2 a_pq
  ///
  /// - Parameter basis: Vᵀ, so that a vector is a row.
  private static func rotate(
    _ matrix: inout [Double], _ basis: inout [Double], size: Int, _ p: Int, _ q: Int
  ) {
    let between = matrix[p * size + q]
    guard between != 0 else { return }
    let ratio = (matrix[q * size + q] - matrix[p * size + p]) / (2 * between)
    let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    let sine = tangent * cosine
    for k in 0..<size {
      let (left, right) = (matrix[k * size + p], matrix[k * size + q])
      matrix[k * size + p] = cosine * left - sine * right
      matrix[k * size + q] = sine * left + cosine * right
    }
    for k in 0..<size {
      let (upper, lower) = (matrix[p * size + k], matrix[q * size + k])
      matrix[p * size + k] = cosine * upper - sine * lower
      matrix[q * size + k] = sine * upper + cosine * lower
      let (one, other) = (basis[p * size + k], basis[q * size + k])
      basis[p * size + k] = cosine * one - sine * other
      basis[q * size + k] = sine * one + cosine * other
    }
    // What rounding left of it.
    matrix[p * size + q] = 0
    matrix[q * size + p] = 0
  }
}
