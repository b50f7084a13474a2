import Kernels
import TestSupport
import Testing
import Training

@Suite("Adam")
struct AdamTests {
  static func gradient(count: Int, step: Int) -> [Float] {
    var random = SeededGenerator(seed: 20, UInt64(step))
    return random.normals(count: count, standardDeviation: 1)
  }

  @Test("every row follows the published algorithm, by its own count of steps")
  func agreement() {
    var adam = Adam(rowCount: 3, rowLength: 4)
    var random = SeededGenerator(seed: 21)
    var parameters = random.normals(count: 12, standardDeviation: 1)
    var reference = parameters.map { ReferenceMath.Adam(value: Double($0)) }
    for step in 0..<30 {
      let gradient = Self.gradient(count: 12, step: step)
      // Row 0 takes every step, row 1 every third, row 2 none.
      for row in [0, 1] where row == 0 || step % 3 == 0 {
        adam.step(
          &parameters, row: row, gradient: gradient.span.extracting(row * 4..<row * 4 + 4),
          learningRate: 0.02, threadCount: 1)
        for index in row * 4..<row * 4 + 4 {
          reference[index].descend(
            gradient: Double(gradient[index]), learningRate: Double(Float(0.02)),
            beta1: Double(Float(0.9)), beta2: Double(Float(0.99)), epsilon: 1e-8)
        }
      }
    }
    #expect(adam.stepCounts == [30, 10, 0])
    let expected = reference.map(\.value)
    #expect(Tolerance.share(parameters, expected, relative: 1e-6, absolute: 1e-6) <= 1)
  }

  @Test("a row at rest stays where it is, and its moments keep")
  func rest() {
    var adam = Adam(rowCount: 2, rowLength: 3)
    var parameters: [Float] = [1, 2, 3, 4, 5, 6]
    let gradient: [Float] = [1, 1, 1]
    adam.step(&parameters, row: 1, gradient: gradient.span, learningRate: 0.1, threadCount: 1)
    let (before, moments) = (parameters, adam)
    for _ in 0..<5 {
      adam.step(&parameters, row: 0, gradient: gradient.span, learningRate: 0.1, threadCount: 1)
    }
    #expect(parameters[3...] == before[3...])
    #expect(adam.firstMoment[3...] == moments.firstMoment[3...])
    #expect(adam.secondMoment[3...] == moments.secondMoment[3...])
    #expect(adam.stepCounts == [5, 1])
    #expect(Array(parameters[..<3]) != [1, 2, 3])
  }

  @Test("a restored state goes on as the saved one")
  func restored() {
    var adam = Adam(rowCount: 2, rowLength: 3)
    var parameters: [Float] = [1, 2, 3, 4, 5, 6]
    func step(_ adam: inout Adam, _ parameters: inout [Float], _ index: Int) {
      adam.step(
        &parameters, row: index % 2, gradient: Self.gradient(count: 3, step: index).span,
        learningRate: 0.1, threadCount: 1)
    }
    for index in 0..<7 { step(&adam, &parameters, index) }
    var restored = Adam(
      rowLength: 3, firstMoment: adam.firstMoment, secondMoment: adam.secondMoment,
      stepCounts: adam.stepCounts)
    var copy = parameters
    for index in 7..<12 {
      step(&adam, &parameters, index)
      step(&restored, &copy, index)
    }
    #expect(restored == adam)
    #expect(copy == parameters)
  }
}
