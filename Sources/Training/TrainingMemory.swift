package import Datasets
package import NeuralFields
import VolumeRendering

/// The memory that a training takes, bytes.
package enum TrainingMemory {
  /// Pixels while the training scenes are made of the pictures: 4 bytes a pixel, and 4 for each of the
  /// foreground, which may be all; one scene's bytes stand beside them.
  package static func sceneBytes(_ pictures: DatasetMemory, sceneCount: Int) -> Int {
    8 * pictures.pixelCount + 8 * pictures.pixelCount / max(1, sceneCount)
  }

  /// All scenes' estimates of where density is: a density and two bits for each cell.
  package static func estimateBytes(
    _ configuration: TrainingConfiguration, bound: BoundingBox, sceneCount: Int
  ) -> Int {
    let cells = CellGrid(bound: bound, resolution: configuration.gridResolution).cellCount
    let estimate = 4 * cells + cells / 4 + 512
    // Those of a step are copied, and the cells to look at are listed.
    let looked = min(sceneCount, configuration.scenesPerStep) * (estimate + 12 * cells)
    return sceneCount * estimate + looked
  }

  /// Weights, codes, Adam's two moments of each, the running mean and the codes' deviations, where they are.
  ///
  /// They stand in memory five times: as the training changes them, as they were at the last save, as the
  /// tensors of a file and its bytes, and as a good state to go back to.
  package static func stateBytes(
    _ configuration: TrainingConfiguration, parameterCount: Int, codeCount: Int
  ) -> Int {
    let arrays = configuration.averageDecay > 0 ? 4 : 3
    let deviations = configuration.divergenceWeight == nil ? 0 : 3 * codeCount
    return 5 * 4 * (arrays * (parameterCount + codeCount) + deviations)
  }

  /// What a merge learns with, beside the two models: the first one's weights as they change, Adam's
  /// moments of them and their gradients, generated weights of a step's scenes, and samples of both
  /// models' scenes.
  package static func mergeBytes(
    of first: Hypernetwork, and second: Hypernetwork, settings: ModelMerge.Settings
  ) -> Int {
    let parameters = 4 * first.parameters.count
    let batch = 2 * settings.scenesPerStep
    let features = (first.architecture.trunkWidths.max() ?? 0) * batch * 32
    return 4 * parameters + (8 * batch + 4 * OutputRegularizer.sampleLimit) * 4
      * first.target.count + features
  }

  /// The passes of a step: the generated weights of its scenes and their gradients, and each thread's
  /// activations; of every width.
  package static func stepBytes(
    _ configuration: TrainingConfiguration, field: FieldArchitecture, sceneCount: Int,
    threadCount: Int
  ) -> Int {
    let weights = 4 * field.layout.count
    let batch = min(sceneCount, configuration.scenesPerStep)
    // Slices have gradients of their own: sixteen of a step, or one for each scene.
    let slices = max(16, batch)
    let longest = max(configuration.samplesPerDiagonal, configuration.firstSamplesPerDiagonal ?? 0)
    func workerBytes(_ width: Int) -> Int {
      let values = (field.hiddenLayerCount + 3) * (width + 3 + 6 * field.positionOctaves)
      return threadCount * (512 + longest) * values * 3 * 4
    }
    // A narrower field has its weights, those in the kernels' form, and slices of its own.
    let nested = configuration.nestedWidths.reduce(0) { sum, width in
      let count = NestedField(width: width, in: field).architecture.layout.count
      return sum + 4 * (3 * batch + slices) * count + workerBytes(width)
    }
    return (12 * batch + slices) * weights + 128 * configuration.raysPerStep
      + workerBytes(field.width) + nested
  }
}

extension Evaluation {
  /// The memory of a comparison of a picture with its rendering, bytes: both in floats as they are, over
  /// white and rounded, and the sums of windows.
  package static func memoryBytes(pixelCount: Int) -> Int { 96 * pixelCount }
}
