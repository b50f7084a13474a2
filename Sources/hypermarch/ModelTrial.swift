import Checkpoints
import Datasets
import Fitting
import Foundation
import NeuralFields
import Training
import VolumeRendering

/// Compares what a model shows of codes with pictures: its own, another model's or a data set's.
struct ModelTrial {
  let model: Checkpoint
  let threadCount: Int

  /// The cells of occupancy grids, and the edge of the model's own pictures, pixels.
  static let gridResolution = RenderQuality.preview.gridResolution
  static let side = 64
  /// Views of each scene that the model itself renders.
  static let ownViewCount = 4

  private var renderer: Renderer {
    Renderer(
      settings: RenderSettings(
        quality: .standard, near: model.configuration.near, threadCount: threadCount))
  }

  private func field(of code: LatentCode) -> (CoordinateMLP, OccupancyGrid) {
    let field = model.field(for: code, threadCount: threadCount)
    return (
      field,
      OccupancyGrid(of: field, resolution: Self.gridResolution, threadCount: threadCount)
    )
  }

  /// What the model shows of a code from all around, over white, and the share of these pictures that the
  /// scene covers.
  func ownViews(of code: LatentCode) -> (views: [PosedImage], coverage: Double) {
    let (field, grid) = field(of: code)
    let view = model.configuration.defaultView
    let distance = (view.camera.position - view.target).length
    var coverage = 0.0
    let views = (0..<Self.ownViewCount).map { index in
      let camera = Camera(
        orbitAzimuth: 2 * .pi * Float(index) / Float(Self.ownViewCount) - .pi / 3,
        elevation: .pi / 8, distance: distance, target: view.target,
        horizontalFieldOfView: view.fieldOfView * .pi / 180, width: Self.side, height: Self.side)
      let rendered = renderer.render(field, camera: camera, grid: grid)
      coverage += rendered.opacity.reduce(0) { $0 + Double($1) } / Double(Self.side * Self.side)
      return PosedImage(
        image: rendered.picture(over: [1, 1, 1]), camera: camera, name: "\(index)")
    }
    return (views, coverage / Double(Self.ownViewCount))
  }

  /// The mean PSNR of a scene's renderings beside pictures, each at its own time, dB.
  func psnr(of scene: LibraryScene, beside views: [PosedImage]) -> Double {
    let sum = scene.viewsByCode(views, of: model).reduce(0) { sum, part in
      sum + Double(part.views.count) * psnr(of: part.code, beside: part.views)
    }
    return sum / Double(max(views.count, 1))
  }

  /// The mean PSNR of a code's renderings beside pictures, dB.
  func psnr(of code: LatentCode, beside views: [PosedImage]) -> Double {
    let (field, grid) = field(of: code)
    return Evaluation(of: field, grid: grid, views: views, renderer: renderer).psnr
  }
}
