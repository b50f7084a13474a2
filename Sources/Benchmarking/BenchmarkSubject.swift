package import Checkpoints
package import NeuralFields
package import VolumeRendering

/// What is rendered and trained in a benchmark: one model, one of its scenes, one view.
package struct BenchmarkSubject: Sendable {
  package let model: Checkpoint
  package let code: LatentCode
  /// The view of the frames, 400×400 pixels in the figures of reports.
  package let camera: Camera
  /// The point that the views of the training set look at, scene units.
  package let target: SIMD3<Float>

  package init(model: Checkpoint, code: LatentCode, camera: Camera, target: SIMD3<Float>) {
    self.model = model
    self.code = code
    self.camera = camera
    self.target = target
  }

  /// The edge of a frame, pixels.
  package static let frameSize = 400

  /// What pictures are rendered with unless asked otherwise.
  private static let quality = RenderQuality.standard

  func renderer(threadCount: Int, measuresPhases: Bool = false) -> Renderer {
    Renderer(
      settings: RenderSettings(
        quality: Self.quality, near: model.configuration.near, threadCount: threadCount,
        measuresPhases: measuresPhases))
  }

  func grid(of field: CoordinateMLP, threadCount: Int) -> OccupancyGrid {
    OccupancyGrid(
      of: field, resolution: Self.quality.gridResolution, threadCount: threadCount)
  }
}
