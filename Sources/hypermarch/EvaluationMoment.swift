import Checkpoints
import Datasets
import NeuralFields

/// The views of a scene that show it with one code: all of a scene at rest, those of one time of a scene
/// that moves.
struct EvaluationMoment {
  let code: LatentCode
  let views: [PosedImage]

  /// - Parameter snapTimes: of so many equal times the nearest is shown instead of the view's own.
  /// - Returns: nil where the model has no such scene, or one at rest for one that moves, or the other
  ///   way round.
  static func all(
    of dataset: SceneDataset, split: Split, in model: Checkpoint, snapTimes: Int?
  ) -> [EvaluationMoment]? {
    let views = dataset.views(of: split)
    guard dataset.span != nil else {
      return model.latents[dataset.name].map { [EvaluationMoment(code: $0, views: views)] }
    }
    guard let trajectory = model.configuration.trajectory(of: dataset.name) else { return nil }
    let byTime = Dictionary(grouping: views) { view in
      snapped(Double(view.time ?? 0), to: snapTimes, loops: trajectory.loops)
    }
    return byTime.sorted { $0.key < $1.key }.map { time, views in
      EvaluationMoment(code: model.latents.code(of: trajectory, at: time), views: views)
    }
  }

  private static func snapped(_ time: Double, to count: Int?, loops: Bool) -> Double {
    guard let count else { return time }
    let stepCount = Double(loops ? count : count - 1)
    let snapped = (time * stepCount).rounded() / stepCount
    return loops && snapped >= 1 ? 0 : snapped
  }
}
