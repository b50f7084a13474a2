import Checkpoints
import Datasets
import Files
import Fitting
import Foundation
import Imaging
import NeuralFields
import VolumeRendering

/// `fit --sequence`: makes a latent that moves of frames with times.
struct SequenceFitting {
  private let command: FitCommand
  private let folder: String

  private static let advice = "fewer frames, by --frames, or smaller pictures"

  init(_ command: FitCommand, sequence: String) {
    self.command = command
    folder = SequenceInput.folder(of: sequence)
  }

  func run() throws {
    let start = ContinuousClock.now
    let (options, threadCount) = (command.fit, command.threads.count)
    var budget = MemoryBudget(command.memory, threadCount: threadCount)
    try budget.readModel(command.model)
    let checkpoint = try CommandFailure.wrapping { try Checkpoint.read(command.model) }
    budget.keepModel(checkpoint, fieldCount: 4)
    budget.keep(FitMemory.modelBytes(checkpoint), for: "the prior")
    let scenes = try read(&budget, model: checkpoint)
    let model = FitModel(checkpoint, threadCount: threadCount)
    let input = try SequenceInput(
      scenes, path: folder, numbers: options.frames?.numbers, options: options, model: model)
    let name = command.name ?? input.name
    let path = command.output.output ?? input.name + ".latent.safetensors"
    let (report, reportPicture) = (command.report, command.reportPicture)
    let files = [path, report, reportPicture].compactMap(\.self)
    try OutputPaths.check(files)
    for file in files {
      FileWriter.removeLeftovers(of: file)
      try CommandFailure.wrapping {
        try FileWriter.check(file, overwriting: command.output.overwrite)
      }
    }
    try budget.state(advice: Self.advice, isQuiet: command.quiet)
    let deadline = options.seconds.map { start + .seconds($0) }
    var fitter = Fitter(model, settings: options.settings, threadCount: threadCount)
    let frames = input.sequence.frames
    let fit = ProgressReporter.waiting(
      for: "fitting to \(ProgressReporter.count(frames.count, "frame"))", isQuiet: command.quiet
    ) {
      fitter.fitPath(
        to: input.sequence, settings: command.motion.settings(options),
        isOutOfTime: { deadline.map { ContinuousClock.now >= $0 } ?? false })
    }
    let assessment = fitter.assess(fit, on: input.sequence)
    var found = SequenceFitReport(
      fit, sequence: input.sequence, assessment: assessment, name: name, model: model)
    let kept = try LatentFile(
      program: Hypermarch.programName, name: name, modelFingerprint: checkpoint.fingerprint,
      latent: SceneLatent(code: fit.code(at: 0)),
      camera: ModelConfiguration.DefaultView(
        camera: frames[0].camera, target: checkpoint.configuration.defaultView.target),
      report: Terminal.jsonLine(found),
      motion: LatentPath(
        curve: fit.trajectory.curve, loops: fit.trajectory.loops,
        seconds: fit.trajectory.seconds, rows: fit.keys))
    try CommandFailure.wrapping {
      try kept.write(to: path, overwriting: command.output.overwrite)
    }
    found.seconds = (ContinuousClock.now - start).inSeconds
    found.memoryBytes = budget.size.byteCount
    if let report {
      try CommandFailure.wrapping {
        try FileWriter.write(
          Array((Terminal.json(found) + "\n").utf8), to: report,
          overwriting: command.output.overwrite)
      }
    }
    if let reportPicture {
      let picture = FitReportPicture(
        frames.map { frame in
          FitReportPicture.Input(
            picture: frame.picture, camera: frame.camera,
            latent: SceneLatent(code: fit.code(at: frame.time)))
        }, model: model, threadCount: threadCount
      ) { SceneLatent(code: fit.code(at: $0)) }
      try CommandFailure.wrapping {
        try PNGFile.write(
          picture.image, to: reportPicture, overwriting: command.output.overwrite)
      }
    }
    if !command.quiet { Terminal.error(found.summary) }
    for reason in assessment.reasons {
      Terminal.error("warning: not to be trusted: \(reason.explanation)")
    }
    try Terminal.result(
      command.json ? Terminal.json(found) : files.joined(separator: "\n"))
  }

  private func read(_ budget: inout MemoryBudget, model: Checkpoint) throws -> [SceneDataset] {
    try CommandFailure.wrapping {
      let threadCount = command.threads.count
      let pictures = try DatasetMemory(of: folder, splits: [.train], threadCount: threadCount)
      let count = command.fit.frames?.numbers.count ?? pictures.pictureCount
      // One picture at a time is turned into floats.
      budget.pass(
        FitMemory.pictureBytes(pixelCount: pictures.largestPixelCount), for: "reading pictures")
      budget.keep(
        FitMemory.sequenceBytes(
          model, settings: command.fit.settings, frameCount: count,
          pixelCount: pictures.largestPixelCount, threadCount: threadCount),
        for: "the fit to \(ProgressReporter.count(count, "frame"))")
      try budget.keepPictures(pictures, advice: Self.advice)
      return try DatasetFolder.open(folder, splits: [.train], threadCount: threadCount).scenes
    }
  }
}
