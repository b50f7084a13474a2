package import Kernels

/// A Gaussian around the best whitened code: Laplace's approximation of a posterior.
///
///     p(y | D) ≈ N(ŷ, A⁻¹)        A = I + w / R Σᵣ jᵣ jᵣᵀ
///
/// I is the prior's precision, jᵣ the derivative of the r-th of R measured values to y, and w
/// the weight of their mean squared error (MacKay 1992, https://doi.org/10.1162/neco.1992.4.3.448, and
/// Daxberger et al. 2021, sec. 3, https://arxiv.org/abs/2106.14806: the generalised Gauss-Newton
/// matrix in place of the Hessian, so that A is positive definite). Without measured values it is the
/// prior.
package struct LaplacePosterior: Sendable {
  /// ŷ, `[width]`.
  package let mean: [Double]
  /// w / R Σᵣ jᵣ jᵣᵀ, symmetric, `[width × width]`.
  package let information: [Double]
  /// The Cholesky factor of A.
  package let precision: CholeskyFactor

  /// - Parameters:
  ///   - columns: for each direction of y the values' derivatives, `[width][R]`.
  ///   - weight: w ≥ 0.
  ///   - threadCount: changes no byte.
  package init(mean: [Double], columns: [[Float]], weight: Double, threadCount: Int) {
    let width = mean.count
    precondition(
      columns.count == width, "found \(columns.count) directions, expected \(width)")
    let scale = weight / Double(max(1, columns[0].count))
    let rows = ParallelLoop.map(count: width, threadCount: threadCount) { row in
      let own = columns[row]
      return columns[...row].map { Double(own.span.dot($0.span)) * scale }
    }
    var information = [Double](repeating: 0, count: width * width)
    for row in 0..<width {
      for column in 0...row {
        information[row * width + column] = rows[row][column]
        information[column * width + row] = rows[row][column]
      }
    }
    self.mean = mean
    self.information = information
    precision = Self.precision(of: information, width: width, among: width, share: 1)
  }

  /// The factor of I + t · information of the first directions: their precision where the values count
  /// for a share and the other directions rest.
  static func precision(
    of information: [Double], width: Int, among count: Int, share: Double
  ) -> CholeskyFactor {
    var matrix: [Double] = []
    matrix.reserveCapacity(count * count)
    for row in 0..<count {
      matrix += information[row * width..<row * width + count].map { share * $0 }
      matrix[row * (count + 1)] += 1
    }
    guard let factor = CholeskyFactor(of: matrix, size: count) else {
      preconditionFailure("found a precision that is not positive definite")
    }
    return factor
  }

  /// A⁻¹, `[width × width]`.
  package var covariance: [Double] {
    let width = mean.count
    var result = [Double](repeating: 0, count: width * width)
    for column in 0..<width {
      var unit = [Double](repeating: 0, count: width)
      unit[column] = 1
      let solved = solve(unit)
      for row in 0..<width { result[row * width + column] = solved[row] }
    }
    return result
  }

  /// γ = Σᵢ (1 − A⁻¹ᵢᵢ) of some directions: so many of them the measured values decide.
  package func determinedDirections(among range: Range<Int>, threadCount: Int) -> Double {
    precision.inverseDiagonal(range, threadCount: threadCount).reduce(0) { $0 + 1 - $1 }
  }

  /// A⁻¹ v.
  package func solve(_ vector: [Double]) -> [Double] {
    precision.solveTransposed(precision.solve(vector))
  }

  /// ŷ + A⁻½ ε, ε ~ N(0, I).
  package func sample(using random: inout SeededGenerator) -> [Double] {
    let noise = random.normals(count: mean.count, standardDeviation: 1).map(Double.init)
    return zip(mean, precision.solveTransposed(noise)).map { $0 + $1 }
  }
}
