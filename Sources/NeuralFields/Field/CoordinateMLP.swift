package import Kernels

/// A radiance field that is a network: positional encoding and a multilayer perceptron.
///
/// Its weights come from outside, so a scene is switched by making another value. The network is
/// written down in `field_kernels.h`; here it is bound to a part of space and made evaluable from
/// many threads.
package struct CoordinateMLP: RadianceField {
  package let architecture: FieldArchitecture
  package let bound: BoundingBox
  private let packed: PackedFieldWeights

  /// - Precondition: `weights` has the length of the architecture's layout, and this CPU has the
  ///   precision.
  package init(
    architecture: FieldArchitecture, bound: BoundingBox, weights: FieldWeights,
    precision: FieldPrecision = .float32
  ) {
    self.init(
      architecture: architecture, bound: bound, weights: weights.values.span, precision: precision)
  }

  /// A field whose weights are lent, such as one row of what a hypernetwork generated for many scenes.
  package init(
    architecture: FieldArchitecture, bound: BoundingBox, weights: Span<Float>,
    precision: FieldPrecision = .float32
  ) {
    self.architecture = architecture
    self.bound = bound
    packed = PackedFieldWeights(
      shape: architecture.kernelShape(over: bound), weights: weights, precision: precision)
  }

  package func evaluate(_ batch: inout FieldBatch) {
    packed.evaluate(&batch)
  }

  /// As `evaluate`, and keeps every layer's activations for `accumulateGradient`.
  package func evaluate(_ batch: inout FieldBatch, storing activations: FieldActivations) {
    packed.evaluate(&batch, storing: activations)
  }

  /// Adds ∂L/∂weights of a batch to `weightGradient`.
  ///
  /// Differentiable to the weights; to positions in `Kernels` alone, to directions not.
  ///
  /// - Parameters:
  ///   - batch: as `evaluate(_:storing:)` left it.
  ///   - outputGradient: ∂L/∂density and ∂L/∂radiance per sample.
  ///   - activations: as `evaluate(_:storing:)` left them.
  package func accumulateGradient(
    of batch: inout FieldBatch, outputGradient: inout FieldOutputGradient,
    activations: FieldActivations, weightGradient: inout FieldWeights
  ) {
    packed.accumulateGradient(
      of: &batch, outputGradient: &outputGradient, activations: activations,
      weightGradient: &weightGradient.values)
  }
}
