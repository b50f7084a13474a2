import Checkpoints
import Datasets
import Fitting
import Foundation
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Posteriors") struct PosteriorTests {
  static func views(_ count: Int) -> [Fitter.View] {
    let scene = SceneLatent(code: FitFixture.checkpoint.latents[3])
    return FitFixture.views(of: FitFixture.checkpoint.field(for: scene), count: count)
  }

  /// A small change of all tensors.
  static let change: WeightChange = {
    var random = SeededGenerator(seed: 64)
    return WeightChange(
      parts: FitFixture.field.layout.entries.map { entry in
        let isMatrix = entry.shape.count == 2
        let rank = isMatrix ? min(3, entry.shape[0], entry.shape[1]) : 1
        return WeightChange.Part(
          name: entry.name, shape: entry.shape, rank: rank,
          left: random.normals(count: entry.shape[0] * rank, standardDeviation: 0.02),
          right: isMatrix
            ? random.normals(count: rank * entry.shape[1], standardDeviation: 1) : [])
      })
  }()

  static func fitter(threadCount: Int = 2) -> Fitter {
    Fitter(FitFixture.model, settings: FitFixture.settings, threadCount: threadCount)
  }

  @Test("the posterior of no picture is the prior", arguments: PosteriorSettings.Method.allCases)
  func noPicture(method: PosteriorSettings.Method) {
    var settings = PosteriorSettings()
    settings.method = method
    settings.sampleCount = 600
    let fitter = Self.fitter()
    // Whatever the latent: nothing was seen of it.
    let latent = SceneLatent(code: FitFixture.checkpoint.latents[2])
    let found = fitter.posterior(of: latent, rays: fitter.rays(of: []), settings: settings)
    let prior = FitFixture.model.prior
    var random = SeededGenerator(seed: 61)
    let drawn = (0..<600).map { _ in
      prior.whitened(prior.sample(using: &random)).map(Double.init)
    }
    let identity = (0..<5).map { i in (0..<5).map { $0 == i ? 1.0 : 0 } }
    let mean = [Double](repeating: 0, count: 5)
    for draws in [found.places.map { $0.map(Double.init) }, drawn] {
      PosteriorToyTests.expect(draws, mean: mean, covariance: identity)
    }
    #expect(abs(found.determinedDirections) < 1e-9)
  }

  @Test(
    "without a picture changes are the prior's too", arguments: PosteriorSettings.Method.allCases)
  func noPictureOfChange(method: PosteriorSettings.Method) {
    var settings = PosteriorSettings()
    settings.method = method
    settings.sampleCount = 300
    let fitter = Self.fitter()
    let latent = SceneLatent(
      code: FitFixture.checkpoint.latents[2], changes: [WeightedChange(change: Self.change)])
    let found = fitter.posterior(of: latent, rays: fitter.rays(of: []), settings: settings)
    #expect(found.latent.leftFactors.count == 300)
    #expect(found.latent.leftFactors[0].count == Self.change.leftFactorCount)
    for index in 5..<found.places[0].count {
      let values = found.places.map { Double($0[index]) }
      let mean = values.reduce(0, +) / 300
      let variance = values.reduce(0) { $0 + $1 * $1 } / 300
      #expect(abs(mean) < 5 / 300.squareRoot())
      #expect(abs(variance - 1) < 5 * (2 / 300.0).squareRoot())
    }
  }

  @Test("pictures decide some of a change, and what a file keeps of a draw is its scene")
  func changeDrawn() {
    var settings = PosteriorSettings()
    settings.sampleCount = 4
    settings.rayCount = 300
    let fitter = Self.fitter()
    let latent = SceneLatent(
      code: FitFixture.checkpoint.latents[3], changes: [WeightedChange(change: Self.change)])
    let rays = fitter.rays(of: Self.views(2))
    let found = fitter.posterior(of: latent, rays: rays, settings: settings)
    let space = SceneSpace(
      of: FitFixture.model, change: Self.change, scale: settings.changeScale)
    let laplace = fitter.laplace(
      around: space.place(of: latent.code), in: space,
      rays: fitter.fixedRays(rays, settings: settings),
      weight: fitter.likelihoodWeight(viewCount: 2), settings: settings)
    let decided = laplace.determinedDirections(among: 5..<space.width, threadCount: 2)
    #expect(decided > 1 && decided < Double(space.width - 5))
    #expect(Set(found.latent.leftFactors).count == 4)
    // What a file keeps of a draw makes the field that was drawn.
    let scene = found.latent.scene(0, beside: latent)
    var weights = FitFixture.checkpoint.weights(
      for: SceneLatent(code: space.code(at: found.places[0]))
    ).values
    space.addChange(at: found.places[0], to: &weights)
    let kept = FitFixture.checkpoint.weights(for: scene).values
    #expect(zip(weights, kept).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(scene.changes[0].change.parts.map(\.right) == Self.change.parts.map(\.right))
  }

  @Test("the cost of a scene has the slope that finite differences have")
  func costGradient() {
    let fitter = Self.fitter()
    let space = SceneSpace(of: FitFixture.model, change: Self.change, scale: 0.5)
    let rays = fitter.fixedRays(
      fitter.rays(of: Self.views(1)), settings: PosteriorSettings())
    var cost = SceneCost(space, rays: rays, weight: 400, samplesPerDiagonal: 32)
    let place = space.place(of: FitFixture.checkpoint.latents[2]).map(Double.init)
    cost.begin(at: place)
    let slope = cost.evaluate(at: place).slope
    #expect(slope.count == space.width)
    // A code's number, a matrix's and a bias's.
    for index in [0, 4, 5, 9, 40, place.count - 1] {
      var sides: [Double] = []
      for step in [0.02, -0.02] {
        var moved = place
        moved[index] += step
        sides.append(cost.evaluate(at: moved).value)
      }
      let expected = (sides[0] - sides[1]) / 0.04
      #expect(
        abs(slope[index] - expected) < 0.02 * max(0.05, abs(expected)), "\(index): \(slope[index])")
    }
  }

  @Test("a view more never widens Laplace's covariance, in any direction")
  func moreViews() {
    let fitter = Self.fitter()
    let y = FitFixture.model.prior.whitened(FitFixture.checkpoint.latents[3])
    let precisions = (1...3).map { count -> LaplacePosterior in
      let rays = fitter.rays(of: Self.views(count)).spread(
        150, within: TinyModels.cube, near: 0, random: SeededGenerator(seed: 62))
      #expect(rays.count == 150 * count)
      return fitter.laplace(
        around: y, in: SceneSpace(of: FitFixture.model, change: nil, scale: 1), rays: rays,
        weight: 3000 * Double(count), settings: PosteriorSettings())
    }
    for (fewer, more) in zip(precisions, precisions.dropFirst()) {
      let widened = (0..<5).filter { more.covariance[6 * $0] > fewer.covariance[6 * $0] + 1e-9 }
      #expect(widened.isEmpty)
      // vᵀ (A₂ − A₁) v ≥ 0 for all v, so that v A₂⁻¹ v ≤ v A₁⁻¹ v.
      var difference = zip(more.information, fewer.information).map { $0 - $1 }
      let scale = difference.reduce(0) { max($0, abs($1)) }
      for k in 0..<5 { difference[6 * k] += 1e-4 * scale }
      #expect(CholeskyFactor(of: difference, size: 5) != nil)
      let determined = [fewer, more].map { $0.determinedDirections(among: 0..<5, threadCount: 1) }
      #expect(determined[1] > determined[0])
    }
  }

  @Test(
    "draws have the same bytes for any number of threads",
    arguments: PosteriorSettings.Method.allCases)
  func threads(method: PosteriorSettings.Method) {
    var settings = PosteriorSettings()
    settings.method = method
    settings.sampleCount = 3
    settings.rayCount = 200
    settings.chain.heatedStages = 3
    settings.chain.finalStages = 1
    settings.chain.leapfrogSteps = 2
    let latent = SceneLatent(
      code: FitFixture.checkpoint.latents[1], changes: [WeightedChange(change: Self.change)])
    let results = [1, 2, 3, 8].map { threadCount in
      let fitter = Self.fitter(threadCount: threadCount)
      return fitter.posterior(
        of: latent, rays: fitter.rays(of: Self.views(1)), settings: settings)
    }
    for result in results.dropFirst() {
      #expect(result.latent == results[0].latent)
      #expect(result.acceptedShare == results[0].acceptedShare)
    }
  }

  @Test("rays of fields show what a renderer shows")
  func colours() {
    let views = Self.views(1)
    let fitter = Self.fitter()
    let everywhere = FitOccupancy(everywhereIn: TinyModels.cube)
    let rays = fitter.rays(of: views).spread(
      200, within: everywhere.box, near: 0, random: SeededGenerator(seed: 63))
    let field = FitFixture.checkpoint.field(for: FitFixture.checkpoint.latents[3])
    var colours = RayColours(
      architecture: FitFixture.field, bound: TinyModels.cube, samplesPerDiagonal: 32,
      threadCount: 2)
    var losses = RayLosses(
      architecture: FitFixture.field, bound: TinyModels.cube, samplesPerDiagonal: 32,
      threadCount: 2)
    let shown = colours.colours(of: rays, occupancy: everywhere, count: 2) { _ in field }
    #expect(shown[0] == shown[1])
    let loss = rays.enumerated().reduce(0.0) { sum, ray in
      let colour = SIMD3(
        shown[0][3 * ray.offset], shown[0][3 * ray.offset + 1], shown[0][3 * ray.offset + 2])
      return sum + Loss.squaredError(colour, target: ray.element.target)
    }
    let expected = losses.mean(rays, field: field, occupancy: everywhere)
    #expect(abs(loss / 200 - expected) < 1e-5)
  }

  @Test("what a picture from the front does not show of a car differs more between draws")
  func backAndFront() throws {
    let scenes = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("scenes")
      .path
    let model = FitModel(try Checkpoint.read(scenes + "/cars.safetensors"), threadCount: 2)
    let view = model.checkpoint.configuration.defaultView
    let distance =
      (SIMD3(view.worldFromCamera[0][3], view.worldFromCamera[1][3], view.worldFromCamera[2][3])
      - view.target).length
    func camera(_ azimuth: Float) -> Camera {
      Camera(
        orbitAzimuth: azimuth * .pi / 180, elevation: 0.3, distance: distance,
        target: view.target, horizontalFieldOfView: view.fieldOfView * .pi / 180, width: 64,
        height: 64)
    }
    let renderer = Renderer(
      settings: RenderSettings(quality: .preview, near: model.near, threadCount: 2))
    func grid(_ field: some RadianceField) -> OccupancyGrid {
      OccupancyGrid(of: field, resolution: 48, threadCount: 2)
    }
    // Cars of the model look along −y; it has not seen this one.
    let buggy = AnalyticField(try SceneDescription(contentsOf: scenes + "/buggy.json"))
    let seen = renderer.render(buggy, camera: camera(-90), grid: grid(buggy))
    var fitter = Fitter(model, threadCount: 2)
    let fit = fitter.fit(
      [(FitPicture(seen.transparentPicture, background: .automatic), camera(-90))],
      like: camera(-90), pivot: view.target, refines: true)
    #expect(fit.assessment.reasons.filter(\.isMisfit).isEmpty && fit.latent.changes.count == 1)
    var own = PosteriorSettings()
    own.sampleCount = 8
    let posterior = fitter.posterior(
      of: fit.latent, rays: fitter.rays(of: fit.views), settings: own)
    let sides: [Float] = [-90, 90, 0]
    var pictures = sides.map { _ in
      PosteriorPicture(width: 64, height: 64, background: [1, 1, 1], noise: own.noise)
    }
    for index in posterior.latent.codes.indices {
      let field = model.checkpoint.field(for: posterior.latent.scene(index, beside: fit.latent))
      let grid = grid(field)
      for (side, azimuth) in sides.enumerated() {
        pictures[side].add(renderer.render(field, camera: camera(azimuth), grid: grid))
      }
    }
    let spreads = pictures.map { $0.spread.reduce(0, +) }
    #expect(spreads[1] > 1.03 * spreads[0], "back and front: \(spreads)")
    #expect(spreads[2] > 1.3 * spreads[0], "side and front: \(spreads)")
  }
}
