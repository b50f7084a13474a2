/// How a posterior is found.
///
/// κ and s were chosen on cars that the model does not know, from one view each.
package struct PosteriorSettings: Sendable {
  package enum Method: String, Sendable, CaseIterable {
    /// The best scenes for pictures and a prior that were moved at random.
    case randomized
    /// A Gaussian around the fit.
    case laplace
    /// Chains of Hamiltonian Monte Carlo, cooled from the prior: for several modes.
    case hamiltonian

    /// For people.
    package var name: String {
      switch self {
      case .randomized: "randomised optima"
      case .laplace: "Laplace's approximation"
      case .hamiltonian: "annealed Hamiltonian Monte Carlo"
      }
    }
  }

  package var method = Method.randomized
  package var sampleCount = 16
  /// s: the standard deviation of a covered pixel about what the best code shows, in the units of its
  /// values; most of it is what the model cannot show.
  package var noise: Float = 0.1
  /// Rays that stand for the pictures, all together.
  package var rayCount = 1024
  /// κ: the prior's deviation of a weight that a fit changed, in that of its tensor over the training
  /// scenes.
  package var changeScale: Float = 2
  /// Directions of code and change together, at most, as far as a smaller rank of what is drawn of the change
  /// can keep to it: time grows with the third power of their number.
  package var widthLimit = 2560
  /// The steps of the finite differences, in the prior's standard deviations: of a code's directions,
  /// and of a change's, each of which does less.
  package var differenceStep: Float = 0.05
  package var changeDifferenceStep: Float = 0.1
  package var chain = AnnealedChain.Settings()

  package init() {}
}
