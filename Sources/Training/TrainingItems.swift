package import Datasets
package import NeuralFields

/// What a training draws from: scenes with their views, and where each one's code comes from.
///
/// A scene at rest is one of them. A moving scene is as many as its views have times: a scene at each.
package struct TrainingItems: Sendable {
  package let scenes: [TrainingScene]
  package let codes: SceneCodes

  /// The parts of a training on a data set, and variants of its scenes at rest.
  ///
  /// - Parameters:
  ///   - trajectories: of the moving scenes, as `LatentTrajectory.layout(of:curve:keyCount:)` makes
  ///     them.
  ///   - centre: of the bound, which variants leave where it is.
  /// - Precondition: where a scene moves there are no variants, and every moving scene has its
  ///   trajectory.
  package init(
    of datasets: [SceneDataset], trajectories: [LatentTrajectory],
    configuration: TrainingConfiguration, centre: SIMD3<Float>
  ) {
    guard !trajectories.isEmpty else {
      scenes = TrainingScene.family(
        of: datasets.map { TrainingScene($0) }, variantsPerScene: configuration.variantsPerScene,
        centre: centre, seed: configuration.seed)
      codes = SceneCodes(rowPerScene: scenes.count)
      return
    }
    precondition(
      configuration.variantsPerScene == 0, "found variants of moving scenes, expected none")
    var scenes: [TrainingScene] = []
    var sources: [SceneCodes.Source] = []
    var row = 0
    for dataset in datasets {
      guard let index = trajectories.firstIndex(where: { $0.scene == dataset.name }) else {
        scenes.append(TrainingScene(dataset))
        sources.append(.row(row))
        row += 1
        continue
      }
      for time in Set(dataset.train.compactMap(\.time)).sorted() {
        scenes.append(TrainingScene(dataset, at: time))
        sources.append(.moment(trajectory: index, time: time))
      }
      row += trajectories[index].rowCount
    }
    self.scenes = scenes
    codes = SceneCodes(
      sources: sources, trajectories: trajectories,
      smoothness: configuration.trajectorySmoothness)
  }
}

extension LatentTrajectory {
  /// The trajectories of a data set's moving scenes, and the names of all rows of its table.
  ///
  /// - Parameter rowCount: of each trajectory, ≥ 2; one more for a looping Fourier path of even length.
  package static func layout(
    of datasets: [SceneDataset], curve: Curve, rowCount: Int
  ) -> (trajectories: [LatentTrajectory], rowNames: [String]) {
    var trajectories: [LatentTrajectory] = []
    var names: [String] = []
    for dataset in datasets {
      guard let span = dataset.span else {
        names.append(dataset.name)
        continue
      }
      let isEvenLoop = curve == .fourier && span.loops && rowCount.isMultiple(of: 2)
      let trajectory = LatentTrajectory(
        scene: dataset.name, curve: curve, firstRow: names.count,
        rowCount: rowCount + (isEvenLoop ? 1 : 0), loops: span.loops, seconds: span.seconds)
      trajectories.append(trajectory)
      names += trajectory.rowNames
    }
    return (trajectories, names)
  }
}
