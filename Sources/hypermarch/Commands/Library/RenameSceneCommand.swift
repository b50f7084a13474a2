import ArgumentParser
import Checkpoints
import NeuralFields

/// Gives a scene of a model another name.
struct RenameSceneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rename-scene",
    abstract: "Give a scene of a model another name.",
    discussion: """
      EXAMPLES
        hypermarch rename-scene cars.safetensors kenney_taxi taxi -o new.safetensors
        hypermarch rename-scene cars.safetensors kenney_taxi taxi --overwrite

      Variants that training made of the scene are named after it. Nothing else changes.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("The scene.", valueName: "old"))
  var old: String

  @Argument(help: ArgumentHelp("Its new name.", valueName: "new"))
  var new: String

  @OptionGroup var library: LibraryOptions

  func run() throws {
    let destination = try library.destination(model: model)
    var budget = MemoryBudget(library.memory)
    let (checkpoint, type) = try library.read(model, &budget)
    try budget.state(advice: "a smaller model")
    let (result, renamed) = try CommandFailure.wrapping(
      place: model, names: checkpoint.configuration.knownNames
    ) {
      () throws(LibraryError) in try checkpoint.renaming(old, to: new)
    }
    try library.write(result, to: destination, elementType: type)
    let report = Report(
      model: destination, renamed: renamed.map { Report.Pair(old: $0.old, new: $0.new) })
    try Terminal.result(library.json ? Terminal.json(report) : report.text)
  }

  private struct Report: Encodable {
    var schema = 1
    /// The file that was written; nil where nothing was.
    let model: String?
    /// The scene, and its variants.
    let renamed: [Pair]

    struct Pair: Encodable {
      let old: String
      let new: String
    }

    var text: String {
      model ?? renamed.map { "would rename \($0.old) to \($0.new)" }.joined(separator: "\n")
    }
  }
}
