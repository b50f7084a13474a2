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
    self.init(options, threadCount: threadCount)
    let pictures = DatasetMemory(of: scenes)
    let sceneCount = model.scenes.count
    let layout = Hypernetwork.layout(architecture: model.hypernetwork, target: model.field.layout)
    keep(
      TrainingMemory.sceneBytes(pictures, sceneCount: scenes.count),
      for: ProgressReporter.count(pictures.pictureCount, "picture"))
    keep(
      TrainingMemory.stateBytes(
        configuration, parameterCount: layout.count,
        codeCount: sceneCount * model.hypernetwork.latentWidth),
      for: "the model and its optimizer")
    pass(pictures.keptBytes, for: "the pictures as they are read")
    pass(
      TrainingMemory.estimateBytes(
        configuration, bound: model.bound,
        sceneCount: min(sceneCount, (stepCount ?? sceneCount) * configuration.scenesPerStep))
        + TrainingMemory.stepBytes(
          configuration, field: model.field, sceneCount: sceneCount, threadCount: threadCount)
        + RenderMemory.gridBytes(bound: model.bound, resolution: OccupancyGrid.defaultResolution),
      for: "\(ProgressReporter.count(sceneCount, "scene")) with variants")
  }
}
