import Kernels
import TestSupport
import Testing

@Suite("Field kernels, bfloat16", .enabled(if: FieldPrecision.bfloat16.isAvailable))
struct FieldPrecisionTests {
  private func evaluate(_ fixture: FieldFixture, _ order: some Collection<Int>) -> FieldBatch {
    var batch = fixture.batch(order)
    fixture.packed(.bfloat16).evaluate(&batch)
    return batch
  }

  @Test(
    "results stay near those of double precision: radiance within 0.01, density within 2 %",
    arguments: FieldKernelShape.varied.filter {
      $0.positionOctaves <= 7 && $0.hiddenLayerCount <= 4
    })
  func nearness(shape: FieldKernelShape) {
    let fixture = FieldFixture(shape)
    let found = evaluate(fixture, fixture.positions.indices)
    let reference = fixture.reference
    var squares = 0.0
    for index in fixture.positions.indices {
      let expected = reference.evaluate(
        position: fixture.positions[index], direction: fixture.directions[index])
      let radiance = SIMD3(
        Double(found.red[index]), Double(found.green[index]), Double(found.blue[index]))
      let error = radiance - expected.radiance
      #expect(max(abs(error.x), abs(error.y), abs(error.z)) <= 0.01)
      #expect(abs(Double(found.density[index]) - expected.density) <= 0.02 * (expected.density + 1))
      squares += (error * error).sum() / 3
    }
    #expect(squares / Double(fixture.positions.count) <= 0.002 * 0.002)
  }

  @Test(
    "a sample's result is the same to the last bit wherever it stands",
    arguments: FieldKernelShape.varied)
  func independence(shape: FieldKernelShape) {
    let fixture = FieldFixture(shape)
    func densities(_ order: some Collection<Int>) -> [UInt32] {
      let batch = evaluate(fixture, order)
      return Array(batch.density[..<batch.count]).bitPatterns
    }
    let all = densities(0..<100)
    for count in [1, 31, 32, 33] { #expect(densities(0..<count) == Array(all[..<count])) }
    #expect(densities((0..<100).reversed()) == all.reversed())
  }

  @Test(
    "weight gradients are within 6 % of double precision's, tensor by tensor, in the mean square",
    arguments: FieldKernelShape.varied.filter {
      $0.positionOctaves <= 7 && $0.hiddenLayerCount <= 4
    },
    [100, 33])
  func gradients(shape: FieldKernelShape, count: Int) {
    let fixture = FieldFixture(shape)
    let found = fixture.weightGradient(count: count, precision: .bfloat16)
    let expected = fixture.referenceGradient(count: count)
    for tensor in fixture.reference.tensors {
      var difference = 0.0
      var total = 0.0
      for index in tensor {
        let error = Double(found[index]) - expected.sum[index]
        difference += error * error
        total += expected.magnitude[index] * expected.magnitude[index]
      }
      #expect(difference <= 0.06 * 0.06 * total, "weights \(tensor)")
    }
  }

  @Test("a gradient is added to what is there", arguments: FieldKernelShape.varied)
  func accumulation(shape: FieldKernelShape) {
    let fixture = FieldFixture(shape)
    let once = fixture.weightGradient(count: 64, precision: .bfloat16)
    var twice = once
    fixture.accumulateGradient(count: 64, precision: .bfloat16, into: &twice)
    #expect(twice.bitPatterns == once.map { 2 * $0 }.bitPatterns)
  }

  @Test(
    "activations left by another batch change no gradient", arguments: FieldKernelShape.varied)
  func leftovers(shape: FieldKernelShape) {
    let fixture = FieldFixture(shape)
    let clean = fixture.weightGradient(count: 33, precision: .bfloat16)
    let used = FieldActivations(shape: shape, capacity: fixture.positions.count)
    _ = fixture.weightGradient(count: 100, precision: .bfloat16, activations: used)
    let found = fixture.weightGradient(count: 33, precision: .bfloat16, activations: used)
    #expect(found.bitPatterns == clean.bitPatterns)
  }

  @Test("coordinates keep sixteen bits, where weights and activations keep eight")
  func coordinates() {
    // One hidden unit, relu(x + 1), and a radiance that shows it.
    let shape = FieldKernelShape.of(octaves: 0, layers: 1, width: 1)
    let weights: [Float] = [1, 0, 0, 1] + [0, 1, 0, 0] + [0, 0, 0, 0]
    let packed = PackedFieldWeights(shape: shape, weights: weights.span, precision: .bfloat16)
    var batch = FieldBatch(capacity: 2)
    // Both round to the same hidden value unless the trailing bits of x are taken in.
    for step: Float in [0.000_0, 0.003_9] {
      let x = 0.500_98 + step
      batch.append(
        position: shape.centre + SIMD3(x, 0, 0) * shape.halfExtent, direction: [0, 0, 1])
    }
    packed.evaluate(&batch)
    #expect(batch.red[0] < batch.red[1])
  }
}

@Suite("Field precision")
struct FieldPrecisionAvailabilityTests {
  @Test("float32 is available everywhere")
  func float32() {
    #expect(FieldPrecision.float32.isAvailable)
  }
}
