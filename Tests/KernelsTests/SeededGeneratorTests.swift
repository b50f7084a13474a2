import Kernels
import Testing

@Suite("Seeded generator")
struct SeededGeneratorTests {
  /// From SplitMix64 as published, applied to the seed mixed as the type says.
  @Test(
    "the first numbers of a seed are fixed",
    arguments: [
      (0, [0xa706_dd2f_4d19_7e6f, 0xb382_a305_f441_4f5e, 0x631a_9154_fbab_f717]),
      (42, [0x57e1_faba_6510_7204, 0xf4ab_d143_feb2_4055, 0x7c81_6738_c129_03b2]),
      (.max, [0x5dc2_0aa7_b2a2_7137, 0xbda5_668a_01d7_049c, 0x82b4_3276_abb8_0226]),
    ] as [(UInt64, [UInt64])])
  func golden(seed: UInt64, expected: [UInt64]) {
    var generator = SeededGenerator(seed: seed)
    #expect(expected.indices.map { _ in generator.next() } == expected)
  }

  @Test("the first numbers of a stream are fixed")
  func goldenStream() {
    var generator = SeededGenerator(seed: 42, 1, 7)
    #expect(generator.next() == 0x4bf2_dfd4_d216_141d)
    #expect(generator.next() == 0x8296_606f_586a_efbd)
    var zeroth = SeededGenerator(seed: 42).split(0)
    #expect(zeroth.next() == 0xd5be_c6a6_293d_dc4c)
  }

  @Test("splitting takes nothing from the generator, and the same number gives the same stream")
  func splitting() {
    var split = SeededGenerator(seed: 9)
    var whole = split
    var first = split.split(3)
    var second = split.split(3)
    var other = split.split(4)
    let draws = (0..<5).map { _ in first.next() }
    #expect(draws == (0..<5).map { _ in second.next() })
    #expect(draws != (0..<5).map { _ in other.next() })
    #expect(split.next() == whole.next())
    var chain = SeededGenerator(seed: 9, 3, 8)
    var steps = SeededGenerator(seed: 9).split(3).split(8)
    #expect(chain.next() == steps.next())
  }

  @Test("neighbouring streams share no number and are not correlated")
  func independence() {
    let root = SeededGenerator(seed: 1)
    var numbers: Set<UInt64> = []
    var sum = 0.0
    let count = 20_000
    for index in 0..<count {
      var stream = root.split(UInt64(index))
      var neighbour = root.split(UInt64(index + 1))
      numbers.formUnion([stream.next(), stream.next()])
      _ = neighbour.next()
      let (a, b) = (Double(stream.uniform()), Double(neighbour.uniform()))
      sum += (a - 0.5) * (b - 0.5)
    }
    #expect(numbers.count == 2 * count)
    // A product of two uniform deviations has standard deviation 1/12: five of the mean's.
    #expect(abs(sum / Double(count)) < 5.0 / 12 / Double(count).squareRoot())
  }

  @Test("uniform numbers lie in [0, 1), in steps of 2⁻²⁴, evenly")
  func uniform() {
    var generator = SeededGenerator(seed: 2)
    let count = 100_000
    var buckets = [Int](repeating: 0, count: 50)
    for _ in 0..<count {
      let value = generator.uniform()
      #expect(value >= 0 && value < 1 && (value * 0x1p24).rounded() == value * 0x1p24)
      buckets[Int(value * 50)] += 1
    }
    let expected = Double(count) / 50
    let chiSquare = buckets.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
    // 49 degrees of freedom: one in a hundred thousand exceeds 103.
    #expect(chiSquare / expected < 103)
  }

  @Test("indices lie below the count and take every value alike", arguments: [1, 2, 3, 7, 100])
  func index(count: Int) {
    var generator = SeededGenerator(seed: 3)
    let draws = 2000 * count
    var hits = [Int](repeating: 0, count: count)
    for _ in 0..<draws { hits[generator.index(below: count)] += 1 }
    // Each count is binomial with mean 2000 and deviation below 45.
    #expect(hits.allSatisfy { abs($0 - 2000) < 5 * 45 })
  }

  @Test("normal numbers have mean 0, variance 1, no skew and a kurtosis of 3")
  func normal() {
    var generator = SeededGenerator(seed: 4)
    let count = 200_000
    var moments = [Double](repeating: 0, count: 5)
    for value in generator.normals(count: count, standardDeviation: 1) {
      var power = 1.0
      for order in 1...4 {
        power *= Double(value)
        moments[order] += power / Double(count)
      }
    }
    // Standard errors of the moments: √(Var xᵏ / n) with Var x, x², x³, x⁴ = 1, 2, 15, 96.
    let errors = [0, 1, 2, 15, 96].map { ($0 / Double(count)).squareRoot() }
    for (order, expected) in [(1, 0), (2, 1), (3, 0), (4, 3)] as [(Int, Double)] {
      #expect(abs(moments[order] - expected) < 5 * errors[order], "moment \(order)")
    }
  }

  @Test("normal numbers scale with their deviation")
  func deviation() {
    var unit = SeededGenerator(seed: 5)
    var scaled = SeededGenerator(seed: 5)
    #expect(
      scaled.normals(count: 10, standardDeviation: 0.25)
        == unit.normals(count: 10, standardDeviation: 1).map { $0 * 0.25 })
  }
}
