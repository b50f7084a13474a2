package import Checkpoints
import Kernels
package import NeuralFields
package import Training

/// A distribution over the scenes that pictures may show, by draws from it.
///
///     log p(y | D) = −N / (2 s²) · mean squared error − |y|² / 2 + const.
///
/// y is the whitened code of `LatentPrior`, N the number of independent pixels and s their noise. The
/// change of the weights stays as it was fitted: with it the draws explain the pictures better than
/// without.
package struct Posterior: Sendable {
  /// Whitened codes of the draws, `[draws][width]`.
  package let places: [[Float]]
  /// The draws, as a latent file keeps them.
  package let latent: LatentPosterior
  /// γ = d − tr A⁻¹: of the code's d directions so many are decided by the pictures.
  ///
  /// The prior decides the others (MacKay 1992, eq. 4.8).
  package let determinedDirections: Double
  /// The share of the chains' stages, or of Laplace's draws, that were accepted.
  package let acceptedShare: Double
}

extension Fitter {
  /// Draws scenes that pictures may show.
  ///
  /// Without rays the draws are the prior's, whatever the latent.
  ///
  /// - Parameters:
  ///   - latent: what a fit to the pictures found.
  ///   - rays: of the pictures; of no picture for the prior.
  package func posterior(
    of latent: SceneLatent, rays: FitRays, settings own: PosteriorSettings
  ) -> Posterior {
    let drawn = fixedRays(rays, settings: own)
    let weight = own.likelihoodWeight(viewCount: rays.viewCount)
    let change = expanded(latent.changes)
    let width = model.prior.width
    let best =
      drawn.isEmpty
      ? [Float](repeating: 0, count: width) : model.prior.whitened(latent.code)
    let laplace = laplace(
      around: best, change: change, rays: drawn, weight: weight, step: own.differenceStep)
    let root = SeededGenerator(seed: settings.seed, 7)
    // One by one: copies would share the memory of their gradients.
    var costs = (0..<max(1, threadCount)).map { _ in
      CodeCost(
        model, change: change, rays: drawn, weight: weight,
        samplesPerDiagonal: settings.samplesPerDiagonal)
    }
    let found: [(place: [Double], acceptedShare: Double)]
    switch own.method {
    case .laplace:
      let limit = costs[0].value(at: laplace.mean) + laplace.expectedRise
      found = ParallelLoop.map(count: own.sampleCount, workspaces: &costs) { index, cost in
        laplace.sample(below: limit, random: root.split(UInt64(index)), cost: &cost)
      }
    case .hamiltonian:
      let chain = own.chain
      let masses = AnnealedChain.masses(
        laplace.information, width: width, settings: chain, threadCount: threadCount)
      found = ParallelLoop.map(count: own.sampleCount, workspaces: &costs) { index, cost in
        let end = AnnealedChain.run(
          width: width, masses: masses, settings: chain, random: root.split(UInt64(index)),
          cost: &cost)
        return (end.place, end.acceptedShare)
      }
    }
    let places = found.map { draw in draw.place.map { Float($0) } }
    let name =
      own.method == .laplace
      ? "Laplace's approximation" : "annealed Hamiltonian Monte Carlo"
    return Posterior(
      places: places,
      latent: LatentPosterior(
        codes: places.map { model.prior.code(whitened: $0) }, noise: own.noise, method: name),
      determinedDirections: laplace.determinedDirections,
      acceptedShare: found.reduce(0) { $0 + $1.acceptedShare } / Double(found.count))
  }

  /// The rays that stand for the pictures: the same whatever is fitted.
  package func fixedRays(_ rays: FitRays, settings own: PosteriorSettings) -> [TrainingRay] {
    rays.spread(
      max(1, own.rayCount / max(1, rays.viewCount)),
      within: FitOccupancy(everywhereIn: model.bound).box, near: model.near,
      random: SeededGenerator(seed: settings.seed, 6))
  }

  /// The sum of changes, of all weights; nil where there are none.
  private func expanded(_ changes: [WeightedChange]) -> [Float]? {
    guard !changes.isEmpty else { return nil }
    var weights = FieldWeights([Float](repeating: 0, count: model.layout.count))
    for own in changes {
      own.change.add(to: &weights, layout: model.layout, times: own.weight)
    }
    return weights.values
  }

  /// The Gaussian around a whitened code, by what small steps of the code change in the rays' colours.
  ///
  /// - Parameters:
  ///   - change: what is added to the generated weights.
  ///   - weight: w.
  ///   - step: of the differences, in the prior's standard deviations.
  package func laplace(
    around y: [Float], change: [Float]?, rays: [TrainingRay], weight: Double, step: Float
  ) -> LaplacePosterior {
    let model = model
    let width = model.prior.width
    let length = model.layout.count
    guard !rays.isEmpty else {
      return LaplacePosterior(
        mean: y.map(Double.init), columns: [[Float]](repeating: [], count: width), weight: 0,
        threadCount: threadCount)
    }
    let codes = (0...width).flatMap { index in
      var place = y
      if index < width { place[index] += step }
      return model.prior.code(whitened: place).values
    }
    let weights = model.checkpoint.hypernetwork.forward(
      codes: codes, batch: width + 1, threadCount: threadCount
    ).weights
    @Sendable func field(_ index: Int) -> CoordinateMLP {
      var own = Array(weights[index * length..<(index + 1) * length])
      if let change {
        var target = own.mutableSpan
        target.add(change.span)
      }
      return model.field(FieldWeights(own))
    }
    var colours = RayColours(
      architecture: model.checkpoint.configuration.field, bound: model.bound,
      samplesPerDiagonal: settings.samplesPerDiagonal, threadCount: threadCount)
    let occupancy = FitOccupancy(of: field(width), threadCount: threadCount)
    let shown = colours.colours(of: rays, occupancy: occupancy, count: width + 1, field)
    let columns = shown[..<width].map { moved in
      zip(moved, shown[width]).map { ($0 - $1) / step }
    }
    return LaplacePosterior(
      mean: y.map(Double.init), columns: columns, weight: weight, threadCount: threadCount)
  }
}
