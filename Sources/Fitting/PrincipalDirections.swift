import Foundation
package import NeuralFields

/// The directions in which a model's codes differ most.
///
///     S vₖ = σₖ² vₖ        S = 1/n Σᵢ (zᵢ − μ)(zᵢ − μ)ᵀ
///
/// n codes differ in n − 1 directions at most, so the smaller of S, `[d × d]`, and the codes' products
/// with one another, `[n × n]`, which has the same eigenvalues, is taken apart.
package struct PrincipalDirections: Sendable {
  /// μ.
  package let mean: LatentCode
  /// σₖ, descending, those that are more than rounding.
  package let deviations: [Float]
  /// vₖ, each of length 1, in the order of the deviations; the largest entry is positive.
  package let directions: [[Float]]
  /// σₖ² / Σⱼ σⱼ².
  package let explained: [Double]

  /// Variances below this share of the largest are rounding.
  private static let leastShare = 1e-10

  /// - Precondition: there is a code.
  package init(_ table: LatentTable) {
    let (width, count) = (table.width, table.names.count)
    precondition(count > 0, "found no codes, expected at least one")
    var mean = [Double](repeating: 0, count: width)
    for (index, value) in table.values.enumerated() {
      mean[index % width] += Double(value) / Double(count)
    }
    let centred = (0..<count).map { row in
      table[row].values.enumerated().map { Double($0.element) - mean[$0.offset] }
    }
    let found =
      count < width
      ? Self.byProducts(of: centred, width: width) : Self.byCovariance(of: centred, width: width)
    let total = centred.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } } / Double(count)
    let kept = found.filter { $0.variance > Self.leastShare * (found.first?.variance ?? 0) }
    self.mean = LatentCode(mean.map { Float($0) })
    deviations = kept.map { Float($0.variance.squareRoot()) }
    directions = kept.map { $0.direction.map { Float($0) } }
    explained = kept.map { $0.variance / total }
  }

  private typealias Found = [(variance: Double, direction: [Double])]

  private static func byCovariance(of codes: [[Double]], width: Int) -> Found {
    var covariance = [Double](repeating: 0, count: width * width)
    for code in codes {
      for row in 0..<width {
        for column in 0..<width {
          covariance[row * width + column] += code[row] * code[column] / Double(codes.count)
        }
      }
    }
    let system = SymmetricEigenvalues(of: covariance, size: width)
    return zip(system.values, system.vectors).map { ($0, $1) }
  }

  /// The eigenvectors of X Xᵀ, times Xᵀ, are those of Xᵀ X.
  private static func byProducts(of codes: [[Double]], width: Int) -> Found {
    let count = codes.count
    var products = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0..<count {
        products[row * count + column] =
          zip(codes[row], codes[column]).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
      }
    }
    let system = SymmetricEigenvalues(of: products, size: count)
    return zip(system.values, system.vectors).map { variance, shares in
      var direction = [Double](repeating: 0, count: width)
      for (code, share) in zip(codes, shares) {
        for k in 0..<width { direction[k] += share * code[k] }
      }
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let largest = direction.max { abs($0) < abs($1) } ?? 0
      let scale = length > 0 ? (largest < 0 ? -1 : 1) / length : 0
      return (variance, direction.map { $0 * scale })
    }
  }

  /// A code on a principal direction through the mean.
  ///
  ///     z = μ + t σₖ vₖ
  ///
  /// - Parameter place: t, in standard deviations.
  package func code(along direction: Int, at place: Float) -> LatentCode {
    let step = place * deviations[direction]
    return LatentCode(zip(mean.values, directions[direction]).map { $0 + step * $1 })
  }
}
