import Checkpoints
import Datasets
import Fitting
import Imaging
import NeuralFields
import Training
import VolumeRendering

extension FitEvaluation {
  /// Compares the test views with what a posterior expects there.
  ///
  /// - Parameter latent: that the draws stand beside.
  func calibration(
    of posterior: LatentPosterior, beside latent: SceneLatent, _ dataset: SceneDataset
  ) -> CalibrationReport {
    let truths = dataset.test.map { $0.image.composited(over: [1, 1, 1]) }
    var ranks = truths.map { PosteriorRanks(truth: $0, noise: posterior.noise) }
    var pictures = truths.map {
      PosteriorPicture(
        width: $0.width, height: $0.height, background: [1, 1, 1], noise: posterior.noise)
    }
    for index in posterior.codes.indices {
      let field = model.checkpoint.field(
        for: posterior.scene(index, beside: latent), threadCount: threadCount)
      let grid = OccupancyGrid(
        of: field, resolution: quality.cellsPerEdge, threadCount: threadCount)
      for (view, posed) in dataset.test.enumerated() {
        let rendered = renderer.render(field, camera: posed.camera, grid: grid)
        ranks[view].add(rendered)
        pictures[view].add(rendered)
      }
    }
    var (all, object) = (Calibration(), Calibration())
    for view in ranks {
      all.add(view, isObjectOnly: false)
      object.add(view, isObjectOnly: true)
    }
    let psnr = zip(pictures, truths).reduce(0) { sum, pair in
      sum + min(ImageMetrics.psnr(pair.0.mean, pair.1), Evaluation.highestPSNR)
    }
    return CalibrationReport(all: all, object: object, meanPsnr: psnr / Double(truths.count))
  }
}
