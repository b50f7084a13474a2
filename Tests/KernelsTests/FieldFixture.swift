import Kernels
import TestSupport
import Testing

/// One field network with random weights, and samples to evaluate it at.
struct FieldFixture {
  let shape: FieldKernelShape
  let weights: [Float]
  let positions: [SIMD3<Float>]
  let directions: [SIMD3<Float>]

  /// Positions fill the bound and a little more; among them are its centre and a corner.
  init(_ shape: FieldKernelShape, sampleCount: Int = 100, seed: UInt64 = 1) {
    self.shape = shape
    var random = SeededGenerator(seed: seed)
    let zeros = [Double](repeating: 0, count: shape.weightCount)
    let tensors = ReferenceField(shape: shape, weights: zeros).tensors
    var weights: [Float] = []
    for index in stride(from: 0, to: tensors.count, by: 2) {
      let (matrix, bias) = (tensors[index], tensors[index + 1])
      let deviation = (2 * Float(bias.count) / Float(matrix.count)).squareRoot()
      weights += random.normals(count: matrix.count, standardDeviation: deviation)
      weights += random.normals(count: bias.count, standardDeviation: 0.3)
    }
    self.weights = weights
    func point(reaching size: Float) -> SIMD3<Float> {
      let unit = SIMD3(random.uniform(), random.uniform(), random.uniform()) * 2 - 1
      return shape.centre + unit * (size * shape.halfExtent)
    }
    positions =
      [shape.centre, shape.centre + shape.halfExtent]
      + (2..<max(2, sampleCount)).map { _ in point(reaching: 1.1) }
    directions = positions.indices.map { index in
      if index < 2 { return index == 0 ? [0, 0, -1] : [1, 0, 0] }
      let direction = SIMD3(random.normal(), random.normal(), random.normal())
      return direction / (direction * direction).sum().squareRoot()
    }
  }

  var packed: PackedFieldWeights { packed(.float32) }

  func packed(_ precision: FieldPrecision) -> PackedFieldWeights {
    PackedFieldWeights(shape: shape, weights: weights.span, precision: precision)
  }

  var reference: ReferenceField { ReferenceField(shape: shape, weights: weights.inDouble) }

  func batch(_ order: some Collection<Int>) -> FieldBatch {
    var batch = FieldBatch(capacity: max(1, order.count))
    for index in order { batch.append(position: positions[index], direction: directions[index]) }
    return batch
  }

  /// Made-up ∂L/∂density and ∂L/∂radiance for every sample.
  var outputGradient: FieldOutputGradient {
    var random = SeededGenerator(seed: 7)
    var gradient = FieldOutputGradient(capacity: positions.count)
    for index in positions.indices {
      gradient.density[index] = random.normal() / shape.densityScale
      gradient.red[index] = random.normal()
      gradient.green[index] = random.normal()
      gradient.blue[index] = random.normal()
    }
    return gradient
  }

  /// ∂L/∂weights of the first `count` samples by the kernels.
  func weightGradient(
    count: Int, backend: FieldKernelBackend = .best, precision: FieldPrecision = .float32,
    activations: FieldActivations? = nil
  ) -> [Float] {
    var gradient = [Float](repeating: 0, count: weights.count)
    accumulateGradient(
      count: count, backend: backend, precision: precision, activations: activations,
      into: &gradient)
    return gradient
  }

  func accumulateGradient(
    count: Int, backend: FieldKernelBackend = .best, precision: FieldPrecision = .float32,
    activations: FieldActivations? = nil, into gradient: inout [Float]
  ) {
    let packed = packed(precision)
    let activations = activations ?? FieldActivations(shape: shape, capacity: positions.count)
    var batch = batch(0..<count)
    var slopes = outputGradient
    packed.evaluate(&batch, storing: activations, backend: backend)
    packed.accumulateGradient(
      of: &batch, outputGradient: &slopes, activations: activations, weightGradient: &gradient,
      backend: backend)
  }

  /// ∂L/∂position of the first `count` samples, x, y and z one after the other, and ∂L/∂weights of the
  /// same call.
  func positionGradient(
    count: Int, backend: FieldKernelBackend
  ) -> (positions: [Float], weights: [Float]) {
    let packed = packed
    let activations = FieldActivations(shape: shape, capacity: count)
    var batch = batch(0..<count)
    var slopes = outputGradient
    var weightGradient = [Float](repeating: 0, count: weights.count)
    var positionGradient = FieldPositionGradient(capacity: count)
    packed.evaluate(&batch, storing: activations, backend: backend)
    packed.accumulateGradient(
      of: &batch, outputGradient: &slopes, activations: activations,
      weightGradient: &weightGradient, positionGradient: &positionGradient, backend: backend)
    return (positionGradient.x + positionGradient.y + positionGradient.z, weightGradient)
  }

  /// The same in `Double`.
  func referencePositionGradient(count: Int) -> [Double] {
    let reference = reference
    let slopes = outputGradient
    var unused = ReferenceField.Gradient(count: weights.count)
    let gradients = (0..<count).map { index in
      reference.accumulateGradient(
        position: positions[index], direction: directions[index],
        densityGradient: Double(slopes.density[index]),
        radianceGradient: [
          Double(slopes.red[index]), Double(slopes.green[index]), Double(slopes.blue[index]),
        ], into: &unused)
    }
    return (0..<3).flatMap { axis in gradients.map { $0[axis] } }
  }

