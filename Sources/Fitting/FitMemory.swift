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

  /// A posterior: what rays show after a step in every direction, twice; products of the directions, as
  /// rows, as a matrix, and twice while that is factored; fields and gradients for every thread, and the
  /// draws.
  ///
  /// - Parameter rank: of the change of the weights; nil where there is none.
  package static func posteriorBytes(
    _ model: Checkpoint, settings: PosteriorSettings, rank: Int?, threadCount: Int
  ) -> Int {
    let layout = model.configuration.field.layout
    let codeWidth = model.latents.width
    let changed = rank.map { rank in
      SceneSpace.coordinateCount(
        of: layout,
        rank: SceneSpace.drawnRank(of: layout, rank: rank, within: settings.widthLimit - codeWidth))
    }
    let width = codeWidth + (changed ?? 0)
    let codes = 2 * 4 * (codeWidth + 1) * (layout.count + codeWidth)
    return 2 * 4 * (width + 1) * 3 * settings.rayCount + 28 * width * width + codes
      + threadCount * (16 * 4 * layout.count + (4 << 20))
      + settings.sampleCount * (3 * 8 * width + 4 * 2 * layout.count) + (4 << 20)
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
