import ArgumentParser
import Checkpoints
import Fitting
import Foundation
import NeuralFields

/// Finds the directions in which a model's codes differ most, and shows what they do.
struct LatentsDirectionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "directions",
    abstract: "Find the principal directions of the codes, and show them.",
    discussion: """
      EXAMPLES
        hypermarch latents directions
        hypermarch latents directions --count 4 --contact-sheet directions.png

      The sheet has a row for each direction, from -2 to +2 standard deviations about the mean code \
      in its five columns. Variants of scenes count as codes.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("How many directions; else 8, or all.", valueName: "n"))
  var count: Int?

  @OptionGroup(title: "Sheet") var sheet: SheetOptions

  @Flag(help: "Replace a file that exists.")
  var overwrite = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON, with the directions themselves.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  /// The columns of a sheet, in standard deviations.
  private static let places: [Float] = [-2, -1, 0, 1, 2]

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count: found \(count), expected 1 or more") }
  }

  func run() throws {
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model.path)
    let checkpoint = try model.read()
    let sheet = try LatentSheet(
      sheet, of: checkpoint, overwriting: overwrite, threadCount: threads.count, isQuiet: quiet)
    budget.keepModel(checkpoint)
    budget.keep(FitMemory.modelBytes(checkpoint), for: "the prior")
    budget.pass(
      sheet?.memoryBytes(count: 5 * min(count ?? 8, checkpoint.latents.width)) ?? 0,
      for: "the sheet")
    try budget.state(advice: "a smaller --count or --size", isQuiet: quiet)
    let found = PrincipalDirections(checkpoint.sceneCodes)
    let total = found.deviations.count
    guard total > 0 else {
      throw CommandFailure(
        "\(model.path): found \(ProgressReporter.count(checkpoint.latents.names.count, "code")) "
          + "without any difference, expected at least two that differ", .badData)
    }
    if let count, count > total {
      throw CommandFailure(
        "--count: found \(count), expected 1…\(total): the model's "
          + ProgressReporter.count(checkpoint.latents.names.count, "code")
          + " differ in no more directions", .usage)
    }
    let shown = min(count ?? 8, total)
    try sheet?.write(
      (0..<shown).flatMap { direction in
        Self.places.map { SceneLatent(code: found.code(along: direction, at: $0)) }
      }, columns: Self.places.count, overwriting: overwrite)
    let report = Report(found, count: shown, sheet: sheet?.path)
    try Terminal.result(json ? Terminal.json(report) : report.text)
  }

  private struct Report: Encodable {
    var schema = 1
    /// Directions in which the codes differ at all.
    let directionCount: Int
    let mean: [Float]
    let directions: [Direction]
    let contactSheet: String?

    struct Direction: Encodable {
      let standardDeviation: Float
      /// Of the codes' variance, 0…1, alone and with the directions before it.
      let explained: Double
      let cumulative: Double
      /// Of length 1.
      let direction: [Float]
    }

    init(_ found: PrincipalDirections, count: Int, sheet: String?) {
      directionCount = found.deviations.count
      mean = found.mean.values
      contactSheet = sheet
      var sum = 0.0
      directions = (0..<count).map { index in
        sum += found.explained[index]
        return Direction(
          standardDeviation: found.deviations[index], explained: found.explained[index],
          cumulative: sum, direction: found.directions[index])
      }
    }

    var text: String {
      (["direction  deviation  explained  together"]
        + directions.enumerated().map { index, own in
          String(
            format: "%9d  %9.4f  %7.1f %%  %6.1f %%", index + 1, own.standardDeviation,
            100 * own.explained, 100 * own.cumulative)
        } + (contactSheet.map { [$0] } ?? [])).joined(separator: "\n")
    }
  }
}
