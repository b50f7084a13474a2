/// How a posterior is found.
///
/// The likelihood's numbers were chosen on cars that the model does not know, from one view each.
package struct PosteriorSettings: Sendable {
  package enum Method: String, Sendable, CaseIterable {
    /// A Gaussian around the fitted code.
    case laplace
    /// Chains of Hamiltonian Monte Carlo, cooled from the prior: for several modes.
    case hamiltonian
  }

  package var method = Method.laplace
  package var sampleCount = 16
  /// s: the standard deviation of a covered pixel about what the best code shows, in the units of its
  /// values; most of it is what the model cannot show.
  package var noise: Float = 0.11
  /// N: a picture counts as so many independent pixels, because errors of neighbours are alike.
  package var independentPixels = 145.0
  /// Rays that stand for the pictures, all together.
  package var rayCount = 1024
  /// The step of the finite differences, in the prior's standard deviations.
  package var differenceStep: Float = 0.05
  package var chain = AnnealedChain.Settings()

  package init() {}

  /// w = N / s², for a number of pictures: half of it times the mean squared error is
  /// −log p(D | y), up to a constant.
  package func likelihoodWeight(viewCount: Int) -> Double {
    Double(viewCount) * independentPixels / Double(noise * noise)
  }
}
