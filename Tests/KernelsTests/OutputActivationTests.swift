import Foundation
import Kernels
import TestSupport
import Testing

/// A network of zero weights whose output biases are set: density and radiance as functions of one
/// number.
@Suite("Output activations")
struct OutputActivationTests {
  struct Outcome {
    var density: Float
    var red: Float
    /// ∂density/∂s and ∂red/∂u.
    var densitySlope: Float
    var redSlope: Float
  }

  static let scale = 6.3
  static let arguments: [Double] = [
    -80, -40, -20, -10, -5, -1, -0.1, 0, 0.1, 1, 5, 9.99, 11.99, 12.01, 20, 40, 80,
  ]

  /// The outputs and their derivatives for output sums of `s` each.
  static func outcome(
    _ s: Double, _ activation: DensityActivation, _ backend: FieldKernelBackend
  ) -> Outcome {
    let shape = FieldKernelShape.of(octaves: 0, layers: 1, width: 8, activation)
    let count = shape.weightCount
    var weights = [Float](repeating: 0, count: count)
    for index in count - 4..<count { weights[index] = Float(s) }
    let packed = PackedFieldWeights(shape: shape, weights: weights.span)
    let activations = FieldActivations(shape: shape, capacity: 1)
    var batch = FieldBatch(capacity: 1)
    batch.append(position: .zero, direction: [0, 0, 1])
    packed.evaluate(&batch, storing: activations, backend: backend)
    var slopes = FieldOutputGradient(capacity: 1)
    (slopes.density[0], slopes.red[0]) = (1, 1)
    var gradient = [Float](repeating: 0, count: count)
    packed.accumulateGradient(
      of: &batch, outputGradient: &slopes, activations: activations, weightGradient: &gradient,
      backend: backend)
    return Outcome(
      density: batch.density[0], red: batch.red[0], densitySlope: gradient[count - 4],
      redSlope: gradient[count - 3])
  }

  @Test(
    "density is scale · softplus(s − shift), and its derivative a sigmoid",
    arguments: FieldKernelBackend.available, OutputActivationTests.arguments)
  func softplus(backend: FieldKernelBackend, s: Double) {
    let found = Self.outcome(s, .shiftedSoftplus, backend)
    let x = Double(Float(s)) - 1
    let density = Self.scale * ReferenceMath.softplus(x)
    let slope = Self.scale * ReferenceMath.sigmoid(x)
    #expect(Tolerance.share([found.density], [density], relative: 1e-6, absolute: 1e-30) <= 1)
    #expect(
      Tolerance.share([found.densitySlope], [slope], relative: 1e-6, absolute: 1e-7 * Self.scale)
        <= 1)
  }

  @Test(
    "density is scale · exp(s − shift) and constant past an exponent of 11",
    arguments: FieldKernelBackend.available, OutputActivationTests.arguments)
  func exponential(backend: FieldKernelBackend, s: Double) {
    let found = Self.outcome(s, .truncatedExponential, backend)
    let x = Double(Float(s)) - 1
    let density = Self.scale * exp(min(x, 11))
    #expect(Tolerance.share([found.density], [density], relative: 1e-6, absolute: 0) <= 1)
    #expect(
      Tolerance.share([found.densitySlope], [x < 11 ? density : 0], relative: 1e-6, absolute: 0)
        <= 1)
  }

  @Test(
    "radiance is a sigmoid, and its derivative c (1 − c)",
    arguments: FieldKernelBackend.available, OutputActivationTests.arguments)
  func sigmoid(backend: FieldKernelBackend, u: Double) {
    let found = Self.outcome(u, .shiftedSoftplus, backend)
    let c = ReferenceMath.sigmoid(Double(Float(u)))
    #expect(Tolerance.share([found.red], [c], relative: 1e-6, absolute: 1e-30) <= 1)
    #expect(
      Tolerance.share([found.redSlope], [c * (1 - c)], relative: 1e-6, absolute: 1.2e-7) <= 1)
  }

  @Test(
    "outputs and derivatives stay finite for large sums",
    arguments: FieldKernelBackend.available, DensityActivation.allCases)
  func extremes(backend: FieldKernelBackend, activation: DensityActivation) {
    for s in [-3e38, -1e10, -1000, 1000, 1e10, 1e37] {
      let found = Self.outcome(s, activation, backend)
      #expect(found.density.isFinite && found.density >= 0, "s = \(s)")
      #expect((0...1).contains(found.red), "u = \(s)")
      #expect(found.densitySlope.isFinite && found.redSlope.isFinite, "s = \(s)")
    }
  }

  @Test(
    "what is not a number on the way shows in the outputs",
    arguments: FieldKernelBackend.available, DensityActivation.allCases)
  func notANumber(backend: FieldKernelBackend, activation: DensityActivation) {
    let found = Self.outcome(.nan, activation, backend)
    #expect(found.density.isNaN && found.red.isNaN)

    let fixture = FieldFixture(.of(octaves: 1, layers: 3, width: 9, activation), sampleCount: 40)
    var weights = fixture.weights
    weights[0] = .nan
    let packed = PackedFieldWeights(shape: fixture.shape, weights: weights.span)
    var batch = fixture.batch(0..<40)
    packed.evaluate(&batch, backend: backend)
    #expect(batch.results.allSatisfy { $0.isNaN })
  }
}
