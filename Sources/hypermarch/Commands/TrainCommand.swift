import ArgumentParser
import Checkpoints
import Datasets
import Files
import Foundation
import NeuralFields
import Training
import VolumeRendering

/// Trains a hypernetwork prior over the scenes of a data set.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model from posed images.",
    discussion: """
      EXAMPLES
        hypermarch train data/snowman --output snowman.safetensors --minutes 2
        hypermarch train --resume snowman.run --minutes 10

      A data set is a folder with transforms_train.json (NeRF's Blender form, instant-ngp's or \
      nerfstudio's), a folder of such folders, or SRN's layout. Matrices are camera to world, \
      OpenGL axes: x right, y up, looking along -z; SRN poses are OpenCV's. The run folder \
      (MODEL.run unless named) keeps settings, state, log and previews. With --steps the same \
      command gives the same bytes on one kind of CPU.

      DEFAULTS
      \(TrainingOptions.defaults)
      """)

  @Argument(help: ArgumentHelp("A folder of posed images.", valueName: "dataset"))
  var dataset: String?

  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Stop after so much time; 10 unless --steps is given."))
  var minutes: Double?

  @Option(help: ArgumentHelp("Stop after so many steps.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Go on with a run that stopped.", valueName: "run folder"))
  var resume: String?

  @Option(help: ArgumentHelp("Where to keep the run.", valueName: "folder"))
  var runFolder: String?

  @Option(help: ArgumentHelp("Minutes between saves; else 2.", valueName: "minutes"))
  var saveEvery: Double?

  @Flag(help: "Store the model in half precision.")
  var half = false

  @Option(help: ArgumentHelp("Only scenes with this name; * and ? allowed.", valueName: "name"))
  var scene: [String] = []

  @Option(help: ArgumentHelp("At most so many scenes.", valueName: "n"))
  var maximumScenes: Int?

  @OptionGroup var boundOption: BoundOption
  @OptionGroup(title: "Model and training") var training: TrainingOptions
  @OptionGroup(title: "Scenes that move") var motion: MotionOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    if resume == nil {
      guard dataset != nil else { throw ValidationError("found no data set, expected a folder") }
      guard output.output != nil else { throw ValidationError("found no --output, expected one") }
    } else if dataset != nil || output.output != nil {
      throw ValidationError("--resume: data set and output are those of the run, leave them out")
    } else if let option = optionsOfNewRuns.first {
      throw ValidationError("--resume: found --\(option), which only a new run can have")
    }
    if let minutes, !(minutes > 0 && minutes <= 100_000) {
      throw ValidationError("--minutes: found \(minutes), expected above 0 to 100000")
    }
    if let steps, !(1...1_000_000_000).contains(steps) {
      throw ValidationError("--steps: found \(steps), expected 1…1000000000")
    }
    if let saveEvery, !(saveEvery > 0 && saveEvery <= 100_000) {
      throw ValidationError("--save-every: found \(saveEvery), expected above 0 to 100000")
    }
    if let maximumScenes, maximumScenes < 1 {
      throw ValidationError("--maximum-scenes: found \(maximumScenes), expected at least 1")
    }
  }

  /// The options that were given and that a run which goes on cannot heed, without dashes.
  private var optionsOfNewRuns: [String] {
    let own = [
      ("overwrite", output.overwrite), ("run-folder", runFolder != nil), ("half", half),
      ("scene", !scene.isEmpty), ("maximum-scenes", maximumScenes != nil),
      ("bound", boundOption.bound != nil),
    ]
    return own.filter(\.1).map(\.0) + training.given + motion.given
  }

  func run() throws {
    if let resume {
      try resumedSession(of: resume).train()
    } else {
      try newSession().train()
    }
  }

  private func resumedSession(of folder: String) throws -> TrainingSession {
    var run = try TrainingRun(resuming: folder)
    try run.settings.configuration.precision.checkAvailable()
    let budget = MemoryBudget(memory, threadCount: threads.count)
    let loaded = try run.states.newest(
      resolution: run.settings.configuration.gridResolution, admit: budget.admitState)
    let scenes = try ProgressReporter.waiting(
      for: "reading \(run.settings.dataset)", isQuiet: quiet
    ) {
      try open(run.settings)
    }
    let names = loaded.snapshot.configuration.scenes
    let variantsPerScene = run.settings.configuration.variantsPerScene
    let found =
      loaded.snapshot.configuration.motion.map { trajectories in
        scenes.flatMap { scene in
          trajectories.first { $0.scene == scene.name && scene.span != nil }?.rowNames
            ?? [scene.name]
        }
      }
      ?? TrainingScene.familyNames(of: scenes.map(\.name), variantsPerScene: variantsPerScene)
    // Of a scene that moves, the times are scenes to the training.
    let placeCount = scenes.reduce(0) { $0 + max(1, Set($1.train.compactMap(\.time)).count) }
    let isOfOtherTimes =
      loaded.snapshot.configuration.motion != nil && !loaded.state.occupancy.isEmpty
      && loaded.state.occupancy.count != placeCount
    guard found == names, !isOfOtherTimes else {
      throw CommandFailure(
        "\(run.settings.dataset): found other scenes than the run began with, expected "
          + "\(names.count / (1 + variantsPerScene)) of the same names", .badData)
    }
    let widths = loaded.snapshot.configuration.nestedWidths ?? []
    guard run.settings.configuration.nestedWidths == widths else {
      throw CommandFailure(
        "\(folder): found widths \(run.settings.configuration.nestedWidths) in its settings, "
          + "expected \(widths), those of its state", .badData)
    }
    try run.checkOutput(isOf: loaded.snapshot.configuration)
    try state(
      scenes, configuration: run.settings.configuration, model: loaded.snapshot.configuration,
      stepCount: steps ?? run.settings.steps)
    try run.update(
      minutes: minutes, steps: steps, saveIntervalSeconds: saveEvery.map { $0 * 60 })
    let session = TrainingSession(
      run: run, from: loaded, scenes: scenes, threadCount: threads.count, isQuiet: quiet)
    say("\(ProgressReporter.count(scenes.count, "scene")), going on from step \(loaded.state.step)")
    return session
  }

  private func newSession() throws -> TrainingSession {
    guard let dataset, let path = output.output else {
      preconditionFailure("validate() has seen both")
    }
    try training.precision?.checkAvailable()
    try CommandFailure.wrapping { try FileWriter.check(path, overwriting: output.overwrite) }
    var settings = TrainingRun.Settings(
      dataset: dataset, output: path, scenes: scene, maximumScenes: maximumScenes,
      minutes: minutes ?? (steps == nil ? 10 : nil), steps: steps, storesHalfPrecision: half,
      saveIntervalSeconds: (saveEvery ?? 2) * 60, configuration: TrainingConfiguration(),
      options: [:])
    let (scenes, bound) = try ProgressReporter.waiting(for: "reading \(dataset)", isQuiet: quiet) {
      let scenes = try open(settings)
      let bound =
        boundOption.bound.map { SceneBound(box: $0.box) }
        ?? SceneBound.union(of: SceneBound.bounds(of: scenes, threadCount: threads.count))
      return (scenes, bound)
    }
    var plan = TrainingPlan(for: scenes, bound: bound)
    try training.apply(to: &plan)
    if plan.configuration.variantsPerScene > 0,
      let scene = scenes.first(where: { $0.background != .transparent })
    {
      throw CommandFailure(
        "--variants: found \(scene.name) with a background in \(dataset), expected objects before "
          + "nothing", .badData)
    }
    let layout = try motion.layout(of: scenes, plan: &plan, dataset: dataset)
    settings.configuration = plan.configuration
    settings.options = plan.record
    if let path = layout?.trajectories.first {
      settings.options["trajectory"] = path.curve.rawValue
      settings.options["trajectory-rows"] = "\(path.rowCount)"
      settings.options["smoothness"] = "\(plan.configuration.trajectorySmoothness)"
    }
    let configuration = ModelConfiguration(
      program: Hypermarch.programName, field: plan.field, hypernetwork: plan.hypernetwork,
      bound: plan.bound, near: plan.configuration.near,
      scenes: layout?.rowNames
        ?? TrainingScene.familyNames(
          of: scenes.map(\.name), variantsPerScene: plan.configuration.variantsPerScene),
      defaultView: ModelConfiguration.DefaultView(Viewpoint(of: scenes, bound: plan.bound)),
      motion: layout?.trajectories,
      nestedWidths: plan.configuration.nestedWidths.isEmpty
        ? nil : plan.configuration.nestedWidths,
      variationalCodes: plan.configuration.divergenceWeight == nil ? nil : true)
    try check(configuration, of: dataset, path: path)
    try state(
      scenes, configuration: plan.configuration, model: configuration, stepCount: settings.steps)
    let stem = path.hasSuffix(".safetensors") ? String(path.dropLast(12)) : path
    let run = try TrainingRun(
      new: runFolder ?? stem + ".run", settings: settings, overwriting: output.overwrite)
    let state = plan.initialState(
      sceneNames: configuration.scenes, trajectories: layout?.trajectories ?? [])
    let session = TrainingSession(
      run: run,
      from: SavedStates.Loaded(
        snapshot: TrainingSnapshot(beginningOf: configuration, state: state), state: state,
        health: nil), scenes: scenes, threadCount: threads.count, isQuiet: quiet)
    say(
      ProgressReporter.count(scenes.count, "scene")
        + " (\(plan.kind.rawValue)), \(plan.field.layout.count) field weights, "
        + "\(state.hypernetwork.layout.count) parameters, \(plan.hypernetwork.generator.name)")
    let cells = CellGrid(bound: plan.bound, resolution: plan.configuration.gridResolution)
    let mebibytes = SavedStates.mebibytes(
      for: state, keepsMean: plan.configuration.averageDecay > 0, cellCount: cells.cellCount)
    say("states take up to \(mebibytes) MiB in \(run.folder)")
    return session
  }

  /// Finds now, rather than at the first save, what no model can have, and blames the data for it.
  private func check(
    _ configuration: ModelConfiguration, of dataset: String, path: String
  ) throws {
    do throws(CheckpointError) {
      try configuration.check(path: path)
    } catch {
      guard case .configuration(_, let key, let found, let expected) = error else {
        throw CommandFailure(error)
      }
      throw CommandFailure(
        "\(dataset): found scenes that no model can hold, \(key) would be \(found), expected "
          + expected, .badData)
    }
  }

  private func say(_ line: String) {
    if !quiet { Terminal.error(line) }
  }

  /// States what memory a training needs, or refuses it, once its pictures are there.
  private func state(
    _ scenes: [SceneDataset], configuration: TrainingConfiguration, model: ModelConfiguration,
    stepCount: Int?
  ) throws {
    let budget = MemoryBudget(
      training: scenes, configuration: configuration, model: model, stepCount: stepCount, memory,
      threadCount: threads.count)
    try budget.state(
      advice: "fewer scenes, by --maximum-scenes or --variants, or a smaller model",
      isQuiet: quiet)
  }

  private func open(_ settings: TrainingRun.Settings) throws -> [SceneDataset] {
    try CommandFailure.wrapping {
      var budget = MemoryBudget(memory, threadCount: threads.count)
      try budget.keepPictures(
        DatasetMemory(
          of: settings.dataset, splits: [.train], matching: settings.scenes,
          maximumScenes: settings.maximumScenes, threadCount: threads.count),
        advice: "fewer scenes, by --maximum-scenes or --scene")
      return try DatasetFolder.open(
        settings.dataset, splits: [.train], matching: settings.scenes,
        maximumScenes: settings.maximumScenes, threadCount: threads.count
      ).scenes
    }
  }
}
