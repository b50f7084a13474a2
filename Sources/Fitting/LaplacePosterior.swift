package import Kernels

/// A Gaussian around the best whitened code: Laplace's approximation of a posterior.
///
///     p(y | D) ≈ N(ŷ, A⁻¹)        A = I + w / R Σᵣ jᵣ jᵣᵀ
///
/// I is the prior's precision, jᵣ the derivative of the r-th of R measured values to y, and w = N / s²
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
    precision = Self.precision(of: information, width: width, share: 1)
  }

  /// The factor of I + t · information: the precision where the values count for a share.
  static func precision(of information: [Double], width: Int, share: Double) -> CholeskyFactor {
    var matrix = information.map { share * $0 }
    for index in 0..<width { matrix[index * (width + 1)] += 1 }
    guard let factor = CholeskyFactor(of: matrix, size: width) else {
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
      let solved = precision.solveTransposed(precision.solve(unit))
      for row in 0..<width { result[row * width + column] = solved[row] }
    }
    return result
  }

  /// γ = d − tr A⁻¹, 0…d.
  package var determinedDirections: Double {
    let covariance = covariance
    return mean.indices.reduce(0) { $0 + 1 - covariance[$1 * (mean.count + 1)] }
  }

  /// How far U may rise above its value at ŷ where a draw explains the values as well as one should:
  /// γ / 2 + 3 √(γ / 2), the mean of half a χ² of γ numbers and three of its deviations.
  package var expectedRise: Double {
    let half = max(0, determinedDirections) / 2
    return half + 3 * half.squareRoot()
  }

  /// Draws until U is not above a limit.
  ///
  /// Far from ŷ the values are not linear in y any more, and some draws explain them badly: those are
  /// drawn again, and after `triesPerSample` the best is taken.
  ///
  /// - Returns: the draw, and the share of the tries that it is.
  package func sample(
    below limit: Double, random: SeededGenerator, cost: inout some ChainCost
  ) -> (place: [Double], acceptedShare: Double) {
    var random = random
    var best: (place: [Double], value: Double) = (mean, .infinity)
    for tries in 1...Self.triesPerSample {
      let place = sample(using: &random)
      let value = cost.value(at: place)
      if value <= limit { return (place, 1 / Double(tries)) }
      if value < best.value { best = (place, value) }
    }
    return (best.place, 0)
  }

  static let triesPerSample = 16

  /// ŷ + A⁻½ ε, ε ~ N(0, I).
  package func sample(using random: inout SeededGenerator) -> [Double] {
    let noise = random.normals(count: mean.count, standardDeviation: 1).map(Double.init)
    return zip(mean, precision.solveTransposed(noise)).map { $0 + $1 }
  }
}
