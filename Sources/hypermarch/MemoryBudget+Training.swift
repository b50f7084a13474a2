import Checkpoints
import Datasets
import NeuralFields
import Training
import VolumeRendering

/// What a training needs of memory.
extension MemoryBudget {
  /// - Parameters:
  ///   - scenes: as they have been read; they make place for the training's own form of them.
  ///   - model: of the model to be trained, its scenes with their variants.
  ///   - stepCount: of the whole training, where it is known: few steps do not get to all scenes.
  init(
    training scenes: [SceneDataset], configuration: TrainingConfiguration,
    model: ModelConfiguration, stepCount: Int?, _ options: MemoryOptions, threadCount: Int
  ) {
    // Of a scene that moves, each time is a scene to the training; its rows are fewer, or more.
    let placeCount =
      model.motion == nil
      ? model.scenes.count
      : scenes.reduce(0) {
        $0 + ($1.span == nil ? 1 : max(1, Set($1.train.compactMap(\.time)).count))
      }
    self.init(
      training: scenes, configuration: configuration,
      architecture: (model.hypernetwork, model.field), bound: model.bound,
      rowCount: model.scenes.count, placeCount: placeCount, stepCount: stepCount, options,
      threadCount: threadCount)
  }

  /// - Parameters:
  ///   - rowCount: codes of the model.
  ///   - placeCount: scenes with their variants, or times of those that move: each has its own estimate of
  ///     where density is.
  init(
    training scenes: [SceneDataset], configuration: TrainingConfiguration,
    architecture: (hypernetwork: HypernetworkArchitecture, field: FieldArchitecture),
    bound: BoundingBox, rowCount: Int, placeCount: Int, stepCount: Int?,
    _ options: MemoryOptions, threadCount: Int
  ) {
    self.init(options, threadCount: threadCount)
    let pictures = DatasetMemory(of: scenes)
    let (hypernetwork, field) = architecture
    let layout = Hypernetwork.layout(architecture: hypernetwork, target: field.layout)
    keep(
      TrainingMemory.sceneBytes(pictures, sceneCount: scenes.count),
      for: ProgressReporter.count(pictures.pictureCount, "picture"))
    keep(
      TrainingMemory.stateBytes(
        configuration, parameterCount: layout.count,
        codeCount: rowCount * hypernetwork.latentWidth),
      for: "the model and its optimizer")
    pass(pictures.keptBytes, for: "the pictures as they are read")
    pass(
      TrainingMemory.estimateBytes(
        configuration, bound: bound,
        sceneCount: min(placeCount, (stepCount ?? placeCount) * configuration.scenesPerStep))
        + TrainingMemory.stepBytes(
          configuration, field: field, sceneCount: placeCount, threadCount: threadCount)
        + RenderMemory.gridBytes(bound: bound, resolution: OccupancyGrid.defaultResolution),
      for: ProgressReporter.count(placeCount, "scene")
        + (placeCount == rowCount ? " with variants" : " and times"))
  }
}
