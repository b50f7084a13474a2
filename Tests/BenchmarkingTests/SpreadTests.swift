import Benchmarking
import Testing

@Suite("Spread") struct SpreadTests {
  struct Example: Sendable {
    let values: [Double]
    /// Minimum, lower quartile, median, upper quartile, maximum.
    let expected: [Double]
  }

  @Test(
    "median and quartiles are those worked out by hand",
    arguments: [
      Example(values: [7], expected: [7, 7, 7, 7, 7]),
      Example(values: [4, 2], expected: [2, 2.5, 3, 3.5, 4]),
      Example(values: [3, 1, 2], expected: [1, 1.5, 2, 2.5, 3]),
      Example(values: [10, 40, 20, 30], expected: [10, 17.5, 25, 32.5, 40]),
      Example(values: [5, 1, 4, 2, 3], expected: [1, 2, 3, 4, 5]),
      Example(values: [1, 1, 1, 100], expected: [1, 1, 1, 25.75, 100]),
    ])
  func known(example: Example) throws {
    let spread = try #require(Spread(example.values))
    #expect(
      [
        spread.minimum, spread.lowerQuartile, spread.median, spread.upperQuartile, spread.maximum,
      ] == example.expected)
    #expect(spread.repetitions == example.values.count)
  }

  @Test("nothing measured has no spread") func empty() {
    #expect(Spread([]) == nil)
  }

  @Test("one disturbed measurement among many moves neither median nor quartiles by a step")
  func outlier() throws {
    let calm = (0..<41).map(Double.init)
    let quiet = try #require(Spread(calm))
    let disturbed = try #require(Spread(calm.map { $0 == 40 ? 1e9 : $0 }))
    #expect(disturbed.median == quiet.median)
    #expect(disturbed.upperQuartile == quiet.upperQuartile)
    #expect(disturbed.maximum == 1e9)
  }

  @Test("the order of the measurements does not matter, and scaling them scales the spread")
  func order() throws {
    let values: [Double] = [0.5, 9, -3, 2.25, 8, 8, 1]
    let spread = try #require(Spread(values))
    #expect(Spread(values.reversed()) == spread)
    #expect(Spread(values.sorted()) == spread)
    let doubled = try #require(Spread(values.map { 2 * $0 }))
    #expect(doubled.median == 2 * spread.median)
    #expect(doubled.lowerQuartile == 2 * spread.lowerQuartile)
    #expect(doubled.upperQuartile == 2 * spread.upperQuartile)
  }
}
