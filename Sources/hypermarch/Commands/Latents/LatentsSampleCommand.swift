import ArgumentParser
import Checkpoints
import Files
import Fitting
import Kernels
import NeuralFields
import Sequences

/// Draws new scenes from a model's prior.
struct LatentsSampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw new scenes from the prior: latent files, a sheet, or both.",
    discussion: """
      EXAMPLES
        hypermarch latents sample --contact-sheet samples.png
        hypermarch latents sample --count 4 -o new/##.latent.safetensors

      A sample depends on the seed and on its own number alone.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("How many samples; else 8.", valueName: "n"))
  var count = 8

  @Option(help: ArgumentHelp("The random seed.", valueName: "n"))
  var seed: UInt64 = 42

  @Option(
    help: ArgumentHelp(
      "What deviations from the mean are multiplied by, 0…4: less is more like the mean.",
      valueName: "share"))
  var truncation: Float = 1

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The files' names, with #### or %04d, ending in .latent.safetensors.",
      valueName: "pattern"))
  var output: String?

  @OptionGroup(title: "Sheet") var sheet: SheetOptions

  @Flag(help: "Replace files that exist.")
  var overwrite = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    guard (1...10_000).contains(count) else {
      throw ValidationError("--count: found \(count), expected 1…10000")
    }
    guard (0...4).contains(truncation) else {
      throw ValidationError("--truncation: found \(truncation), expected 0…4")
    }
    if output == nil && sheet.contactSheet == nil {
      throw ValidationError("found nothing to write, expected --output or --contact-sheet")
    }
    _ = try pattern()
  }

  private func pattern() throws -> FramePattern? {
    guard let output else { return nil }
    guard output.hasSuffix(LatentMix.fileSuffix) else {
      throw ValidationError(
        "--output: found \(output.onOneLine), expected a name that ends in \(LatentMix.fileSuffix)")
    }
    do {
      return try FramePattern(output)
    } catch {
      throw ValidationError(
        "--output: found \(error) in \(output.onOneLine), expected one of #### or %04d in the "
          + "file's own name")
    }
  }

  func run() throws {
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model.path)
    let checkpoint = try model.read()
    let paths = try pattern().map { pattern in
      try CommandFailure.wrapping { try FileWriter.createFolder(pattern.folder) }
      return (1...count).map { pattern.path(of: $0) }
    }
    try OutputPaths.check((paths ?? []) + [sheet.contactSheet].compactMap(\.self))
    for path in paths ?? [] {
      FileWriter.removeLeftovers(of: path)
      try CommandFailure.wrapping { try FileWriter.check(path, overwriting: overwrite) }
    }
    let sheet = try LatentSheet(
      sheet, of: checkpoint, overwriting: overwrite, threadCount: threads.count, isQuiet: quiet)
    budget.keepModel(checkpoint)
    budget.keep(FitMemory.modelBytes(checkpoint), for: "the prior")
    budget.pass(sheet?.memoryBytes(count: count) ?? 0, for: "the sheet")
    try budget.state(advice: "a smaller --count or --size", isQuiet: quiet)
    let survey = LatentSurvey(checkpoint, threadCount: threads.count)
    let codes = (1...count).map { number in
      var random = SeededGenerator(seed: seed, UInt64(number))
      return survey.prior.sample(using: &random, truncation: truncation)
    }
    let fingerprint = checkpoint.fingerprint
    for (index, path) in (paths ?? []).enumerated() {
      let file = LatentFile(
        program: Hypermarch.programName, name: "sample \(index + 1) of seed \(seed)",
        modelFingerprint: fingerprint, latent: SceneLatent(code: codes[index]))
      try CommandFailure.wrapping { try file.write(to: path, overwriting: overwrite) }
    }
    try sheet?.write(
      codes.map { SceneLatent(code: $0) }, columns: nil, overwriting: overwrite)
    let report = Report(
      seed: seed, truncation: truncation,
      samples: codes.enumerated().map { index, code in
        Sample(
          number: index + 1, file: paths?[index],
          place: survey.place(of: code, neighbourCount: 1))
      }, contactSheet: sheet?.path)
    try Terminal.result(
      json
        ? Terminal.json(report)
        : ((paths ?? []) + (sheet.map { [$0.path] } ?? [])).joined(separator: "\n"))
  }

  private struct Report: Encodable {
    var schema = 1
    let seed: UInt64
    let truncation: Float
    let samples: [Sample]
    let contactSheet: String?
  }

  private struct Sample: Encodable {
    let number: Int
    let file: String?
    let place: LatentSurvey.Place
  }
}
