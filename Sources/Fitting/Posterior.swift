package import Checkpoints
import Kernels
package import NeuralFields
package import Training

/// A distribution over the scenes that pictures may show, by draws from it.
///
///     log p(y | D) = −w / 2 · mean squared error − |y|² / 2 + const.
///
/// y is the vector of `SceneSpace`: the whitened code and, where the fit changed the generated weights,
/// the coordinates of that change; w is `Fitter.likelihoodWeight(viewCount:)`.
package struct Posterior: Sendable {
  /// The draws, vectors of the scene space, `[draws][width]`.
  package let places: [[Float]]
  /// The draws, as a latent file keeps them.
  package let latent: LatentPosterior
  /// γ = d − tr A⁻¹: of the code's d directions so many are decided by the pictures.
  ///
  /// The prior decides the others (MacKay 1992, eq. 4.8).
  package let determinedDirections: Double
  /// The share of the chains' stages that were accepted; nil where draws are made otherwise.
  package let acceptedShare: Double?
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
    precondition(
      latent.changes.count <= 1, "found \(latent.changes.count) changes, expected a fit's")
    let drawn = fixedRays(rays, settings: own)
    let weight = likelihoodWeight(viewCount: rays.viewCount)
    let space = SceneSpace(
      of: model, change: latent.changes.first?.change, scale: own.changeScale,
      widthLimit: own.widthLimit)
    let best =
      drawn.isEmpty
      ? [Float](repeating: 0, count: space.width) : space.place(of: latent.code)
    let laplace = laplace(around: best, in: space, rays: drawn, weight: weight, settings: own)
    let root = SeededGenerator(seed: settings.seed, 7)
    // One by one: copies would share the memory of their gradients.
    var costs = (0..<max(1, threadCount)).map { _ in
      SceneCost(
        space, rays: drawn, weight: weight, samplesPerDiagonal: settings.samplesPerDiagonal)
    }
    let places: [[Double]]
    var acceptedShare: Double?
    switch own.method {
    case .randomized:
      places = ParallelLoop.map(count: own.sampleCount, workspaces: &costs) { index, cost in
        RandomizedOptimum.draw(around: laplace, random: root.split(UInt64(index)), cost: &cost)
      }
    case .laplace:
      places = (0..<own.sampleCount).map { index in
        var random = root.split(UInt64(index))
        return laplace.sample(using: &random)
      }
    case .hamiltonian:
      let chain = own.chain
      let masses = ChainMass.stages(
        of: laplace.information, width: space.width, denseWidth: space.codeWidth,
        shares: AnnealedChain.shares(chain))
      let ends = ParallelLoop.map(count: own.sampleCount, workspaces: &costs) { index, cost in
        AnnealedChain.run(
          width: space.width, masses: masses, settings: chain, random: root.split(UInt64(index)),
          cost: &cost)
      }
      places = ends.map(\.place)
      acceptedShare = ends.reduce(0) { $0 + $1.acceptedShare } / Double(ends.count)
    }
    let draws = places.map { $0.map { Float($0) } }
    return Posterior(
      places: draws,
      latent: LatentPosterior(
        codes: draws.map { space.code(at: $0) },
        leftFactors: draws.compactMap { space.leftFactors(at: $0) }, noise: own.noise,
        method: own.method.name),
      determinedDirections: laplace.determinedDirections(
        among: 0..<space.codeWidth, threadCount: threadCount),
      acceptedShare: acceptedShare)
  }

  /// w, for a number of pictures: half of it times the mean squared error is −log p(D | y), up to a
  /// constant.
  ///
  ///     w = V d / λ
  ///
  /// With it the fit's own objective, MSE + λ |y|² / (V d), is 2 / w times −log p(y | D): the posterior is
  /// highest where the fit has its least.
  package func likelihoodWeight(viewCount: Int) -> Double {
    Double(viewCount * model.prior.width) / Double(settings.priorWeight)
  }

  /// The rays that stand for the pictures: the same whatever is fitted.
  package func fixedRays(_ rays: FitRays, settings own: PosteriorSettings) -> [TrainingRay] {
    rays.spread(
      max(1, own.rayCount / max(1, rays.viewCount)),
      within: FitOccupancy(everywhereIn: model.bound).box, near: model.near,
      random: SeededGenerator(seed: settings.seed, 6))
  }

  /// The Gaussian around a scene, by what small steps in its space change in the rays' colours.
  ///
  /// - Parameters:
  ///   - y: a vector of the space.
  ///   - weight: w.
  package func laplace(
    around y: [Float], in space: SceneSpace, rays: [TrainingRay], weight: Double,
    settings own: PosteriorSettings
  ) -> LaplacePosterior {
    let (width, codeWidth, model) = (space.width, space.codeWidth, model)
    let mean = y.map(Double.init)
    guard !rays.isEmpty else {
      return LaplacePosterior(
        mean: mean, columns: [[Float]](repeating: [], count: width), weight: 0,
        threadCount: threadCount)
    }
    @Sendable func step(_ index: Int) -> Float {
      index < codeWidth ? own.differenceStep : own.changeDifferenceStep
    }
    // The codes' own weights together; what a change adds is made field by field.
    let codes = (0...codeWidth).flatMap { index in
      var place = y
      if index < codeWidth { place[index] += step(index) }
      return space.code(at: place).values
    }
    let weights = model.checkpoint.hypernetwork.forward(
      codes: codes, batch: codeWidth + 1, threadCount: threadCount
    ).weights
    let length = model.layout.count
    /// A step in each direction, and at last none.
    @Sendable func field(_ index: Int) -> CoordinateMLP {
      let row = min(index, codeWidth)
      var own = Array(weights[row * length..<(row + 1) * length])
      var place = y
      if (codeWidth..<width).contains(index) { place[index] += step(index) }
      space.addChange(at: place, to: &own)
      return model.field(FieldWeights(own))
    }
    var colours = RayColours(
      architecture: model.checkpoint.configuration.field, bound: model.bound,
      samplesPerDiagonal: settings.samplesPerDiagonal, threadCount: threadCount)
    let occupancy = FitOccupancy(of: field(width), threadCount: threadCount)
    let shown = colours.colours(of: rays, occupancy: occupancy, count: width + 1, field)
    let columns = (0..<width).map { index in
      zip(shown[index], shown[width]).map { ($0 - $1) / step(index) }
    }
    return LaplacePosterior(
      mean: mean, columns: columns, weight: weight, threadCount: threadCount)
  }
}
