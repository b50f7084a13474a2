package import Kernels
import NeuralFields

/// Many samples for the field kernels, prepared so that running them is nothing but kernel calls.
///
/// The network takes a position with ten octaves through four hidden layers of one width to density and
/// radiance, without a view branch. Its weights are random of He's scale, the positions uniform in the
/// bound; both are the same in every run.
package struct KernelWorkload {
  /// What is done with each sample.
  package enum Pass: Sendable {
    /// Position to density and radiance.
    case forward
    /// The same and back to the gradient of the weights.
    case training

    /// Samples a call, in memory that the next call uses again: about as many as when pictures are
    /// rendered and when models are trained, whose batches stay in the L2 cache too.
    fileprivate var samplesPerCall: Int {
      switch self {
      case .forward: 1024
      case .training: 256
      }
    }
  }

  package let sampleCount: Int
  /// Floating-point operations of a run.
  package let operationCount: Int

  private let pass: Pass
  private let packed: PackedFieldWeights
  private var batch: FieldBatch
  private var outputGradient: FieldOutputGradient
  private var weightGradient: [Float]
  private let activations: FieldActivations

  /// - Parameter precision: one that this CPU has.
  package init(
    pass: Pass, width: Int, precision: FieldPrecision = .float32, sampleCount: Int
  ) {
    let architecture = FieldArchitecture(positionOctaves: 10, hiddenLayerCount: 4, width: width)
    let shape = architecture.kernelShape(
      over: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]))
    var random = SeededGenerator(seed: 42, UInt64(width))
    self.pass = pass
    self.sampleCount = sampleCount
    let perSample =
      pass == .forward ? shape.forwardOperationCount : shape.trainingOperationCount
    operationCount = sampleCount * perSample
    packed = PackedFieldWeights(
      shape: shape, weights: Self.weights(of: architecture.layout, random: &random).span,
      precision: precision)
    let capacity = min(pass.samplesPerCall, sampleCount)
    batch = FieldBatch(capacity: capacity)
    for _ in 0..<capacity {
      let position = SIMD3(random.uniform(), random.uniform(), random.uniform())
      batch.append(position: 2 * position - 1, direction: [0, 0, -1])
    }
    outputGradient = FieldOutputGradient(capacity: capacity)
    for index in 0..<capacity {
      outputGradient.density[index] = 1e-3 * (random.uniform() - 0.5)
      outputGradient.red[index] = 1e-3 * (random.uniform() - 0.5)
      outputGradient.green[index] = 1e-3 * (random.uniform() - 0.5)
      outputGradient.blue[index] = 1e-3 * (random.uniform() - 0.5)
    }
    weightGradient = [Float](repeating: 0, count: shape.weightCount)
    // A forward pass keeps no activations.
    activations = FieldActivations(shape: shape, capacity: pass == .forward ? 1 : capacity)
  }

  /// Weights with the variance that keeps a signal's size from layer to layer, biases zero.
  ///
  /// (He et al. 2015, eq. 10, https://arxiv.org/abs/1502.01852.)
  private static func weights(
    of layout: ParameterLayout, random: inout SeededGenerator
  ) -> [Float] {
    layout.entries.flatMap { entry -> [Float] in
      guard entry.shape.count == 2 else { return [Float](repeating: 0, count: entry.count) }
      return random.normals(
        count: entry.count, standardDeviation: (2 / Float(entry.shape[1])).squareRoot())
    }
  }

  /// Takes every sample through the kernels once; the last call may be shorter.
  package mutating func run() {
    var remaining = sampleCount
    while remaining > 0 {
      batch.count = min(batch.capacity, remaining)
      remaining -= batch.count
      switch pass {
      case .forward: packed.evaluate(&batch)
      case .training:
        packed.evaluate(&batch, storing: activations)
        packed.accumulateGradient(
          of: &batch, outputGradient: &outputGradient, activations: activations,
          weightGradient: &weightGradient)
      }
    }
  }
}
