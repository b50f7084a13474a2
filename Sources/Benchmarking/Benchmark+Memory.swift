package import Checkpoints
import NeuralFields

/// The memory that a run of all benchmarks takes.
extension Benchmark {
  /// Two trainings that go on from the model, each with its weights and Adam's moments, and the frames,
  /// grids and workspaces of the other figures, bytes.
  package static func memoryBytes(model: Checkpoint, threadCount: Int) -> Int {
    let values = model.hypernetwork.parameters.count + model.latents.values.count
    return 2 * 3 * 4 * values + (48 << 20) + threadCount * (4 << 20)
  }
}
