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

@Suite("Fitter")
struct FitterTests {
  static func psnr(_ latent: SceneLatent, _ views: [Fitter.View]) -> Double {
    let field = FitFixture.checkpoint.field(for: latent)
    let grid = OccupancyGrid(of: field, resolution: 32, threadCount: 2)
    return views.reduce(0) { sum, view in
      let rendered = FitFixture.renderer().render(field, camera: view.camera, grid: grid)
      return sum
        + ImageMetrics.psnr(
          rendered.picture(over: [1, 1, 1]), view.picture.image(over: [1, 1, 1]))
    } / Double(views.count)
  }

  @Test("the loss has the code's gradient of finite differences")
  func codeGradient() {
    let model = FitFixture.model
    let views = FitFixture.views(of: BallField(), count: 1)
    let fitter = Fitter(model, settings: FitFixture.settings, threadCount: 1)
    var gradients = RayGradients(
      architecture: FitFixture.field, bound: TinyModels.cube, samplesPerDiagonal: 32,
      threadCount: 2)
    let everywhere = FitOccupancy(everywhereIn: TinyModels.cube)
    let rays = fitter.rays(of: views).draw(
      400, within: everywhere.box, near: 0, random: SeededGenerator(seed: 41))
    var pass = Hypernetwork.Pass()
    let network = FitFixture.checkpoint.hypernetwork
    func loss(_ y: [Float]) -> (Double, [Float]) {
      network.forward(
        codes: model.prior.code(whitened: y).values, batch: 1, into: &pass, threadCount: 1)
      let (loss, slope) = gradients.evaluate(
        rays, field: model.field(FieldWeights(pass.weights)), occupancy: everywhere)
      pass.weightGradient = slope
      network.backward(&pass, threadCount: 1)
      let (penalty, whole) = model.prior.penalised(pass.codeGradient, at: y, weight: 0.01)
      return (loss + penalty, whole)
    }
    let point: [Float] = [0.3, -0.2, 0.5, 0.1, -0.4]
    let found = loss(point).1
    let step: Float = 4e-3
    let expected = (0..<5).map { index -> Double in
      var (above, below) = (point, point)
      above[index] += step
      below[index] -= step
      return (loss(above).0 - loss(below).0) / Double(above[index] - below[index])
    }
    #expect(Tolerance.errorOfLargest(found, expected) < 0.01)
  }

  @Test("a fit of a training scene's own pictures shows the scene again")
  func recovery() {
    let scene = SceneLatent(code: FitFixture.checkpoint.latents[3])
    let views = FitFixture.views(of: FitFixture.checkpoint.field(for: scene), count: 3)
    var fitter = Fitter(FitFixture.model, settings: FitFixture.settings, threadCount: 2)
    let found = fitter.fitCode(to: fitter.rays(of: views))
    let mean = Self.psnr(SceneLatent(code: FitFixture.model.prior.mean), views)
    let fitted = Self.psnr(SceneLatent(code: found.code), views)
    #expect(fitted > 30)
    #expect(fitted > mean + 8)
  }

  @Test("a refinement gains on held-out pixels, and its change has the stated size")
  func refinement() throws {
    let views = FitFixture.views(of: BallField(density: 20), count: 2)
    var fitter = Fitter(FitFixture.model, settings: FitFixture.settings, threadCount: 2)
    let code = fitter.fitCode(to: fitter.rays(of: views)).code
    let rays = fitter.rays(of: views, heldOutShare: 0.1)
    let found = fitter.refine(code, rays: rays)
    let refinement = try #require(found)
    #expect(refinement.heldOutAfter > refinement.heldOutBefore + 1)
    #expect(refinement.change.fits(FitFixture.field.layout))
    #expect(refinement.byteCount == 4 * refinement.change.parameterCount)
    let changed = SceneLatent(code: code, changes: [WeightedChange(change: refinement.change)])
    #expect(Self.psnr(changed, views) > Self.psnr(SceneLatent(code: code), views) + 1)
  }

  @Test("the same fit has the same bytes for any number of threads")
  func threads() throws {
    let scene = SceneLatent(code: FitFixture.checkpoint.latents[1])
    let views = FitFixture.views(of: FitFixture.checkpoint.field(for: scene), count: 1)
    var settings = FitFixture.settings
    settings.codeSteps = 12
    settings.refineSteps = 40
    let results = [1, 2, 3].map { threadCount -> FitResult in
      var fitter = Fitter(FitFixture.model, settings: settings, threadCount: threadCount)
      return fitter.fit(
        [(views[0].picture, nil)], like: FitFixture.view, pivot: .zero, refines: true)
    }
    for result in results.dropFirst() {
      #expect(result.latent == results[0].latent)
      #expect(result.views[0].camera == results[0].views[0].camera)
      #expect(result.assessment.psnr == results[0].assessment.psnr)
      #expect(result.search?.confidence == results[0].search?.confidence)
    }
  }

  @Test("time that is up ends a fit, which still has a result")
  func outOfTime() {
    let views = FitFixture.views(of: BallField(), count: 1)
    var fitter = Fitter(FitFixture.model, settings: FitFixture.settings, threadCount: 1)
    let found = fitter.fit(
      [(views[0].picture, views[0].camera)], like: FitFixture.view, pivot: .zero, refines: true,
      isOutOfTime: { true })
    #expect(found.code.stepCount <= FitFixture.settings.startSteps)
    #expect(found.refinement == nil)
  }

  @Test("the scene that a picture shows ranks first", arguments: [0, 5])
  func ranking(scene: Int) {
    let latent = SceneLatent(code: FitFixture.checkpoint.latents[scene])
    let views = FitFixture.views(of: FitFixture.checkpoint.field(for: latent), count: 2)
    var fitter = Fitter(FitFixture.model, settings: FitFixture.settings, threadCount: 2)
    #expect(fitter.ranking(for: fitter.rays(of: views))[0] == scene)
    #expect(FitFixture.model.nearestScenes(to: latent.code, count: 1) == [scene])
  }

  @Test("noise is not to be trusted")
  func noise() {
    var random = SeededGenerator(seed: 44)
    let image = Image(
      width: 24, height: 24, channelCount: 3,
      samples: (0..<24 * 24 * 3).map { _ in random.uniform() })
    var fitter = Fitter(FitFixture.model, settings: FitFixture.settings, threadCount: 2)
    let result = fitter.fit(
      [(FitPicture(image, background: .automatic), FitFixture.camera(0))], like: FitFixture.view,
      pivot: .zero, refines: true)
    #expect(!result.assessment.isTrusted)
    #expect(result.assessment.reasons.contains(.noBackground))
    #expect(result.assessment.reasons.contains(.badReconstruction))
  }
}
