import Kernels
import TestSupport
import Testing

@Suite("Field kernels, backward")
struct FieldKernelGradientTests {
  @Test(
    "weight gradients agree with double precision within the stated bound, tensor by tensor",
    arguments: FieldKernelShape.varied, FieldKernelBackend.available)
  func agreement(shape: FieldKernelShape, backend: FieldKernelBackend) {
    let fixture = FieldFixture(shape)
    let found = fixture.weightGradient(count: 100, backend: backend)
    let expected = fixture.referenceGradient(count: 100)
    for tensor in fixture.reference.tensors {
      let largest = expected.magnitude[tensor].reduce(0, max)
      let share = Tolerance.share(
        Array(found[tensor]), Array(expected.sum[tensor]), relative: 0, absolute: 1e-6 * largest)
      #expect(share <= 1, "weights \(tensor)")
    }
  }

  @Test(
    "weight gradients agree with finite differences",
    arguments: FieldKernelShape.small, FieldKernelBackend.available)
  func finiteDifferences(shape: FieldKernelShape, backend: FieldKernelBackend) {
    let fixture = FieldFixture(shape, sampleCount: 40)
    let expected = FiniteDifference.derivatives(
      of: fixture.loss, at: fixture.weights.inDouble, entries: Array(fixture.weights.indices))
    let found = fixture.weightGradient(count: 40, backend: backend)
    #expect(Tolerance.errorOfLargest(found, expected) <= 2e-6)
  }

  @Test(
    "the positional encoding is within 2e-7, or 6e-7 where an angle is doubled, at every octave",
    arguments: FieldKernelBackend.available)
  func encoding(backend: FieldKernelBackend) {
    // ∂L/∂W = g γ(p) and ∂L/∂b = g of the first layer: their quotient is what the layer was fed.
    let shape = FieldKernelShape.of(octaves: 16, layers: 1, width: 1)
    let featureCount = 3 + 6 * 16
    let fixture = FieldFixture(shape, sampleCount: 60)
    var weights = [Float](repeating: 0, count: shape.weightCount)
    weights[featureCount] = 1
    for output in 0..<4 { weights[featureCount + 1 + output] = 0.5 }
    let packed = PackedFieldWeights(shape: shape, weights: weights.span)
    let activations = FieldActivations(shape: shape, capacity: 1)
    for index in fixture.positions.indices {
      var batch = fixture.batch([index])
      var slopes = FieldOutputGradient(capacity: 1)
      slopes.red[0] = 8
      var gradient = [Float](repeating: 0, count: weights.count)
      packed.evaluate(&batch, storing: activations, backend: backend)
      packed.accumulateGradient(
        of: &batch, outputGradient: &slopes, activations: activations, weightGradient: &gradient,
        backend: backend)
      let found = gradient[..<featureCount].map { $0 / gradient[featureCount] }
      let p = (fixture.positions[index] - shape.centre) * (1 / shape.halfExtent)
      let expected = ReferenceMath.positionalEncoding(SIMD3<Double>(p), octaves: 16)
      for (feature, value) in found.enumerated() {
        let isDoubled = feature >= 3 && (feature - 3) / 6 % 2 == 1
        let error = abs(Double(value) - expected[feature])
        #expect(error <= (isDoubled ? 6e-7 : 2e-7 + 2e-7 * abs(expected[feature])))
      }
    }
  }

  @Test(
    "position gradients agree with double precision, and leave weight gradients as they are",
    arguments: FieldKernelShape.varied, FieldKernelBackend.available)
  func positions(shape: FieldKernelShape, backend: FieldKernelBackend) {
    let fixture = FieldFixture(shape)
    for count in [1, 33, 100] {
      let found = fixture.positionGradient(count: count, backend: backend)
      let expected = fixture.referencePositionGradient(count: count)
      #expect(
        found.weights.bitPatterns
          == fixture.weightGradient(count: count, backend: backend).bitPatterns)
      #expect(Tolerance.errorOfLargest(found.positions, expected) <= 3e-6)
    }
  }

  @Test("position gradients agree with finite differences", arguments: FieldKernelShape.small)
  func positionDifferences(shape: FieldKernelShape) {
    let fixture = FieldFixture(shape, sampleCount: 20)
    let found = fixture.positionGradient(count: 20, backend: .best).positions
    #expect(Tolerance.errorOfLargest(found, fixture.positionDifferences(count: 20)) <= 3e-6)
  }

  @Test("gradients are added to what is there", arguments: FieldKernelBackend.available)
  func accumulation(backend: FieldKernelBackend) {
    for shape in FieldKernelShape.small {
      let fixture = FieldFixture(shape)
      let once = fixture.weightGradient(count: 50, backend: backend)
      var twice = once
      fixture.accumulateGradient(count: 50, backend: backend, into: &twice)
      #expect(twice == once.map { $0 * 2 })
    }
  }

  @Test(
    "what a longer batch left in the memory changes no gradient",
    arguments: FieldKernelShape.varied, FieldKernelBackend.available)
  func leftovers(shape: FieldKernelShape, backend: FieldKernelBackend) {
    let fixture = FieldFixture(shape)
    for count in [1, 31, 33] {
      let used = FieldActivations(shape: shape, capacity: 100)
      _ = fixture.weightGradient(count: 100, backend: backend, activations: used)
      let found = fixture.weightGradient(count: count, backend: backend, activations: used)
      let expected = fixture.weightGradient(count: count, backend: backend)
      #expect(found.bitPatterns == expected.bitPatterns, "\(count) samples")
    }
  }

  @Test(
    "no samples, or none that matter, give no gradient", arguments: FieldKernelBackend.available)
  func nothing(backend: FieldKernelBackend) {
    for shape in FieldKernelShape.small {
      let fixture = FieldFixture(shape)
      #expect(fixture.weightGradient(count: 0, backend: backend).allSatisfy { $0 == 0 })
      let activations = FieldActivations(shape: shape, capacity: 100)
      var batch = fixture.batch(0..<100)
      fixture.packed.evaluate(&batch, storing: activations, backend: backend)
      var slopes = FieldOutputGradient(capacity: 100)
      var gradient = [Float](repeating: 0, count: fixture.weights.count)
      fixture.packed.accumulateGradient(
        of: &batch, outputGradient: &slopes, activations: activations, weightGradient: &gradient,
        backend: backend)
      #expect(gradient.allSatisfy { $0 == 0 })
    }
  }
}