  /// The same by finite differences.
  func positionDifferences(count: Int) -> [Double] {
    let reference = reference
    let slopes = outputGradient
    let gradients = (0..<count).map { index in
      let slope = SIMD3(
        Double(slopes.red[index]), Double(slopes.green[index]), Double(slopes.blue[index]))
      let p = reference.normalised(positions[index])
      let loss = { (point: [Double]) in
        let sample = reference.evaluate(
          normalised: SIMD3(point[0], point[1], point[2]), direction: directions[index])
        return Double(slopes.density[index]) * sample.density + (slope * sample.radiance).sum()
      }
      return FiniteDifference.derivatives(of: loss, at: [p.x, p.y, p.z], entries: [0, 1, 2])
        .map { $0 / Double(shape.halfExtent) }
    }
    return (0..<3).flatMap { axis in gradients.map { $0[axis] } }
  }

  /// L of the made-up derivatives: Σ over samples of ∂L/∂density · density + ∂L/∂radiance · radiance.
  func loss(weights: [Double]) -> Double {
    let field = ReferenceField(shape: shape, weights: weights)
    let slopes = outputGradient
    return positions.indices.reduce(0.0) { sum, index in
      let sample = field.evaluate(position: positions[index], direction: directions[index])
      let slope = SIMD3(
        Double(slopes.red[index]), Double(slopes.green[index]), Double(slopes.blue[index]))
      return sum + Double(slopes.density[index]) * sample.density + (slope * sample.radiance).sum()
    }
  }

  /// ∂L/∂weights of the first `count` samples in `Double`.
  func referenceGradient(count: Int) -> ReferenceField.Gradient {
    var gradient = ReferenceField.Gradient(count: weights.count)
    let reference = reference
    let slopes = outputGradient
    for index in 0..<count {
      reference.accumulateGradient(
        position: positions[index], direction: directions[index],
        densityGradient: Double(slopes.density[index]),
        radianceGradient: [
          Double(slopes.red[index]), Double(slopes.green[index]), Double(slopes.blue[index]),
        ], into: &gradient)
    }
    return gradient
  }
}

extension FieldBatch {
  /// Density, red, green and blue of every sample in use, one after the other.
  var results: [Float] {
    [density, red, green, blue].flatMap { $0[..<count] }
  }
}

extension FieldKernelShape {
  /// A shape over a bound whose centre and size are no round numbers.
  static func of(
    octaves: Int, layers: Int, width: Int, view: Int? = nil, colour: Int = 16,
    _ activation: DensityActivation = .shiftedSoftplus
  ) -> FieldKernelShape {
    FieldKernelShape(
      positionOctaves: octaves, hiddenLayerCount: layers, width: width, directionOctaves: view,
      colourWidth: colour, densityActivation: activation, densityShift: 1, densityScale: 6.3,
      centre: [0.3, -0.2, 0.13], halfExtent: 1.7)
  }

  /// Whole and broken register tiles, every depth that matters, the smallest and the largest sizes.
  static let varied: [FieldKernelShape] = [
    .of(octaves: 0, layers: 1, width: 1),
    .of(octaves: 0, layers: 1, width: 16, .truncatedExponential),
    .of(octaves: 1, layers: 2, width: 17),
    .of(octaves: 7, layers: 3, width: 20, .truncatedExponential),
    .of(octaves: 7, layers: 3, width: 64),
    .of(octaves: 7, layers: 4, width: 64, .truncatedExponential),
    .of(octaves: 10, layers: 4, width: 33),
    .of(octaves: 16, layers: 1, width: 128),
    .of(octaves: 16, layers: 2, width: 256),
    .of(octaves: 2, layers: 16, width: 16),
    .of(octaves: 0, layers: 1, width: 17, view: 0, colour: 1),
    .of(octaves: 1, layers: 2, width: 16, view: 1, colour: 17, .truncatedExponential),
    .of(octaves: 7, layers: 3, width: 64, view: 2, colour: 32),
    .of(octaves: 10, layers: 4, width: 33, view: 4, colour: 23, .truncatedExponential),
    .of(octaves: 7, layers: 2, width: 20, view: 3, colour: 64),
    .of(octaves: 16, layers: 2, width: 256, view: 8, colour: 256),
  ]

  /// Small enough for finite differences of every weight.
  static let small: [FieldKernelShape] = [
    .of(octaves: 1, layers: 1, width: 5),
    .of(octaves: 2, layers: 3, width: 7, .truncatedExponential),
    .of(octaves: 1, layers: 2, width: 6, view: 1, colour: 5),
    .of(octaves: 0, layers: 2, width: 9, view: 0, colour: 3, .truncatedExponential),
  ]
}

extension FieldKernelShape: CustomTestStringConvertible {
  package var testDescription: String {
    let view = directionOctaves.map { ", view \($0) × \(colourWidth)" } ?? ""
    return "\(positionOctaves) octaves, \(hiddenLayerCount) × \(width)\(view), \(densityActivation)"
  }
}

extension FieldKernelBackend: CustomTestStringConvertible {
  package var testDescription: String { name }
}
