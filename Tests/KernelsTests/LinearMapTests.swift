import Kernels
import TestSupport
import Testing

@Suite("Linear map")
struct LinearMapTests {
  /// Sizes below, at and past the 1024 outputs of one parallel block.
  struct Size: Sendable, CustomTestStringConvertible {
    let batch: Int
    let inputs: Int
    let outputs: Int
    var testDescription: String { "\(batch) × \(inputs) → \(outputs)" }
  }

  static let sizes = [
    Size(batch: 1, inputs: 1, outputs: 1), Size(batch: 3, inputs: 7, outputs: 5),
    Size(batch: 4, inputs: 32, outputs: 1024), Size(batch: 2, inputs: 33, outputs: 1025),
    Size(batch: 5, inputs: 12, outputs: 2500), Size(batch: 70, inputs: 64, outputs: 40),
  ]

  /// A map whose W and b lie apart from each other, amid other numbers.
  struct Fixture {
    let map: LinearMap
    let batch: Int
    let parameters: [Float]
    let x: [Float]
    /// Room around the outputs: rows of `stride` floats, the outputs from `offset` on.
    let offset = 3
    let stride: Int
    let slopes: [Float]

    init(_ size: Size) {
      let weightOffset = 11
      let biasOffset = weightOffset + size.inputs * size.outputs + 4
      map = LinearMap(
        inputs: size.inputs, outputs: size.outputs, weightOffset: weightOffset,
        biasOffset: biasOffset)
      batch = size.batch
      stride = size.outputs + 5
      var random = SeededGenerator(seed: 3)
      parameters = random.normals(count: biasOffset + size.outputs + 2, standardDeviation: 1)
      x = random.normals(count: size.batch * size.inputs, standardDeviation: 1)
      slopes = random.normals(count: size.batch * stride, standardDeviation: 1)
    }

    func forward(threadCount: Int) -> [Float] {
      var y = [Float](repeating: -7, count: batch * stride)
      map.forward(
        x, batch: batch, parameters: parameters, into: &y, yOffset: offset, yStride: stride,
        threadCount: threadCount)
      return y
    }

    func inputGradient(threadCount: Int, from start: Float = 0) -> [Float] {
      var gradient = [Float](repeating: start, count: x.count)
      map.accumulateInputGradient(
        slopes, batch: batch, parameters: parameters, into: &gradient, yOffset: offset,
        yStride: stride, threadCount: threadCount)
      return gradient
    }

    func parameterGradient(threadCount: Int, from start: Float = 0) -> [Float] {
      var gradient = [Float](repeating: start, count: parameters.count)
      map.accumulateParameterGradient(
        slopes, of: x, batch: batch, into: &gradient, yOffset: offset, yStride: stride,
        threadCount: threadCount)
      return gradient
    }

    /// ∂L/∂y of one output of one row.
    func slope(_ row: Int, _ output: Int) -> Double {
      Double(slopes[row * stride + offset + output])
    }
  }

  @Test("y = x Wᵀ + b, and what surrounds y is left alone", arguments: LinearMapTests.sizes)
  func forward(size: Size) {
    let fixture = Fixture(size)
    var expected = [Double](repeating: -7, count: fixture.batch * fixture.stride)
    for row in 0..<size.batch {
      let x = fixture.x[row * size.inputs..<(row + 1) * size.inputs].map(Double.init)
      let y = ReferenceMath.affine(
        fixture.parameters.inDouble, weightOffset: fixture.map.weightOffset,
        biasOffset: fixture.map.biasOffset, outputs: size.outputs, of: x)
      let start = row * fixture.stride + fixture.offset
      expected.replaceSubrange(start..<start + size.outputs, with: y)
    }
    #expect(Tolerance.errorOfLargest(fixture.forward(threadCount: 2), expected) < 1e-6)
  }

  @Test("∂L/∂x = ∂L/∂y W is added", arguments: LinearMapTests.sizes)
  func inputGradient(size: Size) {
    let fixture = Fixture(size)
    var expected = [Double](repeating: 2, count: fixture.x.count)
    for row in 0..<size.batch {
      for output in 0..<size.outputs {
        let weights = fixture.map.weightOffset + output * size.inputs
        for input in 0..<size.inputs {
          expected[row * size.inputs + input] +=
            fixture.slope(row, output) * Double(fixture.parameters[weights + input])
        }
      }
    }
    let found = fixture.inputGradient(threadCount: 2, from: 2)
    #expect(Tolerance.errorOfLargest(found, expected) < 2e-6)
  }

  @Test("∂L/∂W = (∂L/∂y)ᵀ x and ∂L/∂b = Σ ∂L/∂y are added", arguments: LinearMapTests.sizes)
  func parameterGradient(size: Size) {
    let fixture = Fixture(size)
    var expected = [Double](repeating: 2, count: fixture.parameters.count)
    for row in 0..<size.batch {
      for output in 0..<size.outputs {
        let slope = fixture.slope(row, output)
        let weights = fixture.map.weightOffset + output * size.inputs
        for input in 0..<size.inputs {
          expected[weights + input] += slope * Double(fixture.x[row * size.inputs + input])
        }
        expected[fixture.map.biasOffset + output] += slope
      }
    }
    let found = fixture.parameterGradient(threadCount: 2, from: 2)
    #expect(Tolerance.errorOfLargest(found, expected) < 2e-6)
  }

  @Test("the number of threads changes no bit", arguments: LinearMapTests.sizes)
  func threads(size: Size) {
    let fixture = Fixture(size)
    for threadCount in [2, 3, 8] {
      #expect(fixture.forward(threadCount: threadCount) == fixture.forward(threadCount: 1))
      #expect(
        fixture.inputGradient(threadCount: threadCount) == fixture.inputGradient(threadCount: 1))
      #expect(
        fixture.parameterGradient(threadCount: threadCount)
          == fixture.parameterGradient(threadCount: 1))
    }
  }

  @Test("the library in use is named")
  func backend() {
    #expect(LinearAlgebraBackend.description.contains("OpenBLAS"))
  }
}
