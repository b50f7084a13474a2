import Checkpoints
import Datasets
import Imaging
import NeuralFields
import Sequences
import VolumeRendering

/// What adding scenes has done, in one picture: of some old scenes a row before, a row after and a row of
/// their differences; of some new ones a row of pictures and a row of renderings.
///
/// Old scenes are shown in the model's default view, and new ones as the data set's view shows them that is
/// nearest to it; where none is near, in the default view, without a picture.
struct AdditionPicture {
  let image: Image

  /// The edge of a cell, pixels.
  private static let cell = 128
  private static let columns = 6
  /// What differences are multiplied by.
  private static let gain: Float = 4

  init(before: Checkpoint, after: Checkpoint, scenes: [SceneDataset], threadCount: Int) {
    let renderer = Renderer(
      settings: RenderSettings(
        quality: .standard, near: after.configuration.near, threadCount: threadCount))
    func rendering(_ model: Checkpoint, _ code: LatentCode, _ camera: Camera) -> Image {
      let field = model.field(for: code, threadCount: threadCount)
      let grid = OccupancyGrid(of: field, threadCount: threadCount)
      return renderer.render(field, camera: camera, grid: grid).picture(over: [1, 1, 1])
    }
    let empty = Image(width: Self.cell, height: Self.cell, channelCount: 3, repeating: 1)
    func filled(_ row: [Image]) -> [Image] {
      row + [Image](repeating: empty, count: Self.columns - row.count)
    }
    let view = before.configuration.defaultView.camera.resized(
      width: Self.cell, height: Self.cell)
    let (scenesBefore, scenesAfter) = (
      LibraryScene.scenes(of: before), LibraryScene.scenes(of: after)
    )
    let old = Self.spread(scenesBefore.count)
    let first = old.map { rendering(before, scenesBefore[$0].moments[0].code, view) }
    let second = old.map { rendering(after, scenesAfter[$0].moments[0].code, view) }
    let differences = zip(first, second).map { first, second in
      var result = first
      for index in result.samples.indices {
        result.samples[index] =
          1 - min(1, Self.gain * abs(first.samples[index] - second.samples[index]))
      }
      return result
    }
    let new = Self.spread(scenes.count).map { scenes[$0] }
    let target = before.configuration.defaultView.target
    let views = new.map {
      Self.view(nearestTo: view, about: target, of: $0.allViews)
    }
    let pictures = views.map {
      $0?.image.composited(over: [1, 1, 1]).inCell(Self.cell) ?? empty
    }
    let renderings = zip(new, views).map { scene, near in
      after.latents[scene.name].map { code in
        guard let view = near else { return rendering(after, code, view) }
        let scale = Float(Self.cell) / Float(max(view.width, view.height))
        let camera = view.camera.resized(
          width: max(1, Int(Float(view.width) * scale)),
          height: max(1, Int(Float(view.height) * scale)))
        return rendering(after, code, camera).inCell(Self.cell)
      } ?? empty
    }
    image = ContactSheet.sheet(
      of: [first, second, differences, pictures, renderings].flatMap(filled),
      columns: Self.columns)
  }

  /// The cosine of the angle within which a view shows a scene much as another does.
  private static let nearCosine: Float = 0.85

  /// The view from the direction that is nearest to a camera's; nil where none is near.
  private static func view(
    nearestTo camera: Camera, about target: SIMD3<Float>, of views: [PosedImage]
  ) -> PosedImage? {
    let direction = (camera.position - target).normalised
    func cosine(_ view: PosedImage) -> Float {
      (view.camera.position - target).normalised.dot(direction)
    }
    return views.max { cosine($0) < cosine($1) }.flatMap { cosine($0) > nearCosine ? $0 : nil }
  }

  /// Up to a row's numbers below a limit, evenly spread.
  private static func spread(_ limit: Int) -> [Int] {
    let count = min(columns, limit)
    return (0..<count).map { $0 * limit / count }
  }
}

extension Image {
  /// The picture in a square, as large as it fits, every pixel that of the nearest of its own.
  fileprivate func inCell(_ edge: Int) -> Image {
    let longest = max(width, height)
    var result = Image(width: edge, height: edge, channelCount: channelCount, repeating: 1)
    for row in 0..<min(edge, height * edge / longest) {
      for column in 0..<min(edge, width * edge / longest) {
        for channel in 0..<channelCount {
          result[column: column, row: row, channel: channel] =
            self[column: column * longest / edge, row: row * longest / edge, channel: channel]
        }
      }
    }
    return result
  }
}
