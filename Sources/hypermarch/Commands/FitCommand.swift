import ArgumentParser
import Checkpoints
import Datasets
import Files
import Fitting
import Foundation
import Imaging
import Kernels
import NeuralFields
import VolumeRendering

/// Fits a latent of a model to pictures of one object.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Make a latent for new pictures of one object.",
    discussion: """
      EXAMPLES
        hypermarch fit scenes/cars.safetensors toy.png -o toy.latent.safetensors
        hypermarch fit moving.safetensors --sequence clip -o clip.latent.safetensors

      Pictures are PNGs of any size, with alpha or on a plain background. Cameras: of a \
      transforms.json, by the pictures' names or --frames; or an orbit or a look-at, for one picture; \
      or none, then the camera of one picture is found. Matrices are camera to world, OpenGL axes: x \
      right, y up, looking along -z.

      --sequence takes a folder whose transforms.json has a time in 0…1 of every frame, from one \
      fixed camera or several, and finds how a scene moves: the latent then has a --time.

      A fit that should not be trusted says why, on standard error and in the report. The same \
      command gives the same bytes, unless --seconds cuts it short.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("Pictures of one object.", valueName: "pictures"))
  var pictures: [String] = []

  @OptionGroup(title: "Fit") var fit: FitOptions
  @OptionGroup(title: "Motion") var motion: SequenceFitOptions
  @OptionGroup(title: "Camera") var camera: CameraOptions
  @OptionGroup(title: "Posterior") var posterior: PosteriorOptions

  @Option(help: ArgumentHelp("Draws from the posterior; else 16.", valueName: "n"))
  var samples: Int?

  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp("What the scene is called; else after the picture.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("Write a report as JSON.", valueName: "file"))
  var report: String?

  @Option(
    help: ArgumentHelp(
      "Write a picture of the pictures, fitted views, differences, depths and new views.",
      valueName: "file"))
  var reportPicture: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print the report.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    try posterior.checkCount(samples, option: "--samples")
    guard motion.sequence != nil else { return }
    for (option, isUsed) in [
      ("pictures", !pictures.isEmpty), ("a camera", !camera.isDefault),
      ("--mask", !fit.mask.isEmpty), ("--unknown-camera", fit.unknownCamera),
      ("--rank", fit.rank != nil), ("--posterior", posterior.posterior),
    ] where isUsed {
      throw ValidationError("--sequence: found it beside \(option), expected one of them")
    }
  }

  func run() throws {
    if let sequence = motion.sequence {
      try SequenceFitting(self, sequence: sequence).run()
    } else {
      try fitPictures()
    }
  }

  private func fitPictures() throws {
    let start = ContinuousClock.now
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model)
    let checkpoint = try CommandFailure.wrapping { try Checkpoint.read(model) }
    budget.keepModel(checkpoint, fieldCount: 4)
    budget.keep(FitMemory.modelBytes(checkpoint), for: "the prior")
    try budget.check(advice: "a smaller model")
    let fitModel = FitModel(checkpoint, threadCount: threads.count)
    let input = try FitInput(
      images: pictures, options: fit, cameraOptions: camera, model: fitModel
    ) { paths in
      budget.keepFitPictures(paths)
      budget.keep(
        FitMemory.stepBytes(
          checkpoint, settings: fit.settings, pictureCount: paths.count,
          threadCount: threads.count), for: "the fit")
      budget.keepPosterior(
        posterior.settings(sampleCount: samples), of: checkpoint,
        rank: fit.refine ? fit.settings.refineRank : nil, threadCount: threads.count)
      try budget.check(advice: "fewer or smaller pictures")
    }
    let path = output.output ?? input.name + ".latent.safetensors"
    let files = [path, report, reportPicture].compactMap(\.self)
    try OutputPaths.check(files)
    for file in files {
      FileWriter.removeLeftovers(of: file)
      try CommandFailure.wrapping { try FileWriter.check(file, overwriting: output.overwrite) }
    }
    try budget.state(advice: "fewer or smaller pictures", isQuiet: quiet)
    let view = checkpoint.configuration.defaultView
    let deadline = fit.seconds.map { start + .seconds($0) }
    var fitter = Fitter(fitModel, settings: fit.settings, threadCount: threads.count)
    let result = try ProgressReporter.waiting(
      for: "fitting to \(ProgressReporter.count(input.views.count, "picture"))", isQuiet: quiet
    ) {
      try fitter.fit(
        input.views.map { ($0.picture, $0.camera) }, like: expectedView(view), pivot: view.target,
        refines: fit.refine, isOutOfTime: { deadline.map { ContinuousClock.now >= $0 } ?? false })
    }
    if posterior.posterior, let misfit = result.assessment.reasons.first(where: \.isMisfit) {
      throw CommandFailure(
        "--posterior: found that \(misfit.explanation), expected pictures of an object that the model "
          + "can show; without --posterior the latent is kept", .badData)
    }
    let drawn = posterior.settings(sampleCount: samples).map { own in
      ProgressReporter.waiting(
        for: "drawing \(ProgressReporter.count(own.sampleCount, "scene"))", isQuiet: quiet
      ) { fitter.posterior(of: result.latent, rays: fitter.rays(of: result.views), settings: own) }
    }
    var found = FitReport(
      result, name: name ?? input.name, model: fitModel, rank: fit.settings.refineRank)
    found.posterior = drawn.map { FitReport.Draws($0) }
    let kept = try LatentFile(
      program: Hypermarch.programName, name: name ?? input.name,
      modelFingerprint: checkpoint.fingerprint, latent: result.latent,
      camera: ModelConfiguration.DefaultView(
        camera: result.views[0].camera, target: view.target),
      report: Terminal.jsonLine(found), posterior: drawn?.latent)
    try CommandFailure.wrapping { try kept.write(to: path, overwriting: output.overwrite) }
    found.seconds = (ContinuousClock.now - start).inSeconds
    found.memoryBytes = budget.size.byteCount
    if let report {
      try CommandFailure.wrapping {
        try FileWriter.write(
          Array((Terminal.json(found) + "\n").utf8), to: report, overwriting: output.overwrite)
      }
    }
    if let reportPicture {
      let picture = FitReportPicture(result, model: fitModel, threadCount: threads.count)
      try CommandFailure.wrapping {
        try PNGFile.write(picture.image, to: reportPicture, overwriting: output.overwrite)
      }
    }
    if !quiet {
      Terminal.error(found.summary)
    }
    for reason in result.assessment.reasons {
      Terminal.error("warning: not to be trusted: \(reason.explanation)")
    }
    try Terminal.result(
      json ? Terminal.json(found) : files.joined(separator: "\n"))
  }

  /// The model's own view, with the field of view that was asked for.
  private func expectedView(_ view: ModelConfiguration.DefaultView) throws -> Camera {
    try camera.cameras != nil || camera.fov == nil
      ? view.camera
      : camera.camera(size: nil, base: view.camera, baseTarget: view.target)
  }
}
