import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Nested field")
struct NestedFieldTests {
  static let wide = [
    TinyModels.field(width: 24), TinyModels.field(width: 24, directionOctaves: 2),
  ]
  static let widths = [1, 5, 16, 23, 24]

  static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return random.normals(count: count, standardDeviation: 1)
  }

  static func dot(_ x: [Float], _ y: [Float]) -> Double {
    zip(x.inDouble, y.inDouble).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The weights of the wide field without those that lead to its units from a number on.
  static func withoutUnits(
    from width: Int, of wide: FieldArchitecture, _ weights: [Float]
  ) -> [Float] {
    var weights = weights
    for entry in wide.layout.entries where entry.name.hasPrefix("hidden.") {
      let columns = entry.shape.count == 2 ? entry.shape[1] : 1
      for index in width * columns..<entry.count { weights[entry.offset + index] = 0 }
    }
    return weights
  }

  @Test(
    "the narrow field is the whole one whose other units are silent", arguments: wide, widths)
  func slices(wide: FieldArchitecture, width: Int) {
    let nested = NestedField(width: width, in: wide)
    let weights = TinyModels.fieldWeights(of: wide.layout, seed: 1)
    let field = nested.field(of: weights.span, over: TinyModels.cube)
    #expect(field.architecture.width == width)
    let reference = ReferenceField(
      shape: wide.kernelShape(over: TinyModels.cube),
      weights: Self.withoutUnits(from: width, of: wide, weights).inDouble)
    var random = SeededGenerator(seed: 2)
    let points = (0..<40).map { _ in
      SIMD3(random.uniform(), random.uniform(), random.uniform()) * 2 - 1
    }
    let direction = SIMD3<Float>(1, -2, 0.5).normalised
    let found = field.samples(at: points, direction: direction)
    let expected = points.map { reference.evaluate(position: $0, direction: direction) }
    #expect(
      Tolerance.share(found.density, expected.map(\.density), relative: 1e-5, absolute: 2e-6) <= 1)
    for channel in 0..<3 {
      #expect(
        Tolerance.share(
          found.radiance.map { $0[channel] }, expected.map { $0.radiance[channel] },
          relative: 1e-5, absolute: 2e-6) <= 1)
    }
  }

  @Test(
    "to take weights out and to add gradients are adjoint: ⟨slice w, g⟩ = ⟨w, scatter g⟩",
    arguments: wide, widths)
  func adjoint(wide: FieldArchitecture, width: Int) {
    let nested = NestedField(width: width, in: wide)
    let weights = Self.numbers(wide.layout.count, seed: 3)
    let gradient = FieldWeights(Self.numbers(nested.architecture.layout.count, seed: 4))
    var scattered = [Float](repeating: 0, count: weights.count)
    var span = scattered.mutableSpan
    nested.add(gradient, to: &span)
    let (left, right) = (
      Self.dot(nested.weights(of: weights.span).values, gradient.values),
      Self.dot(weights, scattered)
    )
    #expect(abs(left - right) < 1e-12 * Double(weights.count))
    // What is there already stays, and no weight is meant twice.
    span = scattered.mutableSpan
    nested.add(gradient, to: &span)
    #expect(nested.weights(of: scattered.span).values == gradient.values.map { 2 * $0 })
    #expect(scattered.count { $0 != 0 } == gradient.values.count)
  }

  @Test("the whole width is the field itself, to the last bit", arguments: wide)
  func whole(wide: FieldArchitecture) {
    let weights = Self.numbers(wide.layout.count, seed: 5)
    let nested = NestedField(width: wide.width, in: wide)
    #expect(nested.architecture == wide)
    #expect(nested.weights(of: weights.span).values.bitPatterns == weights.bitPatterns)
  }

  @Test("a field inside a nested one is nested in the whole one", arguments: wide)
  func transitive(wide: FieldArchitecture) {
    let weights = Self.numbers(wide.layout.count, seed: 6)
    let middle = NestedField(width: 17, in: wide)
    let inner = NestedField(width: 6, in: middle.architecture)
    let direct = NestedField(width: 6, in: wide)
    #expect(
      inner.weights(of: middle.weights(of: weights.span).values.span)
        == direct.weights(of: weights.span))
  }
}
