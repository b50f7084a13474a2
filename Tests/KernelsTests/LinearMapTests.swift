import Kernels
import TestSupport
import Testing

@Suite("Linear map")
struct LinearMapTests {
  /// Sizes below, at and past the 512 outputs of one parallel block, and of every remainder of a
  /// vector and of the kernels' groups of vectors.
  struct Size: Sendable, CustomTestStringConvertible {
    let batch: Int
    let inputs: Int
    let outputs: Int
    var testDescription: String { "\(batch) × \(inputs) → \(outputs)" }
  }

  static let sizes = [
    Size(batch: 1, inputs: 1, outputs: 1), Size(batch: 3, inputs: 7, outputs: 5),
    Size(batch: 4, inputs: 32, outputs: 512), Size(batch: 2, inputs: 33, outputs: 513),
    Size(batch: 5, inputs: 12, outputs: 1500), Size(batch: 8, inputs: 64, outputs: 40),
    Size(batch: 70, inputs: 95, outputs: 37), Size(batch: 9, inputs: 130, outputs: 21),
  ]

  /// A map whose W and b lie apart from each other, amid other numbers.
  struct Fixture {
    let map: LinearMap
    let batch: Int
    let parameters: [Float]
    let x: [Float]
    let slopes: [Float]

    init(_ size: Size) {
      let weightOffset = 11
      let biasOffset = weightOffset + size.inputs * size.outputs + 4
      map = LinearMap(
        inputs: size.inputs, outputs: size.outputs, weightOffset: weightOffset,
        biasOffset: biasOffset)
      batch = size.batch
      var random = SeededGenerator(seed: 3)
      parameters = random.normals(count: biasOffset + size.outputs + 2, standardDeviation: 1)
      x = random.normals(count: size.batch * size.inputs, standardDeviation: 1)
      slopes = random.normals(count: size.batch * size.outputs, standardDeviation: 1)
    }

    func forward(threadCount: Int, backend: FieldKernelBackend = .best) -> [Float] {
      var y = [Float](repeating: -7, count: batch * map.outputs)
      map.forward(
        x, batch: batch, parameters: parameters, into: &y, threadCount: threadCount,
        backend: backend)
      return y
    }

    func inputGradient(threadCount: Int, backend: FieldKernelBackend = .best) -> [Float] {
      var gradient = [Float](repeating: 2, count: x.count)
      // What is in the scratch memory means nothing.
      var partials = [Float](repeating: 9, count: 7)
      map.inputGradient(
        slopes, batch: batch, parameters: parameters, into: &gradient, partials: &partials,
        threadCount: threadCount, backend: backend)
      return gradient
    }

    /// Parameters and both moments after one step, from moments of one.
    func learn(
      beta: Float, threadCount: Int, backend: FieldKernelBackend = .best
    ) -> (parameters: [Float], first: [Float], second: [Float]) {
      var result = (
        parameters: parameters, first: [Float](repeating: 1, count: parameters.count),
        second: [Float](repeating: 1, count: parameters.count)
      )
      map.learn(
        AdamUpdate(learningRate: 0.1, beta1: beta, beta2: beta, epsilon: 1e-3, step: 1),
        yGradient: slopes, of: x, batch: batch, parameters: &result.parameters,
        firstMoment: &result.first, secondMoment: &result.second, threadCount: threadCount,
        backend: backend)
      return result
    }

    /// ∂L/∂W and ∂L/∂b in the places of W and b, nil elsewhere.
    var parameterGradient: [Double?] {
      var gradient = [Double?](repeating: nil, count: parameters.count)
      for output in 0..<map.outputs {
        let column = (0..<batch).map { Double(slopes[$0 * map.outputs + output]) }
        gradient[map.biasOffset + output] = column.reduce(0, +)
        for input in 0..<map.inputs {
          gradient[map.weightOffset + output * map.inputs + input] =
            (0..<batch).reduce(0.0) { $0 + column[$1] * Double(x[$1 * map.inputs + input]) }
        }
      }
      return gradient
    }
  }

