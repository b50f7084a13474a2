import Checkpoints
import Datasets
import Fitting
import NeuralFields
import Training
import VolumeRendering

/// The few-shot protocol for a scene that moves: a path is fitted to what fixed cameras saw, and measured
/// on the test views at their times.
extension FitEvaluation {
  /// - Parameter dataset: with times; the chosen views' numbers say which cameras are taken: those of
  ///   these training views, with all that they took.
  func evaluateMoving(_ dataset: SceneDataset, span: TimeSpan) throws -> Result {
    let cameras = try views.map { index -> Camera in
      guard dataset.train.indices.contains(index) else {
        throw CommandFailure(
          "--view-list: found view \(index), expected one of \(dataset.path)'s "
            + "\(dataset.train.count)", .badData)
      }
      return dataset.train[index].camera
    }
    let seen = dataset.train.filter { view in cameras.contains { view.camera.isAt($0) } }
    guard Set(seen.compactMap(\.time)).count >= 2 else {
      throw CommandFailure(
        "\(dataset.path): found a camera of one time only, expected fixed ones, as dataset --cameras "
          + "fixed makes them", .badData)
    }
    let start = ContinuousClock.now
    let sequence = try SequenceInput(seen, of: dataset, span: span, options: nil, model: model)
      .sequence
    var fitter = Fitter(model, settings: settings, threadCount: threadCount)
    let fit = fitter.fitPath(to: sequence, settings: path)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rest = fitter.fitCode(
      to: fitter.rays(of: sequence.frames.map { ($0.picture, $0.camera) })
    ).code
    let scores = measure(dataset) { fit.code(at: $0) }
    let result = Result(
      psnr: scores.psnr, ssim: scores.ssim, seconds: seconds,
      meanLatent: measure(dataset) { _ in model.prior.mean },
      nearestScene: measure(dataset) { fitter.code(of: fit.nearest, at: $0) },
      restingFit: measure(dataset) { _ in rest }, changeLength: 0)
    return result
  }

  /// The test views at their times, each by the code of its time.
  private func measure(_ dataset: SceneDataset, code: (Double) -> LatentCode) -> Scores {
    let byTime = Dictionary(grouping: dataset.test) { $0.time ?? 0 }.sorted { $0.key < $1.key }
    var scores = Scores(psnr: 0, ssim: 0)
    for (time, views) in byTime {
      let field = model.checkpoint.field(for: code(Double(time)))
      let grid = OccupancyGrid(
        of: field, resolution: quality.cellsPerEdge, threadCount: threadCount)
      let result = Evaluation(of: field, grid: grid, views: views, renderer: renderer)
      let share = Double(result.viewCount) / Double(dataset.test.count)
      scores.psnr += share * result.psnr
      scores.ssim += share * result.ssim
    }
    return scores
  }
}
