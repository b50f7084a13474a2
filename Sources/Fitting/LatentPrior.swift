package import Kernels
package import NeuralFields

/// How the codes of a model's training scenes lie: a Gaussian with full covariance.
///
///     z = μ + L y,  y ~ N(0, I)        L Lᵀ = Σ = (1 − s) S + s m I,  m = tr S / d
///
/// S is the codes' covariance. A few codes say little about all directions of a wide code, so Σ is
/// shrunk toward a sphere by the share s that Ledoit and Wolf 2004, eq. 14, find to be the best from the
/// codes themselves (https://doi.org/10.1016/S0047-259X(03)00096-4). Where training held the codes to a
/// prior N(0, σ² I) it is that: the codes are means of Gaussians, and lie closer together than draws.
package struct LatentPrior: Sendable {
  package let width: Int
  /// μ, `[width]`.
  package let mean: LatentCode
  /// s, 0…1.
  package let shrinkage: Double
  /// L.
  package let factor: CholeskyFactor
  /// |y| of the training codes, ascending.
  package let trainingDistances: [Float]

  /// The least share of the sphere: a covariance of fewer codes than dimensions has flat directions.
  static let leastShrinkage = 0.02

  /// - Parameter deviation: σ of the prior that training held the codes to; nil where there was none.
  /// - Precondition: there is a code.
  package init(_ table: LatentTable, deviation: Float? = nil) {
    let (width, count) = (table.width, table.names.count)
    precondition(count > 0, "found no codes, expected at least one")
    self.width = width
    let codes = (0..<count).map { row in table[row].values.map(Double.init) }
    if let deviation {
      let factor = CholeskyFactor(scale: Double(deviation), size: width)
      mean = LatentCode([Float](repeating: 0, count: width))
      shrinkage = 1
      self.factor = factor
      trainingDistances = Self.distances(of: codes, factor: factor)
      return
    }
    var mean = [Double](repeating: 0, count: width)
    for code in codes { for k in 0..<width { mean[k] += code[k] / Double(count) } }
    let centred = codes.map { code in (0..<width).map { code[$0] - mean[$0] } }
    var covariance = [Double](repeating: 0, count: width * width)
    for code in centred {
      for row in 0..<width {
        for column in 0..<width {
          covariance[row * width + column] += code[row] * code[column] / Double(count)
        }
      }
    }
    let scale = (0..<width).reduce(0) { $0 + covariance[$1 * width + $1] } / Double(width)
    let share = Self.shrinkage(of: covariance, codes: centred, scale: scale)
    // A single scene's code has no spread at all: any direction is then as good as another.
    let sphere = scale > 0 ? scale : 1e-4
    let shrunk = covariance.indices.map { index in
      (1 - share) * covariance[index] + (index % (width + 1) == 0 ? share * sphere : 0)
    }
    guard let factor = CholeskyFactor(of: shrunk, size: width) else {
      preconditionFailure("found a covariance that is not positive definite after shrinkage")
    }
    self.mean = LatentCode(mean.map { Float($0) })
    shrinkage = share
    self.factor = factor
    trainingDistances = Self.distances(of: centred, factor: factor)
  }

  private static func distances(of centred: [[Double]], factor: CholeskyFactor) -> [Float] {
    centred.map { code in
      Float(factor.solve(code).reduce(0) { $0 + $1 * $1 }.squareRoot())
    }.sorted()
  }

  /// s = b² / d²: how uncertain the covariance is, against how far it is from a sphere.
  ///
  ///     d² = ‖S − m I‖²      b² = min(d², Σₖ ‖xₖ xₖᵀ − S‖² / n²)
  private static func shrinkage(
    of covariance: [Double], codes: [[Double]], scale: Double
  ) -> Double {
    let width = codes[0].count
    var distance = 0.0
    for index in covariance.indices {
      let difference = covariance[index] - (index % (width + 1) == 0 ? scale : 0)
      distance += difference * difference
    }
    guard distance > 0 else { return 1 }
    var spread = 0.0
    for code in codes {
      for row in 0..<width {
        for column in 0..<width {
          let difference = code[row] * code[column] - covariance[row * width + column]
          spread += difference * difference
        }
      }
    }
    let count = Double(codes.count)
    return min(1, max(leastShrinkage, spread / (count * count * distance)))
  }

  /// z = μ + L y.
  package func code(whitened y: [Float]) -> LatentCode {
    let moved = factor.multiply(y.map(Double.init))
    return LatentCode((0..<width).map { mean.values[$0] + Float(moved[$0]) })
  }

  /// y = L⁻¹ (z − μ).
  package func whitened(_ code: LatentCode) -> [Float] {
    factor.solve((0..<width).map { Double(code.values[$0]) - Double(mean.values[$0]) })
      .map { Float($0) }
  }

  /// ∂f/∂y = Lᵀ ∂f/∂z.
  package func whitenedGradient(_ gradient: [Float]) -> [Float] {
    factor.multiplyTransposed(gradient.map(Double.init)).map { Float($0) }
  }

  /// What a code's distance costs, and the gradient of a loss and this cost to the whitened code.
  ///
  ///     P = λ |y|² / d        ∂(f + P)/∂y = Lᵀ ∂f/∂z + 2 λ y / d
  ///
  /// - Parameter gradient: ∂f/∂z, `[width]`.
  package func penalised(
    _ gradient: [Float], at y: [Float], weight: Float
  ) -> (penalty: Double, slope: [Float]) {
    let scale = weight / Float(width)
    var slope = whitenedGradient(gradient)
    var square = 0.0
    for index in slope.indices {
      slope[index] += 2 * scale * y[index]
      square += Double(y[index] * y[index])
    }
    return (Double(scale) * square, slope)
  }

  /// The Mahalanobis distance |y| of a code from the mean.
  package func distance(of code: LatentCode) -> Float {
    whitened(code).reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// A code drawn from the prior.
  ///
  /// - Parameter truncation: what deviations are multiplied by; 1 draws from the prior itself.
  package func sample(using random: inout SeededGenerator, truncation: Float = 1) -> LatentCode {
    code(whitened: random.normals(count: width, standardDeviation: truncation))
  }

  /// The distance beyond which a code is unlike all codes of the prior.
  ///
  /// Distances of Gaussian vectors of d dimensions lie around √d with a deviation of about √½; training
  /// codes may lie farther out where they have heavy tails.
  package var shellRadius: Float {
    let gaussian = Float(width).squareRoot() + 3 * Float(0.5).squareRoot()
    return max(gaussian, 1.1 * (trainingDistances.last ?? 0))
  }
}
