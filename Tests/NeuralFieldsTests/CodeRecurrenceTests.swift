import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Code recurrence")
struct CodeRecurrenceTests {
  static let width = 5

  static func recurrence(seed: UInt64 = 3) -> CodeRecurrence {
    var random = SeededGenerator(seed: seed)
    var result = CodeRecurrence(
      codeWidth: width, stateWidth: 4, codeDeviation: 0.5, generator: &random)
    // A readout that counts for something.
    for index in result.parameters.indices { result.parameters[index] *= 2 }
    return result
  }

  static let code: [Float] = [0.3, -0.7, 1.1, 0.2, -0.4]

  @Test("the first key is the scene's code to the last bit, and a path of fewer keys its beginning")
  func firstKey() {
    let recurrence = Self.recurrence()
    let path = recurrence.path(of: Self.code, keyCount: 7)
    #expect(path.keys.count == 7 * Self.width)
    #expect(Array(path.keys[..<Self.width]) == Self.code)
    #expect(Array(path.keys[Self.width..<2 * Self.width]) != Self.code)
    #expect(recurrence.path(of: Self.code, keyCount: 3).keys == Array(path.keys[..<15]))
  }

  @Test("a state that is not read out leaves a path at rest")
  func rest() {
    var recurrence = Self.recurrence()
    for index in recurrence.parameters.indices.suffix(Self.width * 4) {
      recurrence.parameters[index] = 0
    }
    let keys = recurrence.path(of: Self.code, keyCount: 5).keys
    for key in 0..<5 { #expect(Array(keys[key * 5..<(key + 1) * 5]) == Self.code) }
  }

  @Test("gradients of code and parameters are those of finite differences")
  func gradients() {
    let recurrence = Self.recurrence()
    let path = recurrence.path(of: Self.code, keyCount: 6)
    var random = SeededGenerator(seed: 9)
    let keyGradient = random.normals(count: path.keys.count, standardDeviation: 1)
    var parameterGradient = [Float](repeating: 0, count: recurrence.parameters.count)
    let codeGradient = recurrence.backward(
      path, keyGradient: keyGradient, parameterGradient: &parameterGradient)
    func loss(_ point: [Double]) -> Double {
      var other = recurrence
      other.parameters = point[Self.width...].map { Float($0) }
      let keys = other.path(of: point[..<Self.width].map { Float($0) }, keyCount: 6).keys
      return zip(keys, keyGradient).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let point = (Self.code + recurrence.parameters).inDouble
    let expected = FiniteDifference.derivatives(
      of: loss, at: point, entries: Array(point.indices), step: 2e-3)
    #expect(Tolerance.errorOfLargest(codeGradient + parameterGradient, expected) < 2e-3)
  }
}
