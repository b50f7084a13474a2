import Kernels
import TestSupport
import Testing

@Suite("Loops over stretches of floats")
struct VectorLoopsTests {
  static let counts = [0, 1, 7, 8, 9, 40, 1001]

  static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return random.normals(count: count, standardDeviation: 1)
  }

  static func largest(_ numbers: [Float]) -> (magnitude: Float, hasFiniteSquares: Bool) {
    (numbers.span.largestMagnitude, numbers.span.hasFiniteSquares)
  }

  @Test("the largest magnitude is found wherever it stands", arguments: counts.dropFirst())
  func largestMagnitude(count: Int) {
    let numbers = Self.numbers(count, seed: 1)
    #expect(Self.largest(numbers).magnitude == numbers.map(\.magnitude).max())
    for place in [0, count / 2, count - 1] {
      var changed = numbers
      for value: Float in [-50, .infinity, -.infinity] {
        changed[place] = value
        #expect(Self.largest(changed) == (value.magnitude, value.isFinite))
      }
      changed[place] = .nan
      #expect(Self.largest(changed).magnitude.isNaN && !Self.largest(changed).hasFiniteSquares)
      changed[place] = 1e20
      #expect(!Self.largest(changed).hasFiniteSquares)
    }
  }

  @Test("nothing has the largest magnitude zero")
  func nothing() {
    #expect(Self.largest([]) == (0, true))
  }

  @Test("a dot product agrees with double precision", arguments: counts)
  func dot(count: Int) {
    let (x, y) = (Self.numbers(count, seed: 2), Self.numbers(count, seed: 3))
    let terms = zip(x, y).map { Double($0) * Double($1) }
    let expected = terms.reduce(0, +)
    let scale = terms.reduce(0) { $0 + abs($1) }
    let found = Double(x.span.dot(y.span))
    #expect(abs(found - expected) <= 1e-6 * scale)
  }

  @Test("stretches are added, multiplied, replaced and filled in their place", arguments: counts)
  func places(count: Int) {
    let (before, numbers) = (Self.numbers(count + 5, seed: 4), Self.numbers(count, seed: 5))
    func changed(_ body: (inout MutableSpan<Float>) -> Void) -> [Float] {
      var values = before
      var span = values.mutableSpan
      body(&span)
      return values
    }
    func expected(_ operation: (Float, Float) -> Float) -> [Float] {
      before.indices.map { index in
        let place = index - 3
        return numbers.indices.contains(place)
          ? operation(before[index], numbers[place]) : before[index]
      }
    }
    #expect(changed { $0.add(numbers.span, times: 0.5, at: 3) } == expected { $0 + 0.5 * $1 })
    #expect(changed { $0.multiply(by: numbers.span, at: 3) } == expected { $0 * $1 })
    #expect(
      changed { $0.approach(before.map { $0 + 1 }.span, share: 0.25) }
        == before.map { $0 + 0.25 * (($0 + 1) - $0) })
    #expect(changed { $0.replace(with: numbers.span, at: 3) } == expected { $1 })
    #expect(changed { $0.fill(with: 4, at: 3, count: count) } == expected { _, _ in 4 })
  }

  @Test("memory that is resized or cleared has the length asked for, or zeros")
  func memory() {
    var values: [Float] = [1, 2, 3]
    values.resize(to: 3)
    #expect(values == [1, 2, 3])
    values.clear()
    #expect(values == [0, 0, 0])
    values.resize(to: 7)
    #expect(values.count == 7)
  }
}
