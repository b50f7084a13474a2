import Kernels
import NeuralFields

/// A running mean of a model over its last steps, which shows pictures better than the last step does.
///
///     ā ← ā + (1 − d) (a − ā)      d = min(decay, (1 + n) / (10 + n)) at the n-th time
///
/// (Polyak and Juditsky 1992, https://doi.org/10.1137/0330046, with exponential weights.) Early on the
/// mean reaches back less far, so that the beginning is soon forgotten. Looking at a step in eight is
/// as good as at each of them, and an eighth of the work.
package struct WeightAverage: Sendable, Hashable {
  /// Of the hypernetwork, `[layout.count]`.
  package private(set) var parameters: [Float]
  /// `[scenes × latentWidth]`.
  package private(set) var codes: [Float]

  package init(parameters: [Float], codes: [Float]) {
    self.parameters = parameters
    self.codes = codes
  }

  /// Steps between two looks.
  package static let period = 8

  private static let chunkLength = 1 << 16

  /// Takes a model in, after a step.
  ///
  /// - Parameters:
  ///   - step: steps done; nothing happens unless it is a multiple of `period`.
  ///   - decay: what is left of the mean after each step, [0, 1).
  mutating func add(
    _ network: Hypernetwork, _ latents: LatentTable, step: Int, decay: Float, threadCount: Int
  ) {
    guard step % Self.period == 0 else { return }
    let count = Float(step / Self.period)
    var left: Float = 1
    for _ in 0..<Self.period { left *= decay }
    let share = 1 - min(left, (1 + count) / (10 + count))
    func approach(_ mean: inout [Float], _ values: [Float]) {
      precondition(mean.count == values.count, "found \(values.count), expected \(mean.count)")
      ParallelLoop.forEachChunk(
        of: &mean, chunkLength: Self.chunkLength, threadCount: threadCount
      ) { index, chunk in
        let start = index * Self.chunkLength
        chunk.approach(values.span.extracting(start..<start + chunk.count), share: share)
      }
    }
    approach(&parameters, network.parameters)
    approach(&codes, latents.values)
  }
}
