package import Checkpoints
import NeuralFields

/// The memory that fits take, bytes.
package enum FitMemory {
  /// What a fit knows of a model: how its codes lie, in double precision, and the weights of some scenes.
  package static func modelBytes(_ model: Checkpoint) -> Int {
    let width = model.latents.width
    return 8 * (4 * width * width + 3 * model.latents.values.count)
      + 16 * 3 * 4 * model.hypernetwork.target.count
  }

  /// A picture of colours and coverage, as a fit keeps it.
  package static func pictureBytes(pixelCount: Int) -> Int {
    pixelCount * (MemoryLayout<SIMD3<Float>>.stride + MemoryLayout<Float>.stride)
  }

  /// A fit of a path to a sequence: its reduced pictures and their rays, what is known of where each
  /// frame's field is empty, and the weights of the fields that a step or a look makes.
  ///
  /// - Parameter pixelCount: of the largest frame, as it is read.
  package static func sequenceBytes(
    _ model: Checkpoint, settings: FitSettings, frameCount: Int, pixelCount: Int, threadCount: Int
  ) -> Int {
    let pixels = min(pixelCount, settings.pictureSide * settings.pictureSide)
    let cells = FitOccupancy.resolution * FitOccupancy.resolution * FitOccupancy.resolution
    return stepBytes(model, settings: settings, pictureCount: 0, threadCount: threadCount)
      + frameCount * (pictureBytes(pixelCount: pixels) + 112 * pixels + cells / 4)
      + 3 * 24 * 4 * model.configuration.field.layout.count
  }

  /// The steps of code and refinement: rays of the reduced pictures, slices' gradients, activations,
  /// and trial fields of the search for a camera.
  package static func stepBytes(
    _ model: Checkpoint, settings: FitSettings, pictureCount: Int, threadCount: Int
  ) -> Int {
    let field = model.configuration.field
    let values = (field.hiddenLayerCount + 3) * (field.width + 3 + 6 * field.positionOctaves)
    let pixels = pictureCount * settings.pictureSide * settings.pictureSide
    return 64 * pixels + 40 * 4 * field.layout.count
      + threadCount * (512 + settings.samplesPerDiagonal) * values * 3 * 4 + (8 << 20)
  }
}
