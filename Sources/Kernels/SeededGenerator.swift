/// A small deterministic random number generator that can be split into independent streams.
///
/// SplitMix64 (Steele, Lea and Flood 2014, fig. 17, https://doi.org/10.1145/2660193.2660195): the state is
/// a counter with a fixed step, the output a mixed copy of it. Keyed by (seed, stream numbers), so that
/// what a ray or a scene draws depends on its own numbers and never on the order of the work.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private(set) var state: UInt64

  package init(seed: UInt64) {
    state = Self.mixed(seed &+ Self.step)
  }

  /// The stream with the given numbers: the same numbers give the same stream.
  @inlinable
  package init(seed: UInt64, _ stream: UInt64...) {
    self.init(seed: seed)
    for number in stream { self = split(number) }
  }

  /// An independent generator for one of many parts of the work.
  package func split(_ number: UInt64) -> SeededGenerator {
    SeededGenerator(state: Self.mixed(state ^ Self.mixed(number &* Self.step &+ 1)))
  }

  private init(state: UInt64) {
    self.state = state
  }

  package mutating func next() -> UInt64 {
    state &+= Self.step
    return Self.mixed(state)
  }

  /// Uniform in [0, 1), in steps of 2⁻²⁴.
  package mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// Uniform in 0..<`count`.
  ///
  /// A multiplication takes the place of rejection: the bias is below `count` · 2⁻⁶⁴.
  package mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// 2⁶⁴ divided by the golden ratio, made odd.
  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
