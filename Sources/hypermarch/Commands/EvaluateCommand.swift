import ArgumentParser
import Checkpoints
import Datasets
import Fitting
import Foundation
import NeuralFields
import Training
import VolumeRendering

/// Measures how well a model shows views of its scenes that it was not trained on.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Compare a model's renderings with a data set's pictures: PSNR and SSIM.",
    discussion: """
      EXAMPLES
        hypermarch evaluate snowman.safetensors data/snowman
        hypermarch evaluate snowman.safetensors data/snowman --split val --json

      Pictures and renderings are set over white and rounded to 8 bits; both measures are taken \
      per view, then averaged per scene, then over scenes.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("A folder of posed images.", valueName: "dataset"))
  var dataset: String

  @Option(help: ArgumentHelp("Which views: train, val or test.", valueName: "split"))
  var split: Split = .test

  @Option(help: ArgumentHelp("Only scenes with this name; * and ? allowed.", valueName: "name"))
  var scene: [String] = []

  @Option(
    help: ArgumentHelp(
      "Show scenes that move at the nearest of so many equal times, as if there were no others.",
      valueName: "n"))
  var snapTimes: Int?

  @OptionGroup(title: "Protocol") var fit: FitProtocolOptions

  @OptionGroup(title: "Quality") var quality: QualityOptions
  @OptionGroup(title: "Quality") var width: WidthOptions

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON: mean.psnr, mean.ssim, scenes.NAME.psnr, scenes.NAME.ssim.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  private static let advice = "fewer views, by --scene"

  func validate() throws {
    if width.width != nil && fit.protocol == .fit {
      throw ValidationError("--width: found it beside --protocol fit, expected one of them")
    }
    if let snapTimes, !(2...1000).contains(snapTimes) {
      throw ValidationError("--snap-times: found \(snapTimes), expected 2…1000")
    }
  }

  func run() throws {
    try quality.checkPrecision()
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model)
    let checkpoint = try CommandFailure.wrapping { try Checkpoint.read(model) }
    let fieldWidth = try width.fieldWidth(among: checkpoint.configuration.widths, of: model)
    let splits: Set<Split> = fit.protocol == .fit ? [.train, .test] : [split]
    let folder = try ProgressReporter.waiting(for: "reading \(dataset)", isQuiet: quiet) {
      try CommandFailure.wrapping {
        let pictures = try DatasetMemory(
          of: dataset, splits: splits, matching: scene, threadCount: threads.count)
        try budget.keepPictures(pictures, advice: Self.advice)
        budget.passEvaluation(
          of: checkpoint, pictures: pictures, cellsPerEdge: quality.cellsPerEdge,
          threadCount: threads.count)
        if fit.protocol == .fit {
          budget.keepFits(
            of: checkpoint, pictures: pictures, viewCount: fit.chosenViews.count,
            settings: FitSettings(), refines: fit.refine,
            posterior: fit.posterior.settings(sampleCount: fit.draws), threadCount: threads.count)
        }
        try budget.check(advice: Self.advice)
        return try DatasetFolder.open(
          dataset, splits: splits, matching: scene, threadCount: threads.count)
      }
    }
    if fit.protocol == .fit {
      try budget.state(advice: Self.advice, isQuiet: quiet)
      try FitProtocol(
        options: fit, quality: quality, json: json, isQuiet: quiet, threadCount: threads.count
      ).run(checkpoint, objects: folder.scenes, path: dataset)
      return
    }
    let seen = folder.scenes.filter { !$0.views(of: split).isEmpty }
    let known = seen.compactMap { dataset in
      EvaluationMoment.all(of: dataset, split: split, in: checkpoint, snapTimes: snapTimes)
        .map { (dataset: dataset, moments: $0) }
    }
    guard !known.isEmpty else {
      throw CommandFailure(
        "\(dataset): found no \(split.rawValue) views of the model's scenes, expected some",
        .badData)
    }
    for dataset in seen where !known.contains(where: { $0.dataset.name == dataset.name }) {
      Terminal.error("warning: the model has no scene named \(dataset.name), left out")
    }
    try budget.state(advice: Self.advice, isQuiet: quiet)
    let renderer = Renderer(
      settings: RenderSettings(
        samplesPerDiagonal: quality.samplesPerDiagonal,
        terminationThreshold: quality.terminationThreshold, near: checkpoint.configuration.near,
        threadCount: threads.count))
    var report = Report(memoryBytes: budget.size.byteCount)
    var pixelCount = 0
    var reporter = ProgressReporter(isQuiet: quiet)
    for (index, (dataset, moments)) in known.enumerated() {
      var scores = Scores(psnr: 0, ssim: 0)
      let viewCount = dataset.views(of: split).count
      for moment in moments {
        reporter.show("scene \(index + 1)/\(known.count)  \(dataset.name)")
        let field = checkpoint.field(
          for: moment.code, width: fieldWidth, precision: quality.fieldPrecision,
          threadCount: threads.count)
        let grid = OccupancyGrid(
          of: field, resolution: quality.cellsPerEdge, threadCount: threads.count)
        let result = Evaluation(of: field, grid: grid, views: moment.views, renderer: renderer)
        let share = Double(result.viewCount) / Double(viewCount)
        scores.psnr += share * result.psnr
        scores.ssim += share * result.ssim
        report.nonFinitePixels += result.nonFinitePixelCount
      }
      report.scenes[dataset.name] = scores
      report.viewCount += viewCount
      pixelCount += dataset.views(of: split).reduce(0) { $0 + $1.camera.width * $1.camera.height }
    }
    report.finish()
    reporter.finish(
      ProgressReporter.count(report.viewCount, "view") + " of "
        + ProgressReporter.count(known.count, "scene"))
    try Terminal.result(json ? Terminal.json(report) : report.text)
    try CommandFailure.check(nonFinitePixelCount: report.nonFinitePixels, of: pixelCount)
  }

  private struct Scores: Encodable {
    var psnr: Double
    var ssim: Double
  }

  private struct Report: Encodable {
    var schema = 1
    var mean = Scores(psnr: 0, ssim: 0)
    var scenes: [String: Scores] = [:]
    var viewCount = 0
    var nonFinitePixels = 0
    /// What the command was expected to need at its peak.
    let memoryBytes: Int

    mutating func finish() {
      let ordered = scenes.sorted { $0.key < $1.key }.map(\.value)
      let count = Double(ordered.count)
      mean = Scores(
        psnr: ordered.reduce(0) { $0 + $1.psnr } / count,
        ssim: ordered.reduce(0) { $0 + $1.ssim } / count)
    }

    var text: String {
      let width = max(4, scenes.keys.map(\.count).max() ?? 0)
      func line(_ name: String, _ scores: Scores) -> String {
        let padded = name.padding(toLength: width, withPad: " ", startingAt: 0)
        return padded + String(format: "  %6.2f dB  SSIM %.4f", scores.psnr, scores.ssim)
      }
      let rows = scenes.sorted { $0.key < $1.key }.map { line($0.key, $0.value) }
      return (rows + [line("mean", mean)]).joined(separator: "\n")
    }
  }
}

extension Split: ExpressibleByArgument {
  public static var allValueStrings: [String] { allCases.map(\.shortName) }

  public init?(argument: String) {
    switch argument {
    case "train": self = .train
    case "val", "validation": self = .validation
    case "test": self = .test
    default: return nil
    }
  }
}
