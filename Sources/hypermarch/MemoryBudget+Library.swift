import Checkpoints
import Datasets
import NeuralFields
import Training

/// What changes of a model's library need of memory.
extension MemoryBudget {
  /// Adds the renderings that tell what old scenes have lost.
  mutating func passOwnViews(of model: Checkpoint, threadCount: Int) {
    let pixelCount = ModelTrial.side * ModelTrial.side
    keep(2 * ModelMemory.fieldBytes(of: model), for: "fields of both models")
    passRenderings(
      bound: model.configuration.bound, pixelCount: pixelCount,
      cellsPerEdge: ModelTrial.gridResolution, threadCount: threadCount)
  }

  /// What adding scenes to a model takes, once their pictures are there.
  ///
  /// - Parameters:
  ///   - input: the pictures, which are kept for what is measured at the end.
  ///   - replayed: old scenes whose pictures are learned from too.
  init(
    adding input: AdditionInput, replaying replayed: [SceneDataset], to model: Checkpoint,
    configuration: TrainingConfiguration, settings: SceneAddition.Settings,
    _ options: MemoryOptions, threadCount: Int
  ) {
    let learned = input.scenes + replayed
    let count = (1 + configuration.variantsPerScene) * input.scenes.count + replayed.count
    self.init(
      training: learned, configuration: configuration,
      architecture: (model.configuration.hypernetwork, model.configuration.field),
      bound: model.configuration.bound, rowCount: count + model.latents.names.count,
      placeCount: count, stepCount: settings.stepCount, options, threadCount: threadCount)
    let pictures = DatasetMemory(of: input.scenes + input.oldScenes)
    keep(pictures.keptBytes, for: ProgressReporter.count(pictures.pictureCount, "picture"))
    keepModel(model)
    passRenderings(
      bound: model.configuration.bound, pixelCount: pictures.largestPixelCount,
      cellsPerEdge: ModelTrial.gridResolution, threadCount: threadCount)
  }
}
