import ArgumentParser
import Benchmarking
import Checkpoints
import Foundation
import NeuralFields
import VolumeRendering

/// Measures how fast hypermarch is on this machine.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure kernels, frames and training against what this machine can do.",
    discussion: """
      EXAMPLES
        hypermarch bench
        hypermarch bench --growth --json

      Shares are of the peak: what the same threads can multiply and add at most, measured directly \
      before and after. One thread is timed by its own clock, several by the clock on the wall, so \
      keep the machine quiet. Frames are 400×400 pixels of the model's own view; training goes on \
      from the model, on pictures that it makes itself. Nothing is downloaded, and the only file is \
      a picture among the temporary ones, which is removed.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The scene to show, by name; else the first.", valueName: "name"))
  var scene: String?

  @Option(
    help: ArgumentHelp("Time for the repetitions of a figure; else 1.", valueName: "seconds"))
  var secondsPerFigure: Double?

  @Flag(help: "A few repetitions of everything, in a few seconds; figures are rough.")
  var quick = false

  @Flag(help: "Also measure how cost grows with pixels, scenes, width and threads.")
  var growth = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    guard let secondsPerFigure else { return }
    guard secondsPerFigure > 0 && secondsPerFigure <= 3600 else {
      throw ValidationError(
        "--seconds-per-figure: found \(secondsPerFigure), expected above 0 to 3600")
    }
    if quick {
      throw ValidationError("--seconds-per-figure: found it with --quick, which sets it")
    }
  }

  func run() throws {
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model.path)
    let checkpoint = try model.read()
    budget.keepModel(checkpoint, fieldCount: 2)
    budget.keep(
      Benchmark.memoryBytes(model: checkpoint, threadCount: threads.count), for: "measurements")
    try budget.state(advice: "a smaller model or fewer --threads", isQuiet: quiet)
    let code = try SceneReference(scene, of: checkpoint, budget: &budget).latent.code
    let view = checkpoint.configuration.defaultView
    let size = BenchmarkSubject.frameSize
    let subject = BenchmarkSubject(
      model: checkpoint, code: code, camera: view.camera.resized(width: size, height: size),
      target: view.target)

    let processorCount = ProcessInfo.processInfo.activeProcessorCount
    var plan =
      quick
      ? BenchmarkPlan.quick(threadCount: threads.count, processorCount: processorCount)
      : BenchmarkPlan(
        threadCount: threads.count, processorCount: processorCount,
        secondsPerFigure: secondsPerFigure ?? 1)
    plan.measuresGrowth = growth

    var reporter = ProgressReporter(isQuiet: quiet)
    let start = ContinuousClock.now
    let report = try CommandFailure.wrapping {
      try Benchmark(plan: plan).run(subject) { reporter.show("measuring: \($0)") }
    }
    try Terminal.result(json ? Terminal.json(report) : report.text)
    reporter.finish(
      "measured in \(ProgressReporter.clock((ContinuousClock.now - start).inSeconds))")
    if let warning = report.warning { Terminal.error("warning: \(warning)") }
  }
}
