package import Kernels

/// A cost of places that can take its measurements for others that they might have been.
package protocol PerturbedCost: ChainCost {
  /// Adds noise to the measurements, as much as they are taken to have; to those that were given, however
  /// often it is called.
  mutating func perturb(using random: inout SeededGenerator)
}

/// A draw of a posterior: the best place for a prior and measurements that were moved at random.
///
///     y = argmin U(y; D + ε) + |y − y₀|² / 2        y₀ ~ N(0, I),  ε ~ the measurements' noise
///
/// (Oliver, He and Reynolds 1996, randomised maximum likelihood; Bardsley et al. 2014, randomise then
/// optimise, https://doi.org/10.1137/140964023.) Of linear measurements these are draws from the posterior
/// itself. Of others they are an approximation, but one whose every draw explains the measurements, which
/// draws of the Gaussian around ŷ do not where they go far.
package enum RandomizedOptimum {
  /// Places that are looked at for a draw, the first of them ŷ.
  package static let evaluationCount = 20

  /// Finds a draw, from ŷ on, by Gauss and Newton's steps with the precision A of the Gaussian.
  ///
  ///     y ← y − ℓ A⁻¹ ∇(U + |y − y₀|² / 2)
  ///
  /// ℓ is 1, and a quarter of that as often as a step leads up.
  package static func draw(
    around laplace: LaplacePosterior, random: SeededGenerator, cost: inout some PerturbedCost
  ) -> [Double] {
    var random = random
    let prior = random.normals(count: laplace.mean.count, standardDeviation: 1).map(Double.init)
    cost.perturb(using: &random)
    func objective(at place: [Double]) -> AnnealedChain.Cost {
      // What is dense may have moved.
      cost.begin(at: place)
      var (value, slope) = cost.evaluate(at: place)
      for index in place.indices {
        let off = place[index] - prior[index]
        value += 0.5 * off * off
        slope[index] += off
      }
      return (value, slope)
    }
    var place = laplace.mean
    var found = objective(at: place)
    var direction = laplace.solve(found.slope)
    var length = 1.0
    for _ in 1..<evaluationCount {
      let next = zip(place, direction).map { $0 - length * $1 }
      let there = objective(at: next)
      if there.value < found.value {
        (place, found) = (next, there)
        direction = laplace.solve(found.slope)
        length = min(1, 2 * length)
      } else {
        length /= 4
      }
    }
    return place
  }
}
