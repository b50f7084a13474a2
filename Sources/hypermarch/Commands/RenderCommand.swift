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

  @Option(
    help: ArgumentHelp("Intervals along the diagonal of the scene's bound.", valueName: "n"))
  var samples = 384

  @Option(help: ArgumentHelp("A ray ends when less light than this passes.", valueName: "share"))
  var termination: Float = 1e-3

  @Option(help: ArgumentHelp("Cells of the occupancy grid along an edge.", valueName: "n"))
  var gridResolution = OccupancyGrid.defaultResolution

  @Option(
    help: ArgumentHelp("Draw each sample's place in its interval; else the middle.", valueName: "n")
  )
  var seed: UInt64?

  @Option(help: ArgumentHelp("Edge of a tile, pixels; changes no pixel.", valueName: "n"))
  var tile = 32

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Print what was done as JSON.")
  var json = false

  func validate() throws {
    try size?.validate()
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard range.contains(value) else {
        throw ValidationError(
          "--\(name): found \(value), expected \(range.lowerBound)…\(range.upperBound)")
      }
    }
    try check("samples", samples, 1...65_536)
    try check("grid-resolution", gridResolution, 1...512)
    try check("tile", tile, 1...1024)
    guard (0..<1).contains(termination) else {
      throw ValidationError("--termination: found \(termination), expected 0 to below 1")
    }
  }

  func run() throws {
    let subject = try RenderSubject(
      path: model.path, scene: scene, threadCount: threads.count)
    let view = try camera.camera(size: size, base: subject.camera, baseTarget: subject.target)
    let files = try OutputFiles(command: self, sceneName: subject.name)

    let start = ContinuousClock.now
    let (field, grid) = subject.prepare(gridResolution)
    let prepared = ContinuousClock.now
    let renderer = Renderer(
      settings: RenderSettings(
        samplesPerDiagonal: samples, terminationThreshold: termination, near: subject.near,
        jitterSeed: seed, tileSize: tile, threadCount: threads.count, makesNormals: normals))
    let image = ProgressReporter.waiting(for: "rendering \(view.width)×\(view.height) pixels") {
      renderer.render(field, camera: view, grid: grid)
    }
    let rendered = ContinuousClock.now

    try files.write(image, background: background)
    let report = Report(
      files: files.paths, scene: subject.name, width: view.width, height: view.height,
      preparationSeconds: (prepared - start).inSeconds,
      renderSeconds: (rendered - prepared).inSeconds,
      fieldEvaluations: image.statistics.sampleCount,
      raysMarched: image.statistics.marchedRayCount, occupiedShare: grid.occupiedShare)
    Terminal.result(json ? Terminal.json(report) : files.paths.joined(separator: "\n"))
    let badShare =
      Double(image.statistics.nonFinitePixelCount) / Double(view.width * view.height)
    if badShare > 0 {
      Terminal.error(
        "warning: \(image.statistics.nonFinitePixelCount) pixels were not finite, shown as empty")
    }
    if badShare > 0.001 {
      throw CommandFailure("more than 0.1 % of the pixels were not finite", .numericFailure)
    }
  }

  /// What `--json` prints.
  private struct Report: Encodable {
    var schema = 1
    let files: [String]
    let scene: String
    let width: Int
    let height: Int
    /// One hypernetwork pass and the occupancy grid.
    let preparationSeconds: Double
    let renderSeconds: Double
    let fieldEvaluations: Int
    let raysMarched: Int
    let occupiedShare: Float
  }
}

/// The files of one rendering: the picture and what was asked for beside it.
private struct OutputFiles {
  let picture: String
  let depth: String?
  let normals: String?
  let opacity: String?
  let overwriting: Bool

  var paths: [String] { [picture] + [depth, normals, opacity].compactMap(\.self) }

  /// Chooses names, and checks that all of them can be written before any work is done.
  init(command: RenderCommand, sceneName: String) throws {
    overwriting = command.output.overwrite
    func beside(_ picture: String, _ suffix: String) -> String {
      let stem = picture.hasSuffix(".png") ? String(picture.dropLast(4)) : picture
      return "\(stem)-\(suffix).png"
    }
    if let output = command.output.output {
      picture = output
    } else {
      try CommandFailure.wrapping { try FileWriter.createFolder("renders") }
      // Without a name of the user's own, the first free one is taken: nothing is in the way.
      let names = (1...).lazy.map { $0 == 1 ? sceneName : "\(sceneName)-\($0)" }
      let isFree = { (name: String) in
        command.output.overwrite
          || !FileManager.default.fileExists(atPath: "renders/\(name).png")
      }
      picture = "renders/\(names.first(where: isFree) ?? sceneName).png"
    }
    depth = command.depth ? beside(picture, "depth") : nil
    normals = command.normals ? beside(picture, "normals") : nil
    opacity = command.opacity ? beside(picture, "opacity") : nil
    for path in paths {
      try CommandFailure.wrapping { try FileWriter.check(path, overwriting: overwriting) }
      FileWriter.removeLeftovers(of: path)
    }
  }

  func write(_ image: RenderedImage, background: BackgroundArgument) throws {
    let software = PNGTextEntry(keyword: "Software", text: Hypermarch.programName)
    func write(
      _ picture: Image, to path: String?, bitDepth: Int = 8, text: [PNGTextEntry] = []
    ) throws {
      guard let path else { return }
      try CommandFailure.wrapping {
        try PNGFile.write(
          picture, to: path, bitDepth: bitDepth, text: [software] + text, overwriting: overwriting)
      }
    }
    switch background {
    case .transparent: try write(image.transparentPicture, to: picture)
    case .colour(let colour): try write(image.picture(over: colour), to: picture)
    }
    let scale = image.depthScale
    let scaleText = scale < 1 ? "\(scale)" : "\(Int(scale))"
    try write(
      image.depthPicture(scale: scale), to: depth, bitDepth: 16,
      text: [PNGTextEntry(keyword: "depth_scale", text: scaleText)])
    if normals != nil { try write(image.normalPicture, to: normals) }
    try write(image.opacityPicture, to: opacity)
  }
}

extension Duration {
  /// The duration as a number of seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
