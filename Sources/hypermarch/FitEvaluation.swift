import Checkpoints
import Datasets
import Fitting
import Foundation
import Imaging
import Kernels
import NeuralFields
import Training
import VolumeRendering

/// The few-shot protocol: fit each object from a few of its views, measure on its test views.
struct FitEvaluation {
  let model: FitModel
  let settings: FitSettings
  let views: [Int]
  let refines: Bool
  let findsCamera: Bool
  /// nil: no scenes are drawn.
  let posterior: PosteriorSettings?
  let quality: QualityOptions
  let threadCount: Int
  /// Of scenes that move.
  var path = SequenceFitSettings()

  struct Scores: Codable {
    var psnr: Double
    var ssim: Double

    init(_ evaluation: Evaluation) { (psnr, ssim) = (evaluation.psnr, evaluation.ssim) }

    init(psnr: Double, ssim: Double) { (self.psnr, self.ssim) = (psnr, ssim) }
  }

  /// One object's figures.
  struct Result: Codable {
    var psnr: Double
    var ssim: Double
    var seconds: Double
    var meanLatent: Scores
    var nearestScene: Scores
    var scratch: Scores?
    /// One code for all times of a scene that moves.
    var restingFit: Scores?
    /// Degrees between the found camera's axes and the true ones, where it was looked for.
    var rotationError: Double?
    /// Of the camera search, 0…1.
    var confidence: Double?
    /// PSNR of the code alone, where it was refined.
    var codePsnr: Double?
    /// Where scenes were drawn from the posterior.
    var calibration: CalibrationReport?
    /// Numbers of the change of the weights; 0 for the code alone.
    var changeLength: Int
  }

  func evaluate(_ dataset: SceneDataset) throws -> Result {
    if let span = dataset.span { return try evaluateMoving(dataset, span: span) }
    let chosen = try views.map { index -> PosedImage in
      guard dataset.train.indices.contains(index) else {
        throw CommandFailure(
          "--view-list: found view \(index), expected one of \(dataset.path)'s "
            + "\(dataset.train.count)", .badData)
      }
      return dataset.train[index]
    }
    let (start, processorStart) = (ContinuousClock.now, ProcessorClock.processSeconds)
    var fitter = Fitter(model, settings: settings, threadCount: threadCount)
    let view = model.checkpoint.configuration.defaultView
    let found = fitter.fit(
      chosen.map { posed in
        (FitPicture(posed.image, background: .automatic), findsCamera ? nil : posed.camera)
      }, like: view.camera, pivot: view.target, refines: refines)
    let processorSeconds = ProcessorClock.processSeconds - processorStart
    let rotationError = found.search.map { _ in
      Double(found.views[0].camera.angle(to: chosen[0].camera)) * 180 / .pi
    }
    let confidence = found.search?.confidence
    let rays = fitter.rays(of: found.views)
    let latent = found.latent
    var codePsnr: Double?
    let drawn = posterior.map { fitter.posterior(of: latent, rays: rays, settings: $0) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let scores = measure(model.checkpoint.field(for: latent), dataset)
    if refines { codePsnr = measure(model.checkpoint.field(for: found.code.code), dataset).psnr }
    let nearest = fitter.ranking(for: rays)[0]
    let scratch = fitter.scratchField(for: rays, processorSeconds: processorSeconds)
    return Result(
      psnr: scores.psnr, ssim: scores.ssim, seconds: seconds,
      meanLatent: measure(model.checkpoint.field(for: model.prior.mean), dataset),
      nearestScene: measure(
        model.checkpoint.field(for: model.codes[nearest]), dataset),
      scratch: measure(scratch, dataset), rotationError: rotationError, confidence: confidence,
      codePsnr: codePsnr,
      calibration: drawn.map { calibration(of: $0.latent, beside: latent, dataset) },
      changeLength: latent.changes.reduce(0) { $0 + $1.change.parameterCount })
  }

  var renderer: Renderer {
    Renderer(
      settings: RenderSettings(
        samplesPerDiagonal: quality.samplesPerDiagonal,
        terminationThreshold: quality.terminationThreshold, near: model.near,
        threadCount: threadCount))
  }

  func measure(_ field: CoordinateMLP, _ dataset: SceneDataset) -> Scores {
    let grid = OccupancyGrid(of: field, resolution: quality.cellsPerEdge, threadCount: threadCount)
    return Scores(Evaluation(of: field, grid: grid, views: dataset.test, renderer: renderer))
  }
}
