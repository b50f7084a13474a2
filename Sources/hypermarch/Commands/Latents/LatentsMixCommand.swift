import ArgumentParser
import Checkpoints
import Files
import Fitting
import NeuralFields
import Sequences

/// Adds and subtracts scenes.
struct LatentsMixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mix",
    abstract: "Make a latent of a sum of scenes, such as a - b + c.",
    discussion: """
      EXAMPLES
        hypermarch latents mix m.safetensors "a-b+c" -o d.latent.safetensors
        hypermarch latents mix m.safetensors "mean*0.5 + a*0.5" --json

      Terms are scenes of the model, latent files and mean, the mean code, each with a weight before \
      or behind it. Weights need not add up to 1. Without --output, only says where the sum lies.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(
    help: ArgumentHelp("The sum; write -- before one that begins with -.", valueName: "sum"))
  var sum: String

  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("What the scene is called; else the sum.", valueName: "name"))
  var name: String?

  @OptionGroup(title: "Sheet") var sheet: SheetOptions

  @OptionGroup var threads: ThreadOptions

  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    if let path = output.output, !path.hasSuffix(LatentMix.fileSuffix) {
      throw ValidationError(
        "--output: found \(path.onOneLine), expected a name that ends in \(LatentMix.fileSuffix)")
    }
  }

  func run() throws {
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model)
    let checkpoint = try CommandFailure.wrapping { try Checkpoint.read(model) }
    try OutputPaths.check([output.output, sheet.contactSheet].compactMap(\.self))
    if let path = output.output {
      FileWriter.removeLeftovers(of: path)
      try CommandFailure.wrapping { try FileWriter.check(path, overwriting: output.overwrite) }
    }
    let sheet = try LatentSheet(
      sheet, of: checkpoint, overwriting: output.overwrite, threadCount: threads.count,
      isQuiet: quiet)
    budget.keepModel(checkpoint)
    budget.keep(FitMemory.modelBytes(checkpoint), for: "the prior")
    budget.pass(sheet?.memoryBytes(count: 1) ?? 0, for: "the sheet")
    let scene = try SceneReference(sum, place: "the sum", of: checkpoint, budget: &budget)
    try budget.state(advice: "a smaller --size", isQuiet: quiet)
    let changeCount = scene.latent.changes.count
    guard changeCount <= LatentFile.changeLimit else {
      throw CommandFailure(
        "the sum: found \(changeCount) changes of weights in its latent files, expected at most "
          + "\(LatentFile.changeLimit)", .badData)
    }
    if let path = output.output {
      let file = LatentFile(
        program: Hypermarch.programName, name: name ?? scene.mix.text,
        modelFingerprint: checkpoint.fingerprint, latent: scene.latent)
      try CommandFailure.wrapping { try file.write(to: path, overwriting: output.overwrite) }
    }
    try sheet?.write([scene.latent], columns: 1, overwriting: output.overwrite)
    let survey = LatentSurvey(checkpoint, threadCount: threads.count)
    let place = survey.place(of: scene.latent.code, neighbourCount: 3)
    let report = Report(
      scene: scene.mix.text, file: output.output, contactSheet: sheet?.path, place: place,
      changeCount: changeCount, shellRadius: survey.prior.shellRadius,
      isInsideShell: place.priorDistance <= survey.prior.shellRadius)
    if !report.isInsideShell {
      Terminal.error(
        "warning: found the sum \(LatentSurvey.number(place.priorDistance)) from the mean code, "
          + "expected up to \(LatentSurvey.number(report.shellRadius)): it may show no scene")
    }
    let files = [output.output, sheet?.path].compactMap(\.self)
    try Terminal.result(
      json
        ? Terminal.json(report)
        : files.isEmpty
          ? LatentSurvey.Place.heading + "\n" + place.text : files.joined(separator: "\n"))
  }

  private struct Report: Encodable {
    var schema = 1
    let scene: String
    let file: String?
    let contactSheet: String?
    let place: LatentSurvey.Place
    /// Changes of weights, from latent files.
    let changeCount: Int
    /// The distance beyond which a code is unlike those of the model.
    let shellRadius: Float
    let isInsideShell: Bool
  }
}
