import ArgumentParser
import Checkpoints
import Datasets
import NeuralFields

/// Takes scenes out of a model.
struct RemoveScenesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove-scenes",
    abstract: "Take scenes out of a model.",
    discussion: """
      EXAMPLES
        hypermarch remove-scenes cars.safetensors kenney_taxi -o fewer.safetensors
        hypermarch remove-scenes cars.safetensors 'kenney_*' --dry-run

      Variants that training made of a scene, named NAME~1 and so on, go with it. All other scenes \
      stay as they are, to the last bit.
      """)

  @Argument(help: ArgumentHelp("The model, a .safetensors file.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("The scenes; * and ? allowed.", valueName: "names"))
  var names: [String]

  @OptionGroup var library: LibraryOptions

  func run() throws {
    let destination = try library.destination(model: model)
    var budget = MemoryBudget(library.memory)
    let (checkpoint, type) = try library.read(model, &budget)
    try budget.state(advice: "a smaller model")
    let (result, removed) = try CommandFailure.wrapping(
      place: model, names: checkpoint.configuration.knownNames
    ) {
      () throws(LibraryError) in
      try checkpoint.removing(
        NamePattern.expand(names, over: LibraryScene.scenes(of: checkpoint).map(\.name)))
    }
    try library.write(result, to: destination, elementType: type)
    let report = Report(
      model: destination, removed: removed, sceneCount: result.latents.ownRows.count)
    try Terminal.result(library.json ? Terminal.json(report) : report.text)
  }

  private struct Report: Encodable {
    var schema = 1
    /// The file that was written; nil where nothing was.
    let model: String?
    /// Scenes and their variants.
    let removed: [String]
    /// Scenes that are left, variants not counted.
    let sceneCount: Int

    var text: String {
      model
        ?? ([
          "would remove \(ProgressReporter.count(removed.count, "code")), and leave "
            + ProgressReporter.count(sceneCount, "scene")
        ] + removed.map { "  \($0)" })
        .joined(separator: "\n")
    }
  }
}
