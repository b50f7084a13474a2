import Checkpoints
import Fitting
import Foundation
import Imaging
import NeuralFields
import VolumeRendering

/// A fit in one picture: of each input a row of it, the fitted view, their difference and the depth, and
/// below them new views all around.
struct FitReportPicture {
  let image: Image

  /// The edge of a cell, and the white between cells, pixels.
  private static let cell = 128
  private static let gap = 4
  /// Inputs that are shown, at most, and new views.
  private static let mostInputs = 8
  private static let newViewCount = 8
  private static let columns = 4

  /// An input, and the scene that it should show.
  struct Input {
    let picture: FitPicture
    let camera: Camera
    let latent: SceneLatent
  }

  init(_ result: FitResult, model: FitModel, threadCount: Int) {
    self.init(
      result.views.map { Input(picture: $0.picture, camera: $0.camera, latent: result.latent) },
      model: model, threadCount: threadCount
    ) { _ in result.latent }
  }

  /// - Parameter latent: what a new view shows, by its share of the way around.
  init(
    _ inputs: [Input], model: FitModel, threadCount: Int, latent: (Double) -> SceneLatent
  ) {
    var scene: (latent: SceneLatent, field: CoordinateMLP, grid: OccupancyGrid)?
    func prepared(_ latent: SceneLatent) -> (field: CoordinateMLP, grid: OccupancyGrid) {
      if let scene, scene.latent == latent { return (scene.field, scene.grid) }
      let field = model.checkpoint.field(for: latent, threadCount: threadCount)
      let grid = OccupancyGrid(of: field, threadCount: threadCount)
      scene = (latent, field, grid)
      return (field, grid)
    }
    let renderer = Renderer(
      settings: RenderSettings(quality: .standard, near: model.near, threadCount: threadCount))
    var cells: [Image] = []
    for index in FitModel.spread(over: inputs.count, count: Self.mostInputs) {
      let (picture, camera) = (inputs[index].picture, inputs[index].camera)
      let (field, grid) = prepared(inputs[index].latent)
      let scale = Float(Self.cell) / Float(max(picture.width, picture.height))
      let view = camera.resized(
        width: max(1, Int(Float(picture.width) * scale)),
        height: max(1, Int(Float(picture.height) * scale)))
      let behind = picture.background ?? [1, 1, 1]
      let seen = picture.image(over: behind).stretched(width: view.width, height: view.height)
      let rendered = renderer.render(field, camera: view, grid: grid)
      let shown = rendered.picture(over: behind)
      cells += [seen, shown, Self.difference(seen, shown), Self.depth(rendered)]
    }
    let view = model.checkpoint.configuration.defaultView
    let distance = (view.camera.position - view.target).length
    for index in 0..<Self.newViewCount {
      let camera = Camera(
        orbitAzimuth: 2 * .pi * Float(index) / Float(Self.newViewCount) - .pi / 3,
        elevation: .pi / 8,
        distance: distance, target: view.target,
        horizontalFieldOfView: view.fieldOfView * .pi / 180, width: Self.cell, height: Self.cell)
      let (field, grid) = prepared(latent(Double(index) / Double(Self.newViewCount)))
      cells.append(renderer.render(field, camera: camera, grid: grid).picture(over: [1, 1, 1]))
    }
    image = Self.sheet(cells)
  }

  /// |a − b|, twice as strong.
  private static func difference(_ first: Image, _ second: Image) -> Image {
    var result = first
    for index in result.samples.indices {
      result.samples[index] = min(1, 2 * abs(first.samples[index] - second.samples[index]))
    }
    return result
  }

  /// Near is bright, far is dark, and white is nothing.
  private static func depth(_ rendered: RenderedImage) -> Image {
    let seen = rendered.depth.indices.filter {
      rendered.opacity[$0] >= RenderedImage.surfaceOpacity
    }
    let near = seen.map { rendered.depth[$0] }.min() ?? 0
    let far = seen.map { rendered.depth[$0] }.max() ?? 1
    var result = Image(
      width: rendered.width, height: rendered.height, channelCount: 3, repeating: 1)
    for pixel in seen {
      let share = (rendered.depth[pixel] - near) / max(far - near, 1e-6)
      for channel in 0..<3 { result.samples[pixel * 3 + channel] = 0.9 - 0.8 * share }
    }
    return result
  }

  /// The cells row by row, each in the middle of its place.
  private static func sheet(_ cells: [Image]) -> Image {
    let step = cell + gap
    var sheet = Image(
      width: columns * step + gap, height: (cells.count + columns - 1) / columns * step + gap,
      channelCount: 3, repeating: 1)
    for (index, image) in cells.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let left = gap + column * step + (cell - image.width) / 2
      let top = gap + row * step + (cell - image.height) / 2
      for y in 0..<image.height {
        for x in 0..<image.width {
          for channel in 0..<3 {
            sheet[column: left + x, row: top + y, channel: channel] =
              image[column: x, row: y, channel: channel]
          }
        }
      }
    }
    return sheet
  }
}

extension Image {
  /// The picture in another size, every pixel that of the nearest old one.
  fileprivate func stretched(width newWidth: Int, height newHeight: Int) -> Image {
    var result = Image(width: newWidth, height: newHeight, channelCount: channelCount)
    for row in 0..<newHeight {
      for column in 0..<newWidth {
        for channel in 0..<channelCount {
          result[column: column, row: row, channel: channel] =
            self[column: column * width / newWidth, row: row * height / newHeight, channel: channel]
        }
      }
    }
    return result
  }
}
