import ArgumentParser
import Checkpoints
import Datasets
import Fitting
import Foundation
import NeuralFields

/// Measures PSNR on unseen views against the number of views that a latent or a field is made from.
struct ReportViewsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "views",
    abstract: "Views against PSNR: a latent fitted with the prior, or a field from scratch.",
    discussion: """
      EXAMPLES
        hypermarch report views cars.safetensors data/others -o runs/views
        hypermarch report views cars.safetensors data/others -o runs/few --views 1,4

      Each object, which the model must not know, is fitted from its first few views, once with the \
      prior and once without it in the same processor time, as evaluate --protocol fit does, and \
      measured on all its test views.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("A folder of posed images of objects.", valueName: "dataset"))
  var dataset: String

  @OptionGroup var report: ReportOptions

  @Option(help: ArgumentHelp("Numbers of views to fit to.", valueName: "n,n"))
  var views: NumberList?

  @Option(help: ArgumentHelp("So many objects, evenly spread; else all.", valueName: "n"))
  var objects: Int?

  @Option(help: ArgumentHelp("Only objects with this name; * and ? allowed.", valueName: "name"))
  var scene: [String] = []

  @Option(help: ArgumentHelp("The random seed of the fits; else 42.", valueName: "n"))
  var seed: UInt64?

  @OptionGroup(title: "Quality") var quality: QualityOptions

  @OptionGroup var threads: ThreadOptions

  private static let advice = "fewer --objects or --views"

  func validate() throws {
    if let views, views.numbers.contains(0) {
      throw ValidationError("--views: found 0, expected 1 or more")
    }
    if let objects, objects < 1 {
      throw ValidationError("--objects: found \(objects), expected 1 or more")
    }
  }

  func run() throws {
    var budget = MemoryBudget(report.memory, threadCount: threads.count)
    try budget.readModel(model)
    let checkpoint = try CommandFailure.wrapping { try Checkpoint.read(model) }
    let counts = (views?.numbers ?? [1, 2, 4, 8, 16, 32]).sorted()
    var settings = FitSettings()
    settings.seed = seed ?? settings.seed
    let folder = try ProgressReporter.waiting(for: "reading \(dataset)", isQuiet: report.quiet) {
      try CommandFailure.wrapping {
        let pictures = try DatasetMemory(
          of: dataset, splits: [.train, .test], matching: scene, maximumScenes: objects,
          threadCount: threads.count)
        try budget.keepPictures(pictures, advice: Self.advice)
        budget.passEvaluation(
          of: checkpoint, pictures: pictures, cellsPerEdge: quality.cellsPerEdge,
          threadCount: threads.count)
        budget.keepFits(
          of: checkpoint, pictures: pictures, viewCount: counts.last ?? 1, settings: settings,
          threadCount: threads.count)
        try budget.check(advice: Self.advice)
        return try DatasetFolder.open(
          dataset, splits: [.train, .test], matching: scene, maximumScenes: objects,
          threadCount: threads.count)
      }
    }
    let usable = folder.scenes.filter { !$0.test.isEmpty }
    guard !usable.isEmpty else {
      throw CommandFailure("\(dataset): found no test views, expected some", .badData)
    }
    if let greatest = counts.last,
      let short = usable.first(where: { $0.train.count < greatest })
    {
      throw CommandFailure(
        "--views: found \(greatest), expected at most \(short.path)'s \(short.train.count) "
          + "training views", .badData)
    }
    if let known = usable.first(where: { checkpoint.latents[$0.name] != nil }) {
      throw CommandFailure(
        "\(known.path): found a scene of the model, expected objects that it does not know",
        .badData)
    }
    try budget.state(advice: Self.advice, isQuiet: report.quiet)
    let run = ViewsRun(
      model: FitModel(checkpoint, threadCount: threads.count), modelPath: model, dataset: dataset,
      objects: usable, viewCounts: counts, fit: settings, quality: quality,
      threadCount: threads.count, isQuiet: report.quiet)
    let output = try ReportFolder(
      report.output, settings: run.settings, overwriting: report.overwrite)
    let result = ViewsReport(
      program: Hypermarch.programName, command: pastableCommand(Hypermarch.words),
      settings: run.settings, points: try run.points(in: output))
    let paths = try output.write(result, plot: result.plot, "views")
    try report.show(result, text: result.text, paths: paths)
  }
}
