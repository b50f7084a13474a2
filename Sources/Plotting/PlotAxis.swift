import Foundation

/// An axis of a plot: which numbers it covers, and where a number lies along it.
package struct PlotAxis: Sendable {
  package enum Scale: Sendable {
    case linear
    /// For numbers above 0.
    case logarithmic
  }

  /// A number that is written beside the axis.
  package struct Tick: Sendable, Hashable {
    package let value: Double
    package let label: String
  }

  package let label: String
  package let scale: Scale
  package let range: ClosedRange<Double>
  /// Ascending; the first and the last are the ends of the range.
  package let ticks: [Tick]
  /// The share of the axis's length that is left free before and after the range.
  private let inset: Double

  /// An axis whose range is widened to round numbers, as few of them as tell the size.
  ///
  /// - Parameter values: what it has to cover; those that are not finite, and on a logarithmic axis those
  ///   that are not above 0, are passed over.
  package init(_ label: String, scale: Scale = .linear, covering values: [Double]) {
    let known = values.filter { $0.isFinite && (scale == .linear || $0 > 0) }
    let (low, high) = (known.min() ?? 1, known.max() ?? 1)
    let numbers =
      scale == .linear ? Self.evenNumbers(low, high) : Self.powers(low, high)
    self.init(
      label, scale: scale,
      ticks: numbers.map { Tick(value: $0, label: Self.text(of: $0, among: numbers)) }, inset: 0)
  }

  /// An axis with given numbers beside it.
  ///
  /// - Precondition: there are at least two, ascending, above 0 on a logarithmic axis.
  package init(_ label: String, scale: Scale = .linear, ticks numbers: [Double]) {
    self.init(
      label, scale: scale,
      ticks: numbers.map { Tick(value: $0, label: Self.text(of: $0, among: numbers)) }, inset: 0.06)
  }

  private init(_ label: String, scale: Scale, ticks: [Tick], inset: Double) {
    let numbers = ticks.map(\.value)
    precondition(
      numbers.count > 1 && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
        && (scale == .linear || numbers[0] > 0),
      "found ticks \(numbers), expected at least two, ascending")
    self.label = label
    self.scale = scale
    self.ticks = ticks
    self.inset = inset
    range = numbers[0]...numbers[numbers.count - 1]
  }

  /// How far along the axis a number lies: 0 at its beginning, 1 at its end, outside beyond them.
  package func share(of value: Double) -> Double {
    func place(_ number: Double) -> Double { scale == .linear ? number : log2(number) }
    let (low, high) = (place(range.lowerBound), place(range.upperBound))
    return inset + (1 - 2 * inset) * (place(value) - low) / (high - low)
  }

  /// Multiples of a round number that cover a range.
  ///
  /// The step is 1, 2 or 5 times a power of ten, about a fifth of the range. (Heckbert 1990, "Nice
  /// numbers for graph labels", Graphics Gems.)
  private static func evenNumbers(_ low: Double, _ high: Double) -> [Double] {
    // A range of nothing gets a width of its own size.
    let span = high > low ? high - low : max(abs(high), 1)
    let raw = span / 5
    let power = pow(10, floor(log10(raw)))
    let share = raw / power
    let step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10)
    // What rounding alone leaves over is no reason for another step.
    let first = floor(low / step + 1e-9)
    let last = max(ceil(high / step - 1e-9), first + 1)
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// Powers of ten that cover a range, or those with 2 and 5 between them where it is short.
  private static func powers(_ low: Double, _ high: Double) -> [Double] {
    let span = log10(high / low)
    let factors: [Double] = span < 2 ? [1, 2, 5] : [1]
    let first = floor(log10(low) + 1e-9)
    let last = ceil(log10(high) - 1e-9)
    var numbers: [Double] = []
    for exponent in stride(from: first, through: max(last, first + 1), by: 1) {
      for factor in factors { numbers.append(factor * pow(10, exponent)) }
    }
    let begin = numbers.lastIndex { $0 <= low * (1 + 1e-9) } ?? 0
    let end = numbers.firstIndex { $0 >= high * (1 - 1e-9) } ?? numbers.count - 1
    // One number alone makes no axis.
    return Array(numbers[begin...max(end, begin + 1)])
  }

  /// A number with as many decimals as tell it from its neighbours, thousands and millions as k and M.
  private static func text(of value: Double, among numbers: [Double]) -> String {
    let steps = zip(numbers, numbers.dropFirst()).map { $1 - $0 }
    let unit: (size: Double, letter: String) =
      abs(value) >= 1e9
      ? (1e9, "G") : abs(value) >= 1e6 ? (1e6, "M") : abs(value) >= 1e3 ? (1e3, "k") : (1, "")
    let step = (steps.min() ?? 1) / unit.size
    let isShort = unit.size > 1 || numbers[0] > 0 && numbers[numbers.count - 1] / numbers[0] >= 20
    // Short numbers say no more than they need; in a row of even steps all have the same decimals.
    if isShort {
      for decimals in 0..<6 {
        let text = String(format: "%.\(decimals)f", value / unit.size)
        if let read = Double(text), abs(read * unit.size - value) <= 1e-9 * abs(value) {
          return text + unit.letter
        }
      }
    }
    let decimals = min(9, max(0, Int(ceil(-log10(step) - 1e-9))))
    return String(format: "%.\(decimals)f", value / unit.size) + unit.letter
  }
}
