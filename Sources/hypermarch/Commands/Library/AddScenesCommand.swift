import ArgumentParser
import Checkpoints
import Datasets
import Files
import Foundation
import Imaging
import NeuralFields
import Training

/// Teaches a model new scenes, and holds the old ones without their pictures.
struct AddScenesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add-scenes",
    abstract: "Teach a model new scenes, without pictures of the old ones.",
    discussion: """
      EXAMPLES
        hypermarch add-scenes cars.safetensors data/vans -o more.safetensors
        hypermarch add-scenes cars.safetensors data/vans --codes-only --overwrite

      What the model generates for its old scenes is held while it learns the new ones, and what each \
      old scene has lost is measured and kept in the model's record. Loss is estimated from the model's \
      own renderings before and after, or measured beside the pictures of --old-dataset. A data set of \
      another place, scale or axes than the model's is refused unless --any-bound is given.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("A folder of posed images.", valueName: "dataset"))
  var dataset: String

  @OptionGroup var library: LibraryOptions

  @Option(help: ArgumentHelp("Only scenes with this name; * and ? allowed.", valueName: "name"))
  var scene: [String] = []

  @Flag(help: "Add scenes even of another place, scale or axes than the model's.")
  var anyBound = false

  @OptionGroup(title: "Learning") var addition: AdditionOptions

  @Option(
    help: ArgumentHelp(
      "Pictures of old scenes, to measure their loss beside them.", valueName: "dataset"))
  var oldDataset: String?

  @Flag(help: "Learn from the old data set's pictures too, instead of holding its scenes.")
  var replay = false

  @Option(
    help: ArgumentHelp(
      "Write nothing if an old scene has lost more than so much.", valueName: "decibels"))
  var maximumLoss: Double?

  @Flag(help: "Write the model even so.")
  var keep = false

  @Option(
    help: ArgumentHelp(
      "Write a picture, row by row: old scenes before, after, and what differs; new scenes in the "
        + "data set, and as they were learned.", valueName: "file"))
  var picture: String?

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    if replay && oldDataset == nil {
      throw ValidationError("--replay: found no --old-dataset, expected one to learn from")
    }
    try ForgettingTable.validate(maximumLoss: maximumLoss, keep: keep)
  }

  func run() throws {
    try addition.precision?.checkAvailable()
    let destination = try library.destination(model: model)
    if let picture, let destination {
      try OutputPaths.check([destination, picture])
      try CommandFailure.wrapping { try FileWriter.check(picture, overwriting: library.overwrite) }
      FileWriter.removeLeftovers(of: picture)
    }
    var reading = MemoryBudget(library.memory, threadCount: threads.count)
    let (before, type) = try library.read(model, &reading)
    let input = try AdditionInput(
      dataset: dataset, scenes: scene, oldDataset: oldDataset, model: before, modelPath: model,
      variantsPerScene: addition.variants ?? 0, allowsAnyBound: anyBound,
      threadCount: threads.count, isQuiet: quiet
    ) { try reading.keepPictures($0, advice: "fewer scenes, by --scene") }
    let configuration = addition.configuration(for: input.scenes, model: before.configuration)
    let settings = addition.settings
    let budget = MemoryBudget(
      adding: input, replaying: replay ? input.replayedScenes : [], to: before,
      configuration: configuration, settings: settings, library.memory, threadCount: threads.count)
    try budget.state(advice: "fewer scenes, by --scene, or fewer --variants", isQuiet: quiet)
    var record = LibraryChange(
      kind: .addScenes, scenes: input.scenes.map(\.name), source: input.name,
      steps: settings.stepCount,
      options: addition.record(configuration, isReplaying: replay))
    var learning = SceneAddition(
      to: before.hypernetwork, latents: before.latents, motion: before.configuration.motion ?? [],
      scenes: TrainingScene.family(
        of: input.scenes.map { TrainingScene($0) },
        variantsPerScene: configuration.variantsPerScene,
        centre: before.configuration.bound.centre, seed: configuration.seed),
      replaying: replay ? input.replayedScenes.map { TrainingScene($0) } : [],
      architecture: before.configuration.field, bound: before.configuration.bound,
      configuration: configuration, settings: settings, threadCount: threads.count)
    let result = { (record: LibraryChange) in
      try CommandFailure.wrapping(place: dataset, names: []) { () throws(LibraryError) in
        try before.adding(
          learning.latents, hypernetwork: learning.hypernetwork, newOwnNames: record.scenes,
          by: record)
      }
    }
    if library.dryRun {
      try library.write(try result(record), to: nil, elementType: type)
      let report = Report(model: nil, change: record, newScenes: [:], seconds: nil)
      try Terminal.result(library.json ? Terminal.json(report) : report.text)
      return
    }
    let seconds = try learn(&learning, record: &record)
    let learned = try result(record)
    let table = ForgettingTable(
      before: before, after: learned,
      scenes: Array(
        zip(LibraryScene.scenes(of: before), LibraryScene.scenes(of: learned))
          .map { (before: $0, after: $1) }),
      views: input.oldViews, threadCount: threads.count, isQuiet: quiet)
    record.forgetting = table.entries
    let after = try result(record)
    var report = Report(
      model: destination, change: after.configuration.changes?.last ?? record,
      newScenes: scores(of: after, scenes: input.scenes), seconds: seconds)
    if !quiet { Terminal.error(report.newText + "\n" + table.text) }
    if !keep { try table.check(maximumLoss: maximumLoss, model: model) }
    try library.write(after, to: destination, elementType: type)
    if let picture {
      let shown = AdditionPicture(
        before: before, after: after, scenes: input.scenes, threadCount: threads.count)
      try CommandFailure.wrapping {
        try PNGFile.write(shown.image, to: picture, overwriting: library.overwrite)
      }
    }
    report.picture = picture
    report.meanLoss = table.meanLoss
    report.largestLoss = table.worst?.loss
    try Terminal.result(library.json ? Terminal.json(report) : report.text)
  }

  /// Takes all steps; returns how long they took.
  private func learn(_ learning: inout SceneAddition, record: inout LibraryChange) throws -> Double
  {
    let signals = InterruptSignals()
    let start = ContinuousClock.now
    var reporter = ProgressReporter(isQuiet: quiet)
    var samples = 0
    var loss: Double?
    while learning.step < learning.settings.stepCount {
      if let code = signals.failureCode {
        throw CommandFailure("stopped by a signal, nothing is written", code)
      }
      let found = learning.takeStep()
      samples += found.sampleCount
      if !found.wasSkipped { loss = loss.map { 0.99 * $0 + 0.01 * found.loss } ?? found.loss }
      let share = Double(learning.step) / Double(learning.settings.stepCount)
      let passed = (ContinuousClock.now - start).inSeconds
      reporter.show(
        String(
          format: "step %d  %.1f %%  ETA %@  %.2f dB  change %.6f", learning.step, 100 * share,
          ProgressReporter.clock(passed * (1 - share) / share),
          -10 * log10(max(loss ?? 1, 1e-12)), found.change))
    }
    record.samples = samples
    let seconds = (ContinuousClock.now - start).inSeconds
    reporter.finish(
      ProgressReporter.count(learning.step, "step") + " in " + ProgressReporter.clock(seconds)
        + (loss.map { String(format: ", %.2f dB on training rays", -10 * log10(max($0, 1e-12))) }
          ?? "")
        + (learning.skippedStepCount > 0
          ? ", \(learning.skippedStepCount) skipped: not finite" : ""))
    return seconds
  }

  /// The PSNR of new scenes beside their test views, or their training views where they have no others.
  private func scores(of model: Checkpoint, scenes: [SceneDataset]) -> [String: Double] {
    let trial = ModelTrial(model: model, threadCount: threads.count)
    var result: [String: Double] = [:]
    for scene in scenes {
      guard let code = model.latents[scene.name] else { continue }
      result[scene.name] = trial.psnr(of: code, beside: AdditionInput.views(of: scene))
    }
    return result
  }

  private struct Report: Encodable {
    var schema = 1
    /// The file that was written; nil where nothing was.
    let model: String?
    /// The picture that was written.
    var picture: String?
    /// What the model's record says of it, with what each old scene has lost.
    let change: LibraryChange
    /// PSNR of the new scenes, dB.
    let newScenes: [String: Double]
    var meanLoss: Double?
    var largestLoss: Double?
    let seconds: Double?

    /// A line per new scene.
    var newText: String {
      let names = newScenes.keys.sorted()
      return zip(
        LatentSurvey.padded(["new scene"] + names),
        ["       dB"]
          + names.map { name in
            newScenes[name].map { String(format: "%9.2f", $0) } ?? ""
          }
      ).map { $0 + $1 }.joined(separator: "\n")
    }

    var text: String {
      model
        ?? ([
          "would add \(ProgressReporter.count(change.scenes.count, "scene")) in "
            + ProgressReporter.count(change.steps ?? 0, "step")
        ]
        + change.scenes.map { "  \($0)" }).joined(separator: "\n")
    }
  }
}
