import ArgumentParser
import Checkpoints
import Fitting
import Foundation
import Imaging
import NeuralFields
import VolumeRendering

/// Finds the scenes of a model that look most like a picture.
struct LatentsNearestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nearest",
    abstract: "Find the stored scenes that look most like a picture.",
    discussion: """
      EXAMPLES
        hypermarch latents nearest cars.safetensors toy.png
        hypermarch latents nearest cars.safetensors toy.png --azimuth 30 --count 1

      The picture is a PNG with alpha or on a plain background, seen by the given camera, or by the \
      model's own view; fit finds cameras that are not known. Scenes are ranked by the error of the \
      same random rays of each.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("A picture of one object.", valueName: "picture"))
  var picture: String

  @Option(help: ArgumentHelp("How many scenes to name; else 5, or all.", valueName: "n"))
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "The colour behind the object; by default alpha, or the colour of the border.",
      valueName: "colour"))
  var background: BackgroundArgument?

  @Option(
    help: ArgumentHelp("A PNG, bright or opaque where the object is.", valueName: "file"))
  var mask: String?

  @OptionGroup(title: "Camera") var camera: CameraOptions

  @Flag(help: "Rank variants of scenes too.")
  var all = false

  @OptionGroup var threads: ThreadOptions

  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  /// Rays that scenes are compared by.
  private static let rayCount = 2048

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count: found \(count), expected 1 or more") }
    if background == .transparent {
      throw ValidationError("--background: found transparent, expected a colour")
    }
    if background != nil && mask != nil {
      throw ValidationError("--mask: found it beside --background, expected one of them")
    }
  }

  func run() throws {
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model)
    let checkpoint = try CommandFailure.wrapping { try Checkpoint.read(model) }
    budget.keepModel(checkpoint)
    budget.keep(FitMemory.modelBytes(checkpoint), for: "the prior")
    budget.keepFitPictures([picture] + [mask].compactMap(\.self))
    try budget.state(advice: "a smaller model", isQuiet: quiet)
    let latents = checkpoint.latents
    let rows = all ? Array(latents.names.indices) : latents.ownRows
    if let count, count > rows.count {
      throw CommandFailure(
        "--count: found \(count), expected 1…\(rows.count), the scenes to rank", .usage)
    }
    let read = try FitInput.read(picture)
    let shown = FitPicture(
      read.image, background: try FitInput.background(of: read, background, mask: mask))
    let view = checkpoint.configuration.defaultView
    let camera = try camera.camera(
      size: PictureSize(width: read.fileWidth, height: read.fileHeight), base: view.camera,
      baseTarget: view.target
    ).resized(width: shown.width, height: shown.height)
    let ranked = try ProgressReporter.waiting(
      for: "comparing \(ProgressReporter.count(rows.count, "scene"))", isQuiet: quiet
    ) {
      let fitModel = FitModel(checkpoint, threadCount: threads.count)
      try FitInput.check(shown, camera: camera, path: picture, model: fitModel)
      var settings = FitSettings()
      // Which scene the picture shows, not which it might show from the other side.
      settings.mirrorShare = 0
      var fitter = Fitter(fitModel, settings: settings, threadCount: threads.count)
      let rays = fitter.rays(of: fitter.reduced([(picture: shown, camera: camera)]))
      let losses = fitter.losses(of: rows, for: rays, rayCount: Self.rayCount)
      return zip(rows, losses).filter(\.1.isFinite).sorted { ($0.1, $0.0) < ($1.1, $1.0) }
    }
    guard !ranked.isEmpty else {
      throw CommandFailure(
        "\(model): found no scene whose renderings are finite numbers, expected some",
        .numericFailure)
    }
    let report = Report(
      picture: picture, rayCount: Self.rayCount, rankedCount: rows.count,
      nearest: ranked.prefix(count ?? 5).map { row, loss in
        Scene(scene: latents.names[row], psnr: min(100, -10 * log10(loss)))
      })
    try Terminal.result(json ? Terminal.json(report) : report.text)
  }

  private struct Scene: Encodable {
    let scene: String
    /// Of the rays, dB, 100 at most.
    let psnr: Double
  }

  private struct Report: Encodable {
    var schema = 1
    let picture: String
    let rayCount: Int
    /// Scenes that were compared.
    let rankedCount: Int
    let nearest: [Scene]

    var text: String {
      let names = LatentSurvey.padded(nearest.map(\.scene))
      return zip(names, nearest).map { $0 + String(format: "  %6.2f dB", $1.psnr) }
        .joined(separator: "\n")
    }
  }
}
