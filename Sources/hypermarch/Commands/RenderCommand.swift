import ArgumentParser
import Checkpoints
import Datasets
import Files
import Foundation
import Imaging
import Kernels
import NeuralFields
import VolumeRendering

/// Renders one picture of a model's scene, or of an analytic scene.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Render a scene to a PNG.",
    discussion: """
      EXAMPLES
        hypermarch render
        hypermarch render --scene kenney_taxi --azimuth 30 --depth -o taxi.png

      A scene is one of a model's, or a description of an analytic one (scenes/*.json). Cameras: \
      the model's own view; an orbit (--azimuth, --elevation, --distance, --target); --look-from \
      and --look-at; or a frame of a transforms.json (--cameras, --frame). The world's up is +z, \
      azimuth 0 is +x.

      Rows are written as they are rendered: memory does not grow with the picture's height, and \
      16384x16384 pixels take less than 512 MiB. With --seconds the whole picture is kept: 40 bytes \
      a pixel, at most 16777216 pixels; with --verify at most 4194304.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The scene, by name; the first by default.", valueName: "name"))
  var scene: String?

  @Option(help: ArgumentHelp("Pixels, up to 16384 each way.", valueName: "WxH"))
  var size: PictureSize?

  @OptionGroup(title: "Camera") var camera: CameraOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "white, black, grey, red, green, blue, #rrggbb or transparent.", valueName: "colour"))
  var background = BackgroundArgument.colour([1, 1, 1])

  @Flag(help: "Also write the expected depth, 16 bits, as FILE-depth.png.")
  var depth = false

  @Flag(help: "Also write surface normals as FILE-normals.png.")
  var normals = false

  @Flag(help: "Also write opacity as FILE-opacity.png.")
  var opacity = false

  @OptionGroup(title: "Quality") var quality: QualityOptions

  @Option(
    help: ArgumentHelp("Draw each sample's place in its interval; else the middle.", valueName: "n")
  )
  var seed: UInt64?

  @Option(help: ArgumentHelp("Edge of a tile, pixels; changes no pixel.", valueName: "n"))
  var tile = RenderSettings.defaultTileSize

  @Option(
    help: ArgumentHelp(
      "Take about this long; what is not done by then is filled from a coarser picture.",
      valueName: "s"))
  var seconds: Double?

  @Flag(help: "Also march without skipping empty space, and say what skipping lost.")
  var verify = false

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Print what was done as JSON.")
  var json = false

  func validate() throws {
    try size?.validate()
    guard (1...1024).contains(tile) else {
      throw ValidationError("--tile: found \(tile), expected 1…1024")
    }
    if let seconds, !(seconds > 0 && seconds <= 1e6) {
      throw ValidationError("--seconds: found \(seconds), expected more than 0 to 1000000")
    }
    if verify && seconds != nil {
      throw ValidationError("--verify: found it beside --seconds, expected one of them")
    }
  }

  func run() throws {
    let start = ContinuousClock.now
    try quality.checkPrecision()
    let subject = try RenderSubject(
      path: model.path, scene: scene, threadCount: threads.count)
    let view = try camera.camera(size: size, base: subject.camera, baseTarget: subject.target)
    try checkPixelCount(of: view)
    let files = try RenderedFiles(contents, output: output, sceneName: subject.name)
    let (field, grid) = subject.prepare(quality.cellsPerEdge, quality.fieldPrecision)
    let prepared = ContinuousClock.now
    let rendering = Rendering(
      field: field, grid: grid, camera: view,
      renderer: Renderer(
        settings: RenderSettings(
          samplesPerDiagonal: quality.samplesPerDiagonal,
          terminationThreshold: quality.terminationThreshold, near: subject.near, jitterSeed: seed,
          tileSize: tile, threadCount: threads.count, makesNormals: normals)))
    let streams = try RenderedStreams(files, camera: view, bound: field.bound)
    let outcome = try ProgressReporter.waiting(
      for: "rendering \(view.width)×\(view.height) pixels"
    ) {
      try rendering.write(to: streams, by: seconds.map { start + .seconds($0) })
    }
    let written = ContinuousClock.now
    let verification = verify ? rendering.verification : nil
    let pixelCount = view.width * view.height
    let report = Report(
      files: files.paths, scene: subject.name, width: view.width, height: view.height,
      preparationSeconds: (prepared - start).inSeconds,
      renderSeconds: outcome.marching.inSeconds,
      writingSeconds: (written - prepared - outcome.marching).inSeconds,
      fieldEvaluations: outcome.statistics.sampleCount,
      raysMarched: outcome.statistics.marchedRayCount, occupiedShare: grid.occupiedShare,
      nonFinitePixels: outcome.statistics.nonFinitePixelCount,
      finalShare: Double(outcome.finalPixelCount) / Double(pixelCount),
      verification: verification)
    let lines = files.paths + (verification.map { [$0.text] } ?? [])
    Terminal.result(json ? Terminal.json(report) : lines.joined(separator: "\n"))
    if outcome.finalPixelCount < pixelCount {
      Terminal.error(
        String(format: "time is up: %.1f %% of the pixels are final", 100 * report.finalShare))
    }
    try CommandFailure.check(
      nonFinitePixelCount: outcome.statistics.nonFinitePixelCount, of: pixelCount)
  }

  /// Refuses pictures that are too large to be kept in memory, where they have to be.
  private func checkPixelCount(of view: Camera) throws {
    for (option, isUsed, limit) in [
      ("--seconds", seconds != nil, 1 << 24), ("--verify", verify, 1 << 22),
    ] where isUsed && view.width * view.height > limit {
      throw ValidationError(
        "\(option): found \(view.width)x\(view.height) pixels, expected at most \(limit) in all, "
          + "because they are kept in memory")
    }
  }

  private var contents: [RenderedFiles.Content] {
    [.picture(background)] + (depth ? [.depth] : []) + (normals ? [.normals] : [])
      + (opacity ? [.opacity] : [])
  }

  /// What `--json` prints.
  private struct Report: Encodable {
    var schema = 1
    let files: [String]
    let scene: String
    let width: Int
    let height: Int
    /// Reading, one hypernetwork pass and the occupancy grid.
    let preparationSeconds: Double
    let renderSeconds: Double
    /// Making pictures of what was rendered, compressing them and bringing them to the disk.
    let writingSeconds: Double
    let fieldEvaluations: Int
    let raysMarched: Int
    let occupiedShare: Float
    let nonFinitePixels: Int
    /// Of the pixels; the rest is filled from a coarser picture.
    let finalShare: Double
    /// Only with `--verify`.
    let verification: SkippingReport?
  }
}
