import ArgumentParser
import Checkpoints
import Foundation
import Kernels
import NeuralFields
import Training

/// Makes one model of two.
struct MergeModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge-models",
    abstract: "Make one model of two, without pictures of their scenes.",
    discussion: """
      EXAMPLES
        hypermarch merge-models cars.safetensors vans.safetensors -o both.safetensors
        hypermarch merge-models a.safetensors b.safetensors --rename-b new- --dry-run

      The first model learns to generate what the second generates for its scenes, and is held to what \
      it generates for its own. Both must have the same field, bound and near distance. What every \
      scene has lost is estimated from renderings before and after, and kept in the model's record.
      """)

  @Argument(help: ArgumentHelp("The model that learns.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("The model that is learned.", valueName: "b"))
  var second: String

  @OptionGroup var library: LibraryOptions

  @Option(
    help: ArgumentHelp("What to put before the names of B's scenes.", valueName: "prefix"))
  var renameB: String?

  @Option(help: ArgumentHelp("Steps; else 6000.", valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "Write nothing if a scene has lost more than so much.", valueName: "decibels"))
  var maximumLoss: Double?

  @Flag(help: "Write the model even so.")
  var keep = false

  @Option(help: ArgumentHelp("The random seed.", valueName: "n"))
  var seed: UInt64 = 42

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    if let steps, !(0...1_000_000_000).contains(steps) {
      throw ValidationError("--steps: found \(steps), expected 0…1000000000")
    }
    try ForgettingTable.validate(maximumLoss: maximumLoss, keep: keep)
  }

  func run() throws {
    let destination = try library.destination(model: first)
    var budget = MemoryBudget(library.memory, threadCount: threads.count)
    let (before, type) = try library.read(first, &budget)
    try budget.readModel(second)
    let other = try CommandFailure.wrapping { try Checkpoint.read(second) }
    budget.keepModel(other)
    try checkFamily(before.configuration, other.configuration)
    let names = other.latents.names.map { (renameB ?? "") + $0 }
    let ownNames = other.latents.ownRows.map { names[$0] }
    let motion = (other.configuration.motion ?? []).map { path in
      var path = path
      path.scene = (renameB ?? "") + path.scene
      path.firstRow += before.latents.names.count
      return path
    }
    do throws(LibraryError) {
      try before.checkNew(names, ownNames: ownNames)
      for path in motion where before.configuration.knownNames.contains(path.scene) {
        throw .nameTaken(path.scene)
      }
    } catch {
      throw CommandFailure(
        "\(first): \(error) for that of \(second): see --rename-b", .badData)
    }
    var settings = ModelMerge.Settings()
    if let steps { settings.steps = steps }
    settings.seed = seed
    if !library.dryRun {
      budget.keep(
        TrainingMemory.mergeBytes(
          of: before.hypernetwork, and: other.hypernetwork, settings: settings), for: "learning")
      budget.passOwnViews(of: before, threadCount: threads.count)
    }
    try budget.state(advice: "smaller models", isQuiet: quiet)
    var record = LibraryChange(
      kind: .mergeModels,
      scenes: LibraryScene.scenes(of: other).map { (renameB ?? "") + $0.name },
      source: URL(fileURLWithPath: second).standardizedFileURL.lastPathComponent,
      steps: settings.steps, options: ["steps": "\(settings.steps)", "seed": "\(seed)"])
    var merge = ModelMerge(
      before.mergedModel, other.mergedModel, names: names, settings: settings,
      threadCount: threads.count)
    let result = { (merge: ModelMerge, record: LibraryChange) in
      try CommandFailure.wrapping(place: second, names: []) { () throws(LibraryError) in
        try before.adding(
          before.latents.appending(merge.latents), hypernetwork: merge.hypernetwork,
          newOwnNames: ownNames, newMotion: motion, by: record)
      }
    }
    if library.dryRun {
      try library.write(try result(merge, record), to: nil, elementType: type)
      let report = Report(model: nil, change: record)
      try Terminal.result(library.json ? Terminal.json(report) : report.text)
      return
    }
    try learn(&merge)
    let after = try result(merge, record)
    // A's scenes come first.
    var scenesAfter = LibraryScene.scenes(of: after)[...]
    let tables = [before, other].map { model in
      let scenes = LibraryScene.scenes(of: model)
      let pairs = zip(scenes, scenesAfter).map { (before: $0, after: $1) }
      scenesAfter = scenesAfter.dropFirst(scenes.count)
      return ForgettingTable(
        before: model, after: after, scenes: pairs, threadCount: threads.count, isQuiet: quiet)
    }
    let table = ForgettingTable(joining: tables)
    record.forgetting = table.entries
    if !quiet { Terminal.error(table.text) }
    if !keep { try table.check(maximumLoss: maximumLoss, model: first) }
    try library.write(try result(merge, record), to: destination, elementType: type)
    let report = Report(
      model: destination, change: record, meanLossOfFirst: tables[0].meanLoss,
      meanLossOfSecond: tables[1].meanLoss, largestLoss: table.worst?.loss)
    try Terminal.result(library.json ? Terminal.json(report) : report.text)
  }

  /// Refuses models whose fields are not of one kind: what one generates means nothing to the other.
  private func checkFamily(_ one: ModelConfiguration, _ two: ModelConfiguration) throws {
    func refuse(
      _ key: String, _ found: String, _ expected: String, advice: String = ""
    ) throws {
      throw CommandFailure(
        "\(second): \(key): found \(found), expected \(expected), that of \(first)\(advice)",
        .badData)
    }
    let (a, b) = (one.field, two.field)
    if a != b { try refuse("field", "\(b.summary)", "\(a.summary)") }
    if one.widths != two.widths { try refuse("nested_widths", "\(two.widths)", "\(one.widths)") }
    if one.bound != two.bound {
      let both = one.bound.union(two.bound)
      try refuse(
        "bound", two.bound.argument, one.bound.argument,
        advice: ": train \(both == one.bound ? second : "both") with --bound=\(both.argument)")
    }
    if one.near != two.near { try refuse("near", "\(two.near)", "\(one.near)") }
  }

  private func learn(_ merge: inout ModelMerge) throws {
    let signals = InterruptSignals()
    let start = ContinuousClock.now
    var reporter = ProgressReporter(isQuiet: quiet)
    while merge.step < merge.settings.steps {
      if let code = signals.failureCode {
        throw CommandFailure("stopped by a signal, nothing is written", code)
      }
      let change = merge.takeStep()
      let share = Double(merge.step) / Double(merge.settings.steps)
      let passed = (ContinuousClock.now - start).inSeconds
      reporter.show(
        String(
          format: "step %d  %.1f %%  ETA %@  distance %.6f, of the first model %.6f", merge.step,
          100 * share, ProgressReporter.clock(passed * (1 - share) / share), change.taught,
          change.held))
    }
    reporter.finish(
      ProgressReporter.count(merge.step, "step") + " in "
        + ProgressReporter.clock((ContinuousClock.now - start).inSeconds))
  }

  private struct Report: Encodable {
    var schema = 1
    /// The file that was written; nil where nothing was.
    let model: String?
    let change: LibraryChange
    var meanLossOfFirst: Double?
    var meanLossOfSecond: Double?
    var largestLoss: Double?

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

extension Checkpoint {
  fileprivate var mergedModel: ModelMerge.Model {
    ModelMerge.Model(
      hypernetwork: hypernetwork, latents: latents, motion: configuration.motion ?? [])
  }
}

extension FieldArchitecture {
  /// What decides the field's weights and what they mean, in one line.
  fileprivate var summary: String {
    "\(hiddenLayerCount) layers of \(width), \(positionOctaves) octaves, view "
      + "\(directionOctaves.map { "\($0) octaves × \(colourWidth)" } ?? "off"), "
      + "\(densityActivation.rawValue) \(densityShift) \(densityScale)"
  }
}
