import ArgumentParser
import Checkpoints
import Foundation

/// Which model a command works on.
struct ModelOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The model, a .safetensors file; by default the one that comes with hypermarch.",
      valueName: "model"))
  var model: String?

  /// The path asked for, or that of the model that comes with the program.
  ///
  /// `scripts/hypermarch` says in HYPERMARCH_HOME where the repository is.
  var path: String {
    if let model { return model }
    let home = ProcessInfo.processInfo.environment["HYPERMARCH_HOME"] ?? "."
    return home + "/scenes/cars.safetensors"
  }

  /// Says where the model that comes with the program was looked for, if it is not there.
  func check() throws {
    guard model == nil, !FileManager.default.fileExists(atPath: path) else { return }
    throw CommandFailure(
      "\(path): found no model there, expected the one that comes with hypermarch: name a model, or say "
        + "in HYPERMARCH_HOME where the folder scenes is", .missingInput)
  }

  func read() throws -> Checkpoint {
    try check()
    return try CommandFailure.wrapping { try Checkpoint.read(path) }
  }
}
