import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import NeuralFields

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

  func read() throws -> Checkpoint {
    try CommandFailure.wrapping { try Checkpoint.read(path) }
  }
}

extension Checkpoint {
  /// The code of a scene, by name; of the first scene where none is named.
  func code(ofScene name: String?) throws -> (name: String, code: LatentCode) {
    let name = name ?? latents.names[0]
    guard let code = latents[name] else {
      let hint = name.nearest(among: latents.names).map { ": is \($0) meant?" } ?? ""
      throw CommandFailure(
        "--scene: found no scene named \(name), expected one of the model's "
          + "\(latents.names.count)\(hint)", .missingInput)
    }
    return (name, code)
  }
}
