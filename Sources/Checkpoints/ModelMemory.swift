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

  /// A model in memory, whose values are all in 32 bits.
  package static func bytes(of model: Checkpoint) -> Int {
    4 * (model.hypernetwork.parameters.count + model.latents.values.count)
  }

  /// While a model is written, beside it: its tensors, and a file's bytes.
  package static func writingBytes(of model: Checkpoint) -> Int { 2 * bytes(of: model) }

  /// A field of a model: its weights as they come from the hypernetwork and as the kernels want them.
  package static func fieldBytes(of model: Checkpoint) -> Int {
    3 * 4 * model.hypernetwork.target.count
  }
}
