import Foundation
import Kernels
import Testing

@Suite("Exponential")
struct ExponentialTests {
  @Test("agrees with Double to two parts in ten million, from nothing to what is hardly anything")
  func accuracy() {
    var random = SeededGenerator(seed: 1)
    var worst = 0.0
    for index in 0..<200_000 {
      let x = index % 2 == 0 ? 87 * random.uniform() : 2 * random.uniform()
      let expected = Foundation.exp(-Double(x))
      worst = max(worst, abs(Double(Exponential.decay(x)) - expected) / expected)
    }
    #expect(worst < 2e-7)
  }

  @Test(
    "edges: 1 at and below zero, 0 far out, and what is not a number stays so",
    arguments: [(0, 1), (-0, 1), (-3, 1), (1e-30, 1), (87.1, 0), (1e30, 0), (.infinity, 0)]
      as [(Float, Float)])
  func edges(x: Float, expected: Float) {
    #expect(Exponential.decay(x) == expected)
    #expect(Exponential.decay(Float.nan).isNaN)
  }

  @Test("never more than 1, and never rising but by rounding")
  func monotone() {
    var last: Float = 1
    for step in 0...90_000 {
      let value = Exponential.decay(Float(step) * 1e-3)
      #expect(value <= 1 && value <= last * (1 + 3e-7))
      last = value
    }
  }
}
