import Checkpoints
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

  @Test("a view more never widens Laplace's covariance, in any direction")
  func moreViews() {
    let fitter = Self.fitter()
    let y = FitFixture.model.prior.whitened(FitFixture.checkpoint.latents[3])
    let precisions = (1...3).map { count -> LaplacePosterior in
      let rays = fitter.rays(of: Self.views(count)).spread(
        150, within: TinyModels.cube, near: 0, random: SeededGenerator(seed: 62))
      #expect(rays.count == 150 * count)
      return fitter.laplace(
        around: y, change: nil, rays: rays, weight: 3000 * Double(count), step: 0.05)
    }
    for (fewer, more) in zip(precisions, precisions.dropFirst()) {
      let widened = (0..<5).filter { more.covariance[6 * $0] > fewer.covariance[6 * $0] + 1e-9 }
      #expect(widened.isEmpty)
      // vᵀ (A₂ − A₁) v ≥ 0 for all v, so that v A₂⁻¹ v ≤ v A₁⁻¹ v.
      var difference = zip(more.information, fewer.information).map { $0 - $1 }
      let scale = difference.reduce(0) { max($0, abs($1)) }
      for k in 0..<5 { difference[6 * k] += 1e-4 * scale }
      #expect(CholeskyFactor(of: difference, size: 5) != nil)
      #expect(more.determinedDirections > fewer.determinedDirections)
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
    let latent = SceneLatent(code: FitFixture.checkpoint.latents[1])
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

  @Test("the unseen back of a car is more uncertain than its seen front")
  func backAndFront() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("scenes/cars.safetensors").path
    let model = FitModel(try Checkpoint.read(path), threadCount: 2)
    var settings = FitSettings()
    settings.startCount = 1
    settings.codeSteps = 60
    settings.raysPerStep = 512
    var fitter = Fitter(model, settings: settings, threadCount: 2)
    let code = try #require(model.checkpoint.latents["kenney_taxi"])
    let field = model.checkpoint.field(for: code)
    func camera(_ azimuth: Float) -> Camera {
      Camera(
        orbitAzimuth: azimuth * .pi / 180, elevation: 0.3, distance: 3.2,
        target: model.checkpoint.configuration.defaultView.target,
        horizontalFieldOfView: 0.7, width: 32, height: 32)
    }
    let renderer = Renderer(
      settings: RenderSettings(quality: .preview, near: model.near, threadCount: 2))
    func grid(_ field: CoordinateMLP) -> OccupancyGrid {
      OccupancyGrid(of: field, resolution: 32, threadCount: 2)
    }
    let seen = renderer.render(field, camera: camera(-90), grid: grid(field))
    let rays = fitter.rays(of: [
      (FitPicture(seen.transparentPicture, background: .automatic), camera(-90))
    ])
    let found = fitter.fitCode(to: rays)
    var own = PosteriorSettings()
    own.sampleCount = 8
    own.rayCount = 512
    let posterior = fitter.posterior(of: SceneLatent(code: found.code), rays: rays, settings: own)
    #expect(posterior.determinedDirections > 3)
    var pictures = [Float(-90), 90].map { _ in
      PosteriorPicture(width: 32, height: 32, background: [1, 1, 1], noise: 0)
    }
    for code in posterior.latent.codes {
      let field = model.checkpoint.field(for: code)
      let known = grid(field)
      for (index, azimuth) in [Float(-90), 90].enumerated() {
        pictures[index].add(renderer.render(field, camera: camera(azimuth), grid: known))
      }
    }
    let deviations = pictures.map { $0.overall.reduce(0, +) }
    #expect(deviations[1] > 1.02 * deviations[0], "\(deviations)")
  }
}