  @Test("y = x Wᵀ + b", arguments: sizes, FieldKernelBackend.available)
  func forward(size: Size, backend: FieldKernelBackend) {
    let fixture = Fixture(size)
    let expected = (0..<size.batch).flatMap { row in
      ReferenceMath.affine(
        fixture.parameters.inDouble, weightOffset: fixture.map.weightOffset,
        biasOffset: fixture.map.biasOffset, outputs: size.outputs,
        of: fixture.x[row * size.inputs..<(row + 1) * size.inputs].map(Double.init))
    }
    let found = fixture.forward(threadCount: 2, backend: backend)
    #expect(Tolerance.errorOfLargest(found, expected) < 1e-6)
  }

  @Test("∂L/∂x = ∂L/∂y W", arguments: sizes, FieldKernelBackend.available)
  func inputGradient(size: Size, backend: FieldKernelBackend) {
    let fixture = Fixture(size)
    var expected = [Double](repeating: 0, count: fixture.x.count)
    for row in 0..<size.batch {
      for output in 0..<size.outputs {
        let weights = fixture.map.weightOffset + output * size.inputs
        let slope = Double(fixture.slopes[row * size.outputs + output])
        for input in 0..<size.inputs {
          expected[row * size.inputs + input] += slope * Double(fixture.parameters[weights + input])
        }
      }
    }
    let found = fixture.inputGradient(threadCount: 2, backend: backend)
    #expect(Tolerance.errorOfLargest(found, expected) < 2e-6)
  }

  @Test(
    "a step learns from ∂L/∂W = (∂L/∂y)ᵀ x and ∂L/∂b = Σ ∂L/∂y, and leaves all else alone",
    arguments: sizes, FieldKernelBackend.available)
  func learning(size: Size, backend: FieldKernelBackend) {
    let fixture = Fixture(size)
    let found = fixture.learn(beta: 0.5, threadCount: 2, backend: backend)
    let scale = fixture.parameterGradient.compactMap { $0?.magnitude }.max() ?? 1
    for (index, gradient) in fixture.parameterGradient.enumerated() {
      guard let gradient else {
        #expect(found.parameters[index] == fixture.parameters[index])
        #expect(found.first[index] == 1 && found.second[index] == 1)
        continue
      }
      let first = 0.5 + 0.5 * gradient
      let second = 0.5 + 0.5 * gradient * gradient
      #expect(abs(Double(found.first[index]) - first) < 1e-6 * scale)
      #expect(abs(Double(found.second[index]) - second) < 2e-6 * scale * scale)
      // Both corrections of the first step are division by ½.
      let change = 0.1 * 2 * first / ((2 * second).squareRoot() + 1e-3)
      let value = Double(fixture.parameters[index]) - change
      #expect(abs(Double(found.parameters[index]) - value) < 1e-5)
    }
  }

  @Test("the number of threads changes no bit", arguments: sizes)
  func threads(size: Size) {
    let fixture = Fixture(size)
    let alone = fixture.learn(beta: 0.9, threadCount: 1)
    for threadCount in [2, 3, 8] {
      #expect(fixture.forward(threadCount: threadCount) == fixture.forward(threadCount: 1))
      #expect(
        fixture.inputGradient(threadCount: threadCount) == fixture.inputGradient(threadCount: 1))
      #expect(fixture.learn(beta: 0.9, threadCount: threadCount) == alone)
    }
  }

  @Test(
    "a vector of a batch has the result that it has alone, to the last bit",
    arguments: FieldKernelBackend.available)
  func batches(backend: FieldKernelBackend) {
    // Fifteen is eight, four, two and one: every group of vectors that a kernel works on together.
    let size = Size(batch: 15, inputs: 37, outputs: 19)
    let fixture = Fixture(size)
    let together = fixture.forward(threadCount: 1, backend: backend)
    for row in 0..<size.batch {
      var alone = [Float](repeating: 0, count: size.outputs)
      fixture.map.forward(
        Array(fixture.x[row * size.inputs..<(row + 1) * size.inputs]), batch: 1,
        parameters: fixture.parameters, into: &alone, threadCount: 1, backend: backend)
      #expect(alone == Array(together[row * size.outputs..<(row + 1) * size.outputs]))
    }
  }

  @Test("the library in use is named")
  func backend() {
    #expect(LinearAlgebraBackend.description.contains("OpenBLAS"))
  }
}
