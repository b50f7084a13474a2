import NeuralFields

/// The memory that models take, bytes.
package enum ModelMemory {
  /// While a model is read, beside what it keeps: a header, and a piece of the file and its values.
  package static let readingBytes = 8 << 20

  /// What a model in a file will take: its values in 32 bits, however they are stored.
  ///
  /// - Returns: 0 for a file that is no safetensors: to refuse it is for who reads it.
  package static func bytes(ofFile path: String) -> Int {
    do throws(SafetensorsError) {
      return 4 * (try SafetensorsReader(path)).valueCount
    } catch {
      return 0
    }
  }

  /// A model in memory, whose values are all in 32 bits, and its scenes' names.
  package static func bytes(of model: Checkpoint) -> Int {
    4 * (model.hypernetwork.parameters.count + model.latents.values.count)
      + nameBytes(of: model)
  }

  /// The names of a model's scenes, in its configuration and its table: long ones have memory of their own.
  private static func nameBytes(of model: Checkpoint) -> Int {
    model.latents.names.reduce(0) { $0 + 64 + ($1.utf8.count > 15 ? 32 + $1.utf8.count : 0) }
  }

  /// While scenes are changed, beside both models: rows and sets of names.
  package static func changingBytes(of model: Checkpoint) -> Int {
    nameBytes(of: model) + 128 * model.latents.names.count
  }

  /// While a model is written, beside it: its tensors, and a file's bytes.
  package static func writingBytes(of model: Checkpoint) -> Int { 2 * bytes(of: model) }

  /// A field of a model: its weights as they come from the hypernetwork and as the kernels want them.
  package static func fieldBytes(of model: Checkpoint) -> Int {
    3 * 4 * model.hypernetwork.target.count
  }
}
