import ArgumentParser
import Checkpoints
import Datasets
import Files
import Foundation
import Imaging
import NeuralFields
import Sequences
import Synchronization
import VolumeRendering

/// Renders a sequence along a path of latents and cameras.
struct InterpolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Render a sequence: from scene to scene, around one, or along a timeline.",
    discussion: """
      EXAMPLES
        hypermarch interpolate --scenes kenney_taxi,kenney_police --loop
        hypermarch interpolate --turntable --frames 48 --animation turn.png

      Between scenes the latent goes on a line, an arc or a spline; --timeline (see \
      scenes/timeline-format.md) keys latents and cameras together, and --camera-path takes \
      cameras from nerfstudio's viewers. Frames are named by #### or %04d. A frame has the bytes \
      that render gives for the same latent, camera and settings.

      Each frame appears whole or not at all. The same command again makes only what is missing, and \
      refuses frames of other settings. Parts of a sequence may run on many computers: --frames, \
      --shard, or a Slurm array.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup(title: "Latents") var latents: LatentPathOptions
  @OptionGroup(title: "Frames") var frames: FrameOptions

  @Option(help: ArgumentHelp("Latents and cameras from a timeline.", valueName: "file"))
  var timeline: String?

  @Option(help: ArgumentHelp("Cameras from nerfstudio's form.", valueName: "file"))
  var cameraPath: String?

  @Option(help: ArgumentHelp("Write the cameras in nerfstudio's form.", valueName: "file"))
  var writeCameraPath: String?

  @Flag(help: "Turn the camera once around its target.")
  var turntable = false

  @Flag(help: "Re-time the path, so that the picture changes at constant speed.")
  var evenMotion = false

  @Option(help: ArgumentHelp("Pixels, up to 16384 each way.", valueName: "WxH"))
  var size: PictureSize?

  @OptionGroup(title: "Camera") var camera: CameraOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The frames' names, with #### or %04d; else a folder in renders/.", valueName: "pattern"))
  var output: String?

  @Flag(help: "Replace files that exist.")
  var overwrite = false

  @OptionGroup(title: "Also write") var extras: SequenceExtrasOptions

  @Option(
    help: ArgumentHelp(
      "white, the default, black, grey, red, green, blue, #rrggbb or transparent.",
      valueName: "colour"))
  var background: BackgroundArgument?

  @OptionGroup(title: "Quality") var quality: QualityOptions
  @OptionGroup(title: "Quality") var width: WidthOptions

  @Option(
    help: ArgumentHelp("Draw each sample's place in its interval; else the middle.", valueName: "n")
  )
  var seed: UInt64?

  @Flag(name: .customLong("no-metadata"), help: "Leave the settings out of the files.")
  var leavesOutSettings = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print what was done as JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    try size?.validate()
    if let output { _ = try Self.pattern(output) }
    if [turntable, cameraPath != nil].count(where: \.self) > 1 {
      throw ValidationError("found two paths of the camera, expected --turntable or --camera-path")
    }
    if cameraPath != nil && !camera.isDefault {
      throw ValidationError("--camera-path: found it beside another camera, expected one of them")
    }
    try extras.check(background: background)
  }

  private static func pattern(_ text: String) throws -> FramePattern {
    do {
      return try FramePattern(text)
    } catch {
      throw ValidationError(
        "--output: found \(error) in \(text.onOneLine), expected one of #### or %04d in the "
          + "file's own name")
    }
  }

  func run() throws {
    let start = ContinuousClock.now
    try quality.checkPrecision()
    let shard = try frames.effectiveShard()
    try extras.check(isWhole: shard.map { $0.count == 1 } ?? true)
    let sources = try sources()
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model.path)
    let checkpoint = try model.read()
    let fieldWidth = try width.fieldWidth(
      among: checkpoint.configuration.widths, of: model.path)
    var plan = try SequencePlan(sources, of: checkpoint, budget: &budget)
    let pattern = try Self.pattern(output ?? "renders/\(plan.name)/####.png")
    let selected = try frames.selected(of: plan.path.frames.count)
    let own = shard?.frames(of: selected) ?? selected
    if let shard, !quiet { Terminal.error("shard \(shard.index) of \(shard.count)") }
    try extras.prepare(cameraPath: writeCameraPath)

    let signals = InterruptSignals()
    try withExtendedLifetime(signals) {
      var request = RenderRequest(
        camera: plan.view(of: 1).camera, quality: quality, seed: seed)
      request.fieldWidth = fieldWidth
      let rendering = SequenceRendering(
        model: checkpoint, library: plan.library, request: request,
        content: .picture(background ?? .colour([1, 1, 1])), overwriting: overwrite,
        threadCount: threads.count)
      try state(
        &budget, rendering: rendering, frameCount: own.count,
        frameBytes: SequenceRendering.frameBytes(partCount: plan.partCount))
      if evenMotion {
        plan.path.positions = ProgressReporter.waiting(
          for: "measuring the path", isQuiet: quiet
        ) { rendering.probe.evenPositions(of: plan.path) }
      }
      let all = try frameList(
        own, of: plan, rendering, pattern: pattern, model: checkpoint, signals: signals)
      try OutputPaths.check(
        extras.files + [writeCameraPath].compactMap(\.self), against: all.map(\.path),
        in: pattern.folder)
      let missing = try all.filter { frame in
        try signals.check()
        return try overwrite || !frame.isDone()
      }
      let key = try SequenceExtras.key(
        of: all, framesPerSecond: plan.framesPerSecond, signals: signals)
      let extras = try SequenceExtras(extras, sequence: key, overwriting: overwrite)
      try writeCameras(of: plan, signals: signals)
      try prepareFolder(pattern.folder, for: missing)
      // Also of frames that are there: a process may have been killed between name and clean-up.
      FileWriter.removeLeftovers(of: all.map(\.path))

      let reporter = Mutex(ProgressReporter(isQuiet: quiet))
      let outcome = try rendering.write(missing, signals: signals) { done in
        reporter.withLock { $0.show("frame \(done) of \(missing.count)") }
      }
      let statistics = outcome.statistics
      try CommandFailure.check(unsound: outcome.unsound)
      try CommandFailure.check(
        nonFinitePixelCount: statistics.nonFinitePixelCount,
        of: request.camera.width * request.camera.height * missing.count)
      let frameSeconds = (ContinuousClock.now - start).inSeconds
      let outputs = try extras.write(
        all.map(\.path), plan: plan, probe: rendering.probe, signals: signals, isQuiet: quiet)
      reporter.withLock {
        $0.finish(
          "rendered \(missing.count) frames in \(ProgressReporter.clock(frameSeconds)), "
            + "\(all.count - missing.count) were there")
      }
      let report = Report(
        frames: all.map(\.path), rendered: missing.count, present: all.count - missing.count,
        length: plan.path.frames.count, framesPerSecond: plan.framesPerSecond,
        outputs: outputs + (writeCameraPath.map { [$0] } ?? []), seconds: frameSeconds,
        fieldEvaluations: statistics.sampleCount, nonFinitePixels: statistics.nonFinitePixelCount,
        memoryBytes: budget.size.byteCount)
      try Terminal.result(
        json ? Terminal.json(report) : (report.frames + report.outputs).joined(separator: "\n"))
    }
  }

  /// States what memory the sequence needs, or refuses it.
  private func state(
    _ budget: inout MemoryBudget, rendering: SequenceRendering, frameCount: Int,
    frameBytes: Int
  ) throws {
    let camera = rendering.request.camera
    let (width, height) = (camera.width, camera.height)
    budget.keepModel(rendering.model, fieldCount: threads.count)
    budget.keep(
      threads.count
        * RenderMemory.gridBytes(
          bound: rendering.model.configuration.bound, resolution: quality.cellsPerEdge),
      for: "occupancy grids")
    budget.keep(
      frameCount * frameBytes,
      for: ProgressReporter.count(frameCount, "frame"))
    budget.pass(
      threads.count
        * RenderMemory.streamedBytes(
          rendering.renderer(threadCount: 1), width: width, height: height),
      for: "\(threads.count) frames at once of \(width)×\(height) pixels")
    budget.pass(
      extras.memoryBytes(frameCount: frameCount, width: width, height: height),
      for: "what is made of the frames")
    try budget.state(
      advice: "a smaller --size, or fewer --threads or --frames", isQuiet: quiet)
  }

  /// Reads the files that say what the path is.
  private func sources() throws -> SequencePlan.Sources {
    let read = try timeline.map { path in
      try CommandFailure.wrapping { try Timeline(contentsOf: path) }
    }
    if read?.latent != nil && !latents.isDefault {
      throw ValidationError(
        "--timeline: found latents in it beside options for latents, expected one of them")
    }
    if read?.camera != nil && (cameraPath != nil || turntable || !camera.isDefault) {
      throw ValidationError(
        "--timeline: found cameras in it beside another camera, expected one of them")
    }
    return SequencePlan.Sources(
      latents: latents, frames: frames, camera: camera, size: size, turntable: turntable,
      timeline: read, timelinePath: timeline ?? "",
      cameraPath: try cameraPath.map { path in
        try CommandFailure.wrapping { try CameraPathFile(reading: path) }
      })
  }

  private func frameList(
    _ numbers: [Int], of plan: SequencePlan, _ rendering: SequenceRendering,
    pattern: FramePattern, model checkpoint: Checkpoint, signals: InterruptSignals
  ) throws -> [SequenceRendering.Frame] {
    let model = PictureSettings.Model(path: model.path, fingerprint: checkpoint.fingerprint)
    return try numbers.map { number in
      try signals.check()
      let view = plan.view(of: number)
      var request = rendering.request
      request.camera = view.camera
      return SequenceRendering.Frame(
        number: number, path: pattern.path(of: number), mix: view.mix, camera: view.camera,
        settings: request.settings(
          of: model, mix: view.mix, library: plan.library, content: rendering.content),
        carriesSettings: !leavesOutSettings)
    }
  }

  /// Writes the cameras; a file that holds them already is left alone.
  private func writeCameras(of plan: SequencePlan, signals: InterruptSignals) throws {
    guard let path = writeCameraPath else { return }
    let file = try plan.cameraPathFile { try signals.check() }
    try CommandFailure.wrapping {
      let bytes = file.bytes
      if !overwrite, let found = try? FileReader.bytes(at: path, limit: bytes.count),
        found == bytes
      {
        return
      }
      try FileWriter.write(bytes, to: path, overwriting: overwrite)
    }
  }

  private func prepareFolder(_ folder: String, for frames: [SequenceRendering.Frame]) throws {
    guard let first = frames.first else { return }
    try CommandFailure.wrapping {
      try FileWriter.createFolder(folder)
      try FileWriter.check(first.path, overwriting: true)
    }
  }

  /// What `--json` prints.
  private struct Report: Encodable {
    var schema = 1
    let frames: [String]
    /// Frames that were made, and frames that were there with the same settings.
    let rendered: Int
    let present: Int
    /// Frames of the whole path.
    let length: Int
    let framesPerSecond: Double
    /// Files beside the frames.
    let outputs: [String]
    let seconds: Double
    let fieldEvaluations: Int
    let nonFinitePixels: Int
    /// What the command was expected to need at its peak.
    let memoryBytes: Int
  }
}
