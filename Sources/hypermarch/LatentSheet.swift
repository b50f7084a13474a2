import Checkpoints
import Files
import Imaging
import NeuralFields
import Sequences
import VolumeRendering

/// Small pictures of latents on one sheet.
struct LatentSheet {
  let model: Checkpoint
  let path: String
  let camera: Camera
  let threadCount: Int
  let isQuiet: Bool

  /// Checks all that can be checked before anything is rendered.
  ///
  /// - Returns: nil where no sheet is asked for.
  init?(
    _ options: SheetOptions, of model: Checkpoint, overwriting: Bool, threadCount: Int,
    isQuiet: Bool
  ) throws {
    guard let path = options.contactSheet else { return nil }
    self.model = model
    self.path = path
    self.threadCount = threadCount
    self.isQuiet = isQuiet
    camera = try options.camera(of: model)
    FileWriter.removeLeftovers(of: path)
    try CommandFailure.wrapping { try FileWriter.check(path, overwriting: overwriting) }
  }

  /// The memory that the sheet of so many latents takes, bytes: its pictures, the same made small, and the
  /// sheet of them.
  func memoryBytes(count: Int) -> Int {
    let renderer = Renderer(
      settings: RenderSettings(
        quality: .standard, near: model.configuration.near, threadCount: threadCount))
    return 3 * 12 * count * camera.width * camera.height + ModelMemory.fieldBytes(of: model)
      + RenderMemory.grownBytes(renderer, width: camera.width, height: camera.height)
      + RenderMemory.gridBytes(
        bound: model.configuration.bound, resolution: RenderQuality.preview.gridResolution)
  }

  /// Renders latents, row by row, and writes the sheet.
  ///
  /// - Parameter columns: in a row; nil for a sheet that is about square.
  func write(_ latents: [SceneLatent], columns: Int?, overwriting: Bool) throws {
    let renderer = Renderer(
      settings: RenderSettings(
        quality: .standard, near: model.configuration.near, threadCount: threadCount))
    var reporter = ProgressReporter(isQuiet: isQuiet)
    var nonFinitePixelCount = 0
    let pictures = latents.enumerated().map { index, latent in
      reporter.show("picture \(index + 1) of \(latents.count)")
      let field = model.field(for: latent, threadCount: threadCount)
      let grid = OccupancyGrid(
        of: field, resolution: RenderQuality.preview.gridResolution, threadCount: threadCount)
      let rendered = renderer.render(field, camera: camera, grid: grid)
      nonFinitePixelCount += rendered.statistics.nonFinitePixelCount
      return rendered.picture(over: [1, 1, 1])
    }
    try CommandFailure.check(
      nonFinitePixelCount: nonFinitePixelCount,
      of: camera.width * camera.height * pictures.count)
    let sheet = ContactSheet.sheet(of: pictures, columns: columns)
    try CommandFailure.wrapping {
      try PNGFile.write(
        sheet, to: path, text: [PNGTextEntry(keyword: "Software", text: Hypermarch.programName)],
        overwriting: overwriting)
    }
    reporter.finish("rendered \(ProgressReporter.count(pictures.count, "picture"))")
  }
}
