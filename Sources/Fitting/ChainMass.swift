import Kernels

/// The mass of a chain's momenta: dense for the first directions, a diagonal for the others.
///
///     M = I + t G,  only the diagonal of G where a direction is not among the first
///
/// With the information G of `LaplacePosterior` directions that pictures fix and those that they leave open
/// move alike. Any mass leaves the chain's distribution as it is.
package struct ChainMass: Sendable {
  /// The factor of the first directions' part.
  private let dense: CholeskyFactor
  /// The roots of the others' masses.
  private let roots: [Double]

  /// The masses of a chain's stages.
  ///
  /// - Parameters:
  ///   - information: G, `[width × width]`.
  ///   - shares: t of each stage.
  package static func stages(
    of information: [Double], width: Int, denseWidth: Int, shares: [Double]
  ) -> [ChainMass] {
    var known: [Double: ChainMass] = [:]
    return shares.map { share in
      if let mass = known[share] { return mass }
      let mass = ChainMass(
        dense: LaplacePosterior.precision(
          of: information, width: width, among: denseWidth, share: share),
        roots: (denseWidth..<width).map {
          (1 + share * information[$0 * (width + 1)]).squareRoot()
        })
      known[share] = mass
      return mass
    }
  }

  /// L x with M = L Lᵀ: of independent normal numbers a momentum.
  func momentum(_ normals: [Double]) -> [Double] {
    dense.multiply(Array(normals[..<dense.size]))
      + zip(normals[dense.size...], roots).map { $0 * $1 }
  }

  /// M⁻¹ p.
  func velocity(_ momentum: [Double]) -> [Double] {
    dense.solveTransposed(dense.solve(Array(momentum[..<dense.size])))
      + zip(momentum[dense.size...], roots).map { $0 / ($1 * $1) }
  }

  /// ½ pᵀ M⁻¹ p.
  func kineticEnergy(_ momentum: [Double]) -> Double {
    zip(momentum, velocity(momentum)).reduce(0) { $0 + 0.5 * $1.0 * $1.1 }
  }
}
