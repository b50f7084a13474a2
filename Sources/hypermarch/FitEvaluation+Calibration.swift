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
  /// - Parameter changes: of the weights, the same for every draw.
  func calibration(
    of posterior: LatentPosterior, changes: [WeightedChange], _ dataset: SceneDataset
  ) -> CalibrationReport {
    let truths = dataset.test.map { $0.image.composited(over: [1, 1, 1]) }
    var ranks = truths.map { PosteriorRanks(truth: $0, noise: posterior.noise) }
    var pictures = truths.map {
      PosteriorPicture(
        width: $0.width, height: $0.height, background: [1, 1, 1], noise: posterior.noise)
    }
    for code in posterior.codes {
      let field = model.checkpoint.field(
        for: SceneLatent(code: code, changes: changes), threadCount: threadCount)
      let grid = OccupancyGrid(
        of: field, resolution: quality.cellsPerEdge, threadCount: threadCount)
      for (index, view) in dataset.test.enumerated() {
        let rendered = renderer.render(field, camera: view.camera, grid: grid)
        ranks[index].add(rendered)
        pictures[index].add(rendered)
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
