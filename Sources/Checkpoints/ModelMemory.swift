import NeuralFields

/// The memory that models take, bytes.
package enum ModelMemory {
  /// While a model is read: the file, its values in 32 bits, and the parameters that they become.
  ///
  /// Half precision doubles on its way in.
  package static func readingBytes(fileByteCount: Int) -> Int { 5 * fileByteCount }

  /// A model in memory, whose values are all in 32 bits.
  package static func bytes(of model: Checkpoint) -> Int {
    4 * (model.hypernetwork.parameters.count + model.latents.values.count)
  }

  /// A field of a model: its weights as they come from the hypernetwork and as the kernels want them.
  package static func fieldBytes(of model: Checkpoint) -> Int {
    3 * 4 * model.hypernetwork.target.count
  }
}
