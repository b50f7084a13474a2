import ArgumentParser
import Checkpoints
import Datasets
import Files
import Foundation
import Imaging
import Kernels
import NeuralFields
import Sequences
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

      A scene is one of a model's, a latent file (*.latent.safetensors), mean, or a sum with \
      weights such as 'a*0.3 + b*0.7'; or the model is a description of an analytic scene \
      (scenes/*.json). --time is the moment of a scene that moves. Cameras: \
      the model's own view; an orbit (--azimuth, --elevation, --distance, --target); --look-from \
      and --look-at; or a frame of a transforms.json (--cameras, --frame). The world's up is +z, \
      azimuth 0 is +x.

      A picture carries its settings as the text "hypermarch": --from makes it again, byte for byte, \
      and info shows them.

      Rows are written as they are rendered: memory does not grow with the picture's height, and \
      16384x16384 pixels take less than 512 MiB. With --seconds the whole picture is kept: 40 bytes \
      a pixel, at most 16777216 pixels; with --verify at most 4194304.
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The scene, a latent file or a mix; else the first.", valueName: "scene"))
  var scene: String?

  @OptionGroup var moment: TimeOptions

  @Option(help: ArgumentHelp("Make a picture again that hypermarch made.", valueName: "picture"))
  var from: String?

  @Option(help: ArgumentHelp("Pixels, up to 16384 each way.", valueName: "WxH"))
  var size: PictureSize?

  @OptionGroup(title: "Camera") var camera: CameraOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "white, the default, black, grey, red, green, blue, #rrggbb or transparent.",
      valueName: "colour"))
  var background: BackgroundArgument?

  @Flag(help: "Also write the expected depth, 16 bits, as FILE-depth.png.")
  var depth = false

  @Flag(help: "Also write surface normals as FILE-normals.png.")
  var normals = false

  @Flag(help: "Also write opacity as FILE-opacity.png.")
  var opacity = false

  @OptionGroup(title: "Uncertainty") var uncertainty: UncertaintyOptions
  @OptionGroup(title: "Quality") var quality: QualityOptions
  @OptionGroup(title: "Quality") var width: WidthOptions

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

  @Flag(name: .customLong("no-metadata"), help: "Leave the settings out of the files.")
  var leavesOutSettings = false

  @Flag(help: "Also march without skipping empty space, and say what skipping lost.")
  var verify = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

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
    try uncertainty.check(against: [
      ("--from", from != nil), ("--depth", depth), ("--normals", normals), ("--opacity", opacity),
      ("--seconds", seconds != nil), ("--verify", verify),
      ("--background transparent", background == .transparent),
    ])
    let asksForNothing =
      scene == nil && moment.isDefault && size == nil && camera.isDefault && background == nil
      && quality.isDefault && width.width == nil
      && seed == nil && seconds == nil && !depth && !normals && !opacity
    if from != nil && !asksForNothing {
      throw ValidationError(
        "--from: found it beside options that change the picture, expected none of them")
    }
  }

  func run() throws {
    let start = ContinuousClock.now
    var budget = MemoryBudget(memory, threadCount: threads.count)
    if uncertainty.uncertainty { return try renderUncertainty(start, &budget) }
    let job = try job(&budget)
    let (subject, view) = (job.subject, job.request.camera)
    try job.request.precision.checkAvailable()
    try checkPixelCount(of: view)
    let files = try RenderedFiles(job.contents, output: output, sceneName: subject.name)
    let renderer = Renderer(
      settings: job.request.renderSettings(
        near: subject.near, tileSize: tile, threadCount: threads.count,
        makesNormals: job.contents.contains(.normals)))
    try state(&budget, job: job, renderer: renderer)
    let rendering = Rendering(
      camera: view, renderer: renderer, prepare: prepare(job, width: job.request.fieldWidth),
      prepareNarrow: job.previewWidth.map { prepare(job, width: $0) })
    let read = ContinuousClock.now
    let outcome = try ProgressReporter.waiting(
      for: "rendering \(view.width)×\(view.height) pixels"
    ) {
      try rendering.write(fileCount: files.paths.count, by: seconds.map { start + .seconds($0) }) {
        isFinal in
        try RenderedStreams(files, camera: view, bound: subject.bound) { content in
          // What is filled from a coarser picture depends on the clock, and can not be made again.
          leavesOutSettings || !isFinal
            ? nil
            : job.request.settings(
              of: job.model, mix: subject.mix, library: subject.library, content: content,
              time: subject.time)
        }
      }
    }
    let written = ContinuousClock.now
    let verification = verify ? rendering.verification(of: outcome.subject) : nil
    let pixelCount = view.width * view.height
    let report = Report(
      files: files.paths, scene: subject.name, width: view.width, height: view.height,
      preparationSeconds: (read - start + outcome.preparing).inSeconds,
      renderSeconds: outcome.marching.inSeconds,
      writingSeconds: (written - read - outcome.preparing - outcome.marching).inSeconds,
      fieldEvaluations: outcome.statistics.sampleCount,
      raysMarched: outcome.statistics.marchedRayCount,
      occupiedShare: outcome.subject.grid.occupiedShare,
      nonFinitePixels: outcome.statistics.nonFinitePixelCount,
      memoryBytes: budget.size.byteCount,
      finalShare: Double(outcome.finalPixelCount) / Double(pixelCount),
      verification: verification)
    let lines = files.paths + (verification.map { [$0.text] } ?? [])
    try Terminal.result(json ? Terminal.json(report) : lines.joined(separator: "\n"))
    if outcome.finalPixelCount < pixelCount {
      Terminal.error(
        String(format: "time is up: %.1f %% of the pixels are final", 100 * report.finalShare))
    }
    try CommandFailure.check(
      nonFinitePixelCount: outcome.statistics.nonFinitePixelCount, of: pixelCount)
  }

  /// Renders what the draws of a latent's posterior show.
  private func renderUncertainty(
    _ start: ContinuousClock.Instant, _ budget: inout MemoryBudget
  ) throws {
    try quality.checkPrecision()
    try model.check()
    try budget.readModel(model.path)
    let subject = try UncertaintySubject(path: model.path, scene: scene, budget: &budget)
    budget.keepModel(subject.model, fieldCount: 2)
    let (base, target) = (subject.camera, subject.target)
    let view = try camera.camera(size: size, base: base, baseTarget: target)
    var request = RenderRequest(camera: view, quality: quality, seed: seed)
    request.fieldWidth = try width.fieldWidth(
      among: subject.model.configuration.widths, of: model.path)
    let rendering = try UncertaintyRendering(
      subject, request: request, options: uncertainty, output: output,
      background: background ?? .colour([1, 1, 1]), tileSize: tile, threadCount: threads.count)
    budget.keep(
      RenderMemory.gridBytes(
        bound: subject.model.configuration.bound, resolution: request.cellsPerEdge),
      for: "the occupancy grid")
    budget.pass(rendering.memoryByteCount, for: "\(view.width)×\(view.height) pixels")
    try budget.state(advice: "a smaller --size or fewer --completions")
    var report = try ProgressReporter.waiting(
      for: "rendering \(view.width)×\(view.height) pixels of "
        + ProgressReporter.count(subject.posterior.codes.count, "scene")
    ) { try rendering.run(overwriting: output.overwrite) }
    report.seconds = (ContinuousClock.now - start).inSeconds
    try Terminal.result(json ? Terminal.json(report) : report.files.joined(separator: "\n"))
    try CommandFailure.check(
      nonFinitePixelCount: report.nonFinitePixels,
      of: view.width * view.height * subject.posterior.codes.count)
  }

  /// What to render, and how.
  private struct Job {
    let subject: RenderSubject
    /// What files call the model.
    let model: PictureSettings.Model
    let request: RenderRequest
    let contents: [RenderedFiles.Content]
    /// Of the field that a picture against the clock begins with; nil where there is no narrower one.
    var previewWidth: Int?
  }

  private func prepare(_ job: Job, width: Int?) -> () -> Rendering.Subject {
    { [threadCount = threads.count] in
      job.subject.prepare(width, job.request.cellsPerEdge, job.request.precision, threadCount)
    }
  }

  private func job(_ budget: inout MemoryBudget) throws -> Job {
    if let from {
      var picture = budget
      try picture.keepChunks(of: from)
      let settings = try PictureSettings(ofPicture: from)
      let path = model.model ?? settings.model.path
      try budget.readModel(path)
      let subject = try RenderSubject(
        of: settings, picture: from, path: path, budget: &budget)
      try WidthOptions.check(
        settings.fieldWidth, among: subject.widths, of: path, picture: from)
      return Job(
        subject: subject, model: settings.model, request: RenderRequest(settings),
        contents: [RenderedFiles.Content(settings)])
    }
    try model.check()
    try budget.readModel(model.path)
    let subject = try RenderSubject(
      path: model.path, scene: scene, time: moment.moment, budget: &budget)
    let view = try camera.camera(size: size, base: subject.camera, baseTarget: subject.target)
    var request = RenderRequest(camera: view, quality: quality, seed: seed)
    request.fieldWidth = try width.fieldWidth(among: subject.widths, of: model.path)
    let narrower = subject.widths.first { $0 < request.fieldWidth ?? subject.widths.last ?? 0 }
    return Job(
      subject: subject, model: subject.model, request: request, contents: contents,
      previewWidth: seconds == nil ? nil : narrower)
  }

  /// States what memory the picture needs, or refuses it.
  private func state(_ budget: inout MemoryBudget, job: Job, renderer: Renderer) throws {
    let (width, height) = (job.request.camera.width, job.request.camera.height)
    budget.keep(job.subject.memoryByteCount, for: "the model")
    budget.keep(
      (job.previewWidth == nil ? 1 : 2)
        * RenderMemory.gridBytes(bound: job.subject.bound, resolution: job.request.cellsPerEdge),
      for: "the occupancy grid")
    budget.pass(
      seconds == nil
        ? RenderMemory.streamedBytes(renderer, width: width, height: height)
        : RenderMemory.wholeBytes(renderer, width: width, height: height),
      for: "\(width)×\(height) pixels")
    if verify {
      budget.pass(
        RenderMemory.verificationBytes(width: width, height: height), for: "the verification")
    }
    try budget.state(advice: "a smaller --size or --grid-resolution, or fewer --threads")
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
    [.picture(background ?? .colour([1, 1, 1]))] + (depth ? [.depth] : [])
      + (normals ? [.normals] : [])
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
    /// What the command was expected to need at its peak.
    let memoryBytes: Int
    /// Of the pixels; the rest is filled from a coarser picture.
    let finalShare: Double
    /// Only with `--verify`.
    let verification: SkippingReport?
  }
}
