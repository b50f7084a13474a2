import Foundation
package import Kernels

/// A cost U of places, which `AnnealedChain` follows downhill.
package protocol ChainCost {
  /// Told where a stage begins: what U is computed with may follow.
  mutating func begin(at place: [Double])

  /// U and ∂U/∂y.
  mutating func evaluate(at place: [Double]) -> AnnealedChain.Cost
}

/// A chain of Hamiltonian Monte Carlo that is cooled from the prior to the posterior.
///
///     πₜ(y) ∝ exp(−t U(y) − |y|² / 2)        t = 0 … 1
///
/// It starts from a draw of the prior, so chains come to rest in different modes where there are
/// several. Each stage draws a momentum p ~ N(0, Mₜ), follows the motion of H = t U + |y|²/2 + ½ pᵀ Mₜ⁻¹ p
/// by leapfrog steps, and takes where that leads with the chance exp(−ΔH), else stays (Neal 2011, sec. 2
/// and 5.7, https://arxiv.org/abs/1206.1901; Hoffman et al. 2023, https://arxiv.org/abs/2305.17535, for
/// radiance fields).
///
/// Mₜ is a `ChainMass`.
package struct AnnealedChain {
  package struct Settings: Sendable {
    /// Stages with growing t, and stages at t = 1 after them.
    package var heatedStages = 20
    package var finalStages = 6
    package var leapfrogSteps = 6
    /// The first step size; it follows the share of accepted stages while t grows.
    package var stepSize = 0.25
    /// t grows with this power of the stage's number.
    package var power = 3.0

    package init() {}
  }

  /// U and ∂U/∂y at a place.
  package typealias Cost = (value: Double, slope: [Double])

  /// Where the chain ended, and the share of stages that were accepted.
  package struct Result: Sendable {
    package let place: [Double]
    package let cost: Double
    package let acceptedShare: Double
  }

  /// The shares t of a chain's stages, in order.
  package static func shares(_ settings: Settings) -> [Double] {
    (1...settings.heatedStages).map {
      pow(Double($0) / Double(settings.heatedStages), settings.power)
    } + [Double](repeating: 1, count: settings.finalStages)
  }

  /// Runs a chain.
  ///
  /// - Parameters:
  ///   - masses: Mₜ of the stages.
  ///   - random: the chain's own.
  ///   - cost: U.
  package static func run(
    width: Int, masses: [ChainMass], settings: Settings, random: SeededGenerator,
    cost: inout some ChainCost
  ) -> Result {
    var random = random
    func normals() -> [Double] {
      random.normals(count: width, standardDeviation: 1).map(Double.init)
    }
    var place = normals()
    var (accepted, step) = (0, settings.stepSize)
    var last = 0.0
    for (share, mass) in zip(shares(settings), masses) {
      cost.begin(at: place)
      var (here, moving) = (place, mass.momentum(normals()))
      func energy(_ cost: Double, _ place: [Double]) -> Double {
        share * cost + 0.5 * place.reduce(0) { $0 + $1 * $1 }
      }
      var found = cost.evaluate(at: here)
      let firstCost = found.value
      let before = energy(found.value, here) + mass.kineticEnergy(moving)
      // A little randomness keeps the motion from going around in circles.
      let length = step * (0.8 + 0.4 * Double(random.uniform()))
      func push(_ size: Double) {
        for index in 0..<width {
          moving[index] -= size * (share * found.slope[index] + here[index])
        }
      }
      for _ in 0..<settings.leapfrogSteps {
        push(length / 2)
        let velocity = mass.velocity(moving)
        for index in 0..<width { here[index] += length * velocity[index] }
        found = cost.evaluate(at: here)
        push(length / 2)
      }
      let change = energy(found.value, here) + mass.kineticEnergy(moving) - before
      let isAccepted = change.isFinite && Double(random.uniform()) < exp(-change)
      last = isAccepted ? found.value : firstCost
      if isAccepted {
        place = here
        accepted += 1
      }
      if share < 1 { step = min(1, step * (isAccepted ? 1.1 : 0.7)) }
    }
    return Result(
      place: place, cost: last,
      acceptedShare: Double(accepted) / Double(masses.count))
  }
}
