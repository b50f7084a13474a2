import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Coordinate MLP")
struct CoordinateMLPTests {
  static let bound = BoundingBox(minimum: [-1, 0, 2], maximum: [3, 1, 4])
  static let architectures = [TinyModels.field(), TinyModels.field(directionOctaves: 2)]

  static func points(count: Int) -> [SIMD3<Float>] {
    var random = SeededGenerator(seed: 8)
    return (0..<count).map { _ in
      bound.minimum + bound.extent * SIMD3(random.uniform(), random.uniform(), random.uniform())
    }
  }

  @Test("the field is the network of its weights over its bound", arguments: architectures)
  func evaluation(architecture: FieldArchitecture) {
    let weights = TinyModels.fieldWeights(of: architecture.layout, seed: 1)
    let field = CoordinateMLP(
      architecture: architecture, bound: Self.bound, weights: FieldWeights(weights))
    let reference = ReferenceField(
      shape: architecture.kernelShape(over: Self.bound), weights: weights.inDouble)
    let points = Self.points(count: 70)
    let direction = SIMD3<Float>(2, -1, 0.5).normalised
    let found = field.samples(at: points, direction: direction)
    let expected = points.map { reference.evaluate(position: $0, direction: direction) }
    #expect(
      Tolerance.share(
        found.density, expected.map(\.density), relative: 1e-5, absolute: 2e-6) <= 1)
    for channel in 0..<3 {
      #expect(
        Tolerance.share(
          found.radiance.map { $0[channel] }, expected.map { $0.radiance[channel] },
          relative: 1e-5, absolute: 2e-6) <= 1)
    }
    #expect(found.density.min() ?? -1 >= 0)
  }

  @Test("the view direction matters with a view branch, and only to radiance")
  func viewDependence() {
    for architecture in Self.architectures {
      let field = CoordinateMLP(
        architecture: architecture, bound: Self.bound,
        weights: FieldWeights(TinyModels.fieldWeights(of: architecture.layout, seed: 1)))
      let points = Self.points(count: 5)
      let first = field.samples(at: points, direction: [0, 0, 1])
      let second = field.samples(at: points, direction: [1, 0, 0])
      #expect(first.density == second.density)
      #expect((first.radiance == second.radiance) == (architecture.directionOctaves == nil))
    }
  }

  @Test("weights lent from a longer array make the same field")
  func lentWeights() {
    let architecture = TinyModels.field()
    let weights = TinyModels.fieldWeights(of: architecture.layout, seed: 1)
    let longer = [9, 9, 9] + weights + [9]
    let owned = CoordinateMLP(
      architecture: architecture, bound: Self.bound, weights: FieldWeights(weights))
    let lent = CoordinateMLP(
      architecture: architecture, bound: Self.bound,
      weights: longer.span.extracting(3..<3 + weights.count))
    let points = Self.points(count: 33)
    #expect(owned.samples(at: points).density == lent.samples(at: points).density)
    #expect(owned.samples(at: points).radiance == lent.samples(at: points).radiance)
  }

  @Test("weight gradients agree with finite differences and are added", arguments: architectures)
  func gradient(architecture: FieldArchitecture) {
    let weights = TinyModels.fieldWeights(of: architecture.layout, seed: 1)
    let field = CoordinateMLP(
      architecture: architecture, bound: Self.bound, weights: FieldWeights(weights))
    let points = Self.points(count: 37)
    let direction = SIMD3<Float>(2, -1, 0.5).normalised
    var batch = FieldBatch(capacity: 37)
    for point in points { batch.append(position: point, direction: direction) }
    let activations = FieldActivations(
      shape: architecture.kernelShape(over: Self.bound), capacity: 37)
    var random = SeededGenerator(seed: 9)
    var slopes = FieldOutputGradient(capacity: 37)
    slopes.density = random.normals(count: 37, standardDeviation: 1)
    slopes.red = random.normals(count: 37, standardDeviation: 3)
    slopes.blue = random.normals(count: 37, standardDeviation: 3)
    let made = slopes
    func loss(_ weights: [Double]) -> Double {
      let reference = ReferenceField(
        shape: architecture.kernelShape(over: Self.bound), weights: weights)
      return points.indices.reduce(0.0) { sum, index in
        let sample = reference.evaluate(position: points[index], direction: direction)
        return sum + Double(made.density[index]) * sample.density
          + Double(made.red[index]) * sample.radiance.x
          + Double(made.blue[index]) * sample.radiance.z
      }
    }
    var gradient = FieldWeights([Float](repeating: 1, count: weights.count))
    field.evaluate(&batch, storing: activations)
    field.accumulateGradient(
      of: &batch, outputGradient: &slopes, activations: activations, weightGradient: &gradient)
    let expected = FiniteDifference.derivatives(
      of: loss, at: weights.inDouble, entries: Array(weights.indices))
    #expect(Tolerance.errorOfLargest(gradient.values, expected.map { $0 + 1 }) < 5e-6)
  }
}
