import Kernels
import TestSupport
import Testing

@Suite("Field kernels, forward")
struct FieldKernelTests {
  @Test(
    "every backend agrees with double precision within the stated bound",
    arguments: FieldKernelShape.varied, FieldKernelBackend.available)
  func agreement(shape: FieldKernelShape, backend: FieldKernelBackend) {
    let fixture = FieldFixture(shape)
    var batch = fixture.batch(fixture.positions.indices)
    fixture.packed.evaluate(&batch, backend: backend)
    let reference = fixture.reference
    let expected = fixture.positions.indices.map {
      reference.evaluate(position: fixture.positions[$0], direction: fixture.directions[$0])
    }
    let all =
      expected.map(\.density) + expected.map(\.radiance.x) + expected.map(\.radiance.y)
      + expected.map(\.radiance.z)
    #expect(Tolerance.share(batch.results, all, relative: 1e-5, absolute: 2e-6) <= 1)
  }

  @Test(
    "a sample's result is the same to the last bit wherever it stands and whatever stands beside it",
    arguments: FieldKernelShape.varied, FieldKernelBackend.available)
  func independence(shape: FieldKernelShape, backend: FieldKernelBackend) {
    let fixture = FieldFixture(shape)
    let packed = fixture.packed
    func results(_ order: some Collection<Int>) -> [[UInt32]] {
      var batch = fixture.batch(order)
      packed.evaluate(&batch, backend: backend)
      let values = batch.results.bitPatterns
      return (0..<order.count).map { sample in
        (0..<4).map { values[$0 * order.count + sample] }
      }
    }
    let all = results(0..<100)
    for count in [1, 31, 32, 33] { #expect(results(0..<count) == Array(all[..<count])) }
    #expect(results((0..<100).reversed()) == all.reversed())
    #expect(results([99]) == [all[99]])
    #expect(results(0..<0) == [])
  }

  @Test(
    "keeping activations changes no bit",
    arguments: FieldKernelShape.varied, FieldKernelBackend.available)
  func storing(shape: FieldKernelShape, backend: FieldKernelBackend) {
    let fixture = FieldFixture(shape)
    let activations = FieldActivations(shape: shape, capacity: 100)
    for count in [1, 33, 100] {
      var plain = fixture.batch(0..<count)
      var storing = plain
      fixture.packed.evaluate(&plain, backend: backend)
      fixture.packed.evaluate(&storing, storing: activations, backend: backend)
      #expect(storing.results.bitPatterns == plain.results.bitPatterns)
    }
  }

  @Test("samples past the count are left alone", arguments: FieldKernelBackend.available)
  func pastTheCount(backend: FieldKernelBackend) {
    let fixture = FieldFixture(.of(octaves: 1, layers: 1, width: 8))
    var batch = fixture.batch(0..<40)
    batch.count = 33
    for index in 33..<40 { batch.density[index] = -5 }
    fixture.packed.evaluate(&batch, backend: backend)
    #expect(batch.density[33...] == [-5, -5, -5, -5, -5, -5, -5])
  }

  @Test("the layers' sizes add up to the number of weights", arguments: FieldKernelShape.varied)
  func weightCount(shape: FieldKernelShape) {
    let inputs = 3 + 6 * shape.positionOctaves
    let width = shape.width
    var expected = width * (inputs + 1) + (shape.hiddenLayerCount - 1) * width * (width + 1)
    if let view = shape.directionOctaves {
      expected += width + 1 + shape.colourWidth * (width + 3 + 6 * view + 1)
      expected += 3 * (shape.colourWidth + 1)
    } else {
      expected += 4 * (width + 1)
    }
    #expect(shape.weightCount == expected)
    let biases =
      shape.hiddenLayerCount * width + 4 + (shape.directionOctaves == nil ? 0 : shape.colourWidth)
    #expect(shape.multiplyAddCount == expected - biases)
  }

  @Test("the portable kernels are among those that run, and the best is the last of them")
  func backends() {
    let first = FieldKernelBackend.available.first?.name
    #expect(first == "portable" || first == "neon")
    #expect(FieldKernelBackend.available.last == .best)
    #expect(
      Set(FieldKernelBackend.available.map(\.name)).isSubset(of: [
        "portable", "neon", "avx2", "avx512",
      ]))
  }
}
