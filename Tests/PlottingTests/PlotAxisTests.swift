import Plotting
import Testing

@Suite("Plot axes") struct PlotAxisTests {
  /// Ranges of many sizes and places.
  static let ranges: [(Double, Double)] = [
    (0, 1), (3.2, 17.9), (-4, 4), (21.37, 28.5), (0.001, 0.0017), (1e6, 3e7), (512, 12_000_000),
    (7, 7), (1, 66), (0.999, 1.001), (95, 105), (2, 2.0000001),
  ]

  @Test("the ticks' ends are the range, which covers every value", arguments: ranges)
  func coverage(low: Double, high: Double) {
    for scale in [PlotAxis.Scale.linear, .logarithmic] where scale == .linear || low > 0 {
      let axis = PlotAxis("", scale: scale, covering: [high, low, (low + high) / 2])
      let numbers = axis.ticks.map(\.value)
      #expect(numbers.first == axis.range.lowerBound && numbers.last == axis.range.upperBound)
      #expect(axis.range.lowerBound <= low + 1e-9 * abs(low))
      #expect(axis.range.upperBound >= high - 1e-9 * abs(high))
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
      #expect((2...12).contains(numbers.count), "\(numbers)")
      #expect(Set(axis.ticks.map(\.label)).count == numbers.count, "\(axis.ticks)")
    }
  }

  @Test("even steps are 1, 2 or 5 times a power of ten", arguments: ranges)
  func steps(low: Double, high: Double) {
    let numbers = PlotAxis("", covering: [low, high]).ticks.map(\.value)
    var step = numbers[1] - numbers[0]
    while step < 0.999 { step *= 10 }
    while step > 9.99 { step /= 10 }
    #expect([1, 2, 5].contains { abs($0 - step) < 1e-3 }, "\(step)")
  }

  @Test("numbers are written as short as they can be told apart")
  func labels() {
    #expect(
      PlotAxis("", covering: [0, 1]).ticks.map(\.label) == [
        "0.0", "0.2", "0.4", "0.6", "0.8", "1.0",
      ])
    #expect(
      PlotAxis("", covering: [18, 30]).ticks.map(\.label) == [
        "18", "20", "22", "24", "26", "28", "30",
      ])
    #expect(
      PlotAxis("", scale: .logarithmic, covering: [300, 2_000_000]).ticks.map(\.label)
        == ["100", "1k", "10k", "100k", "1M", "10M"])
    #expect(
      PlotAxis("", scale: .logarithmic, ticks: [1, 2, 4, 8, 16, 32]).ticks.map(\.label)
        == ["1", "2", "4", "8", "16", "32"])
  }

  @Test("the share goes from 0 to 1 along the range: evenly, or by factors")
  func shares() {
    let even = PlotAxis("", covering: [0, 10])
    #expect(even.share(of: 0) == 0 && even.share(of: 10) == 1 && even.share(of: 5) == 0.5)
    let factors = PlotAxis("", scale: .logarithmic, covering: [1, 10_000])
    #expect(abs(factors.share(of: 100) - 0.5) < 1e-12)
    #expect(abs(factors.share(of: 10) - 0.25) < 1e-12)
    let given = PlotAxis("", scale: .logarithmic, ticks: [1, 2, 4])
    #expect(given.share(of: 1) > 0 && given.share(of: 4) < 1)
    #expect(abs(given.share(of: 2) - 0.5) < 1e-12)
  }

  @Test("numbers that have no place on the axis do not widen it")
  func strangers() {
    let even = PlotAxis("", covering: [1, .nan, 2, .infinity])
    #expect(even.range == PlotAxis("", covering: [1, 2]).range)
    let factors = PlotAxis("", scale: .logarithmic, covering: [0, -3, 10, 100])
    #expect(factors.range == PlotAxis("", scale: .logarithmic, covering: [10, 100]).range)
    #expect(PlotAxis("", covering: []).ticks.count > 1)
    #expect(PlotAxis("", scale: .logarithmic, covering: []).ticks.count > 1)
  }
}
