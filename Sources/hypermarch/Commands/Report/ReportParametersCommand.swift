import ArgumentParser
import Datasets
import Foundation
import VolumeRendering

/// Measures bytes per scene against PSNR, for one hypernetwork and for separate fields.
struct ReportParametersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parameters",
    abstract: "Bytes per scene against PSNR: one hypernetwork or a field for each scene.",
    discussion: """
      EXAMPLES
        hypermarch report parameters data/cars -o runs/parameters
        hypermarch report parameters data/cars -o runs/quick --steps 60 --threads 1

      Models of each kind of generator are trained on more and more scenes, separate fields on one \
      scene each. All get the same number of training steps for each of their scenes, so that a \
      library costs the same whichever way it is kept. Every point is measured on the test views \
      of the same few scenes, stored in 32 and in 16 bits, with codes of 8, 6 and 4 bits.
      """)

  @Argument(help: ArgumentHelp("A folder of scenes of posed images.", valueName: "dataset"))
  var dataset: String

  @OptionGroup var report: ReportOptions

  @Option(help: ArgumentHelp("Training steps for each scene of a model.", valueName: "n"))
  var steps = 450

  @Option(
    help: ArgumentHelp(
      "Numbers of scenes in one model; else 1, 4, 16 and all.", valueName: "n,n"))
  var sceneCounts: NumberList?

  @Option(
    help: ArgumentHelp("Scenes that every point is measured on, at most.", valueName: "n"))
  var measured = 8

  @Option(help: "Only this generator: per-layer, low-rank or chunked; may be repeated.")
  var generator: [TrainingOptions.Generator] = []

  @Option(help: ArgumentHelp("Samples per step, about; else train's.", valueName: "n"))
  var samplesPerStep: Int?

  @Option(help: ArgumentHelp("Only scenes with this name; * and ? allowed.", valueName: "name"))
  var scene: [String] = []

  @Option(help: ArgumentHelp("The random seed; else 42.", valueName: "n"))
  var seed: UInt64?

  @Option(help: "preview, standard or high: how finely views are rendered to be measured.")
  var quality: RenderQuality = .standard

  @OptionGroup var threads: ThreadOptions

  private static let advice = "fewer scenes, by --scene"

  func validate() throws {
    for (name, value, range) in [
      ("steps", steps, 1...1_000_000), ("measured", measured, 1...1_000_000),
      ("samples-per-step", samplesPerStep ?? 256, 256...16_777_216),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name): found \(value), expected \(range.lowerBound)…\(range.upperBound)")
    }
    if let sceneCounts, sceneCounts.numbers.contains(0) {
      throw ValidationError("--scene-counts: found 0, expected 1 or more")
    }
    if Set(generator).count < generator.count {
      throw ValidationError("--generator: found one twice, expected each once")
    }
  }

  func run() throws {
    let folder = try ProgressReporter.waiting(for: "reading \(dataset)", isQuiet: report.quiet) {
      try CommandFailure.wrapping {
        let pictures = try DatasetMemory(
          of: dataset, splits: [.train, .test], matching: scene, threadCount: threads.count)
        var reading = MemoryBudget(report.memory, threadCount: threads.count)
        try reading.keepPictures(pictures, advice: Self.advice)
        return try DatasetFolder.open(
          dataset, splits: [.train, .test], matching: scene, threadCount: threads.count)
      }
    }
    let scenes = folder.scenes.filter { !$0.test.isEmpty }
    guard !scenes.isEmpty else {
      throw CommandFailure("\(dataset): found no test views, expected some", .badData)
    }
    if let count = sceneCounts?.numbers.first(where: { $0 > scenes.count }) {
      throw CommandFailure(
        "--scene-counts: found \(count), expected at most \(dataset)'s \(scenes.count)", .badData)
    }
    let counts =
      sceneCounts?.numbers.sorted() ?? [1, 4, 16].filter { $0 < scenes.count } + [scenes.count]
    let run = ParametersRun(
      dataset: dataset, scenes: scenes, sceneCounts: counts, measuredCount: measured,
      generators: generator.isEmpty ? TrainingOptions.Generator.allCases : generator,
      stepsPerScene: steps, samplesPerStep: samplesPerStep, seed: seed, quality: quality,
      threadCount: threads.count, isQuiet: report.quiet)
    try run.budget(report.memory).state(advice: Self.advice, isQuiet: report.quiet)
    let settings = try run.settings()
    let output = try ReportFolder(
      report.output, settings: settings, overwriting: report.overwrite)
    let result = ParametersReport(
      program: Hypermarch.programName, command: pastableCommand(Hypermarch.words),
      settings: settings, points: try run.points(in: output))
    let paths = try output.write(result, plot: result.plot, "parameters")
    try report.show(result, text: result.text, paths: paths)
  }
}
