import ArgumentParser
import Checkpoints
import Datasets
import Files
import Sequences

/// What the commands that change a model's scenes have in common: where the new model goes.
struct LibraryOptions: ParsableArguments {
  @Option(
    name: [.short, .long], help: ArgumentHelp("The model to write.", valueName: "file"))
  var output: String?

  @Flag(help: "Replace a file that exists; without --output, the model itself.")
  var overwrite = false

  @Flag(help: "Say what would be done, and write nothing.")
  var dryRun = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var memory: MemoryOptions

  func validate() throws {
    if output == nil && !overwrite && !dryRun {
      throw ValidationError(
        "found no --output, expected one, or --overwrite to change the model itself")
    }
  }

  /// Where the new model goes; nil where nothing is to be written.
  ///
  /// - Throws: `CommandFailure` for a file that cannot be written, before any work.
  func destination(model: String) throws -> String? {
    if dryRun { return nil }
    let path = output ?? model
    try CommandFailure.wrapping { try FileWriter.check(path, overwriting: overwrite) }
    FileWriter.removeLeftovers(of: path)
    return path
  }

  /// Reads a model that is to be changed, and how its values are stored.
  ///
  /// - Throws: `CommandFailure` for a model that needs too much memory, before it is read.
  func read(
    _ path: String, _ budget: inout MemoryBudget
  ) throws -> (model: Checkpoint, elementType: Tensor.ElementType) {
    try budget.readModel(path)
    let stored = try CommandFailure.wrapping { try Checkpoint.readStored(path) }
    budget.keepModel(stored.model)
    budget.keep(ModelMemory.changingBytes(of: stored.model), for: "the scenes' names")
    budget.pass(ModelMemory.writingBytes(of: stored.model), for: "the new file")
    return stored
  }

  /// Writes a changed model as its predecessor was stored, or checks that it could be written.
  func write(
    _ model: Checkpoint, to destination: String?, elementType: Tensor.ElementType
  ) throws {
    try CommandFailure.wrapping {
      if let destination {
        try model.write(to: destination, elementType: elementType, overwriting: overwrite)
      } else {
        try model.configuration.check(path: output ?? "the new model")
      }
    }
  }
}

extension CommandFailure {
  /// Runs a change of a model's scenes, giving its error a place and an exit code.
  ///
  /// - Parameters:
  ///   - place: the model's file.
  ///   - names: of the model's scenes, for the one that was probably meant.
  static func wrapping<Result>(
    place: String, names: [String], _ body: () throws(LibraryError) -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch .unknownScene(let name, let count) {
      throw CommandFailure(
        LatentMixError.unknownScene(
          name: name, nearest: name.nearest(among: names), count: count), place: place)
    } catch {
      throw CommandFailure("\(place): \(error)", .badData)
    }
  }
}
