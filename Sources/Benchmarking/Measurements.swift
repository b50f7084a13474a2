/// All measurements of a run, by the key of their figure.
package struct Measurements: Sendable {
  private var values: [String: [Double]] = [:]

  private static let keys = Set(Figure.sections.flatMap(\.figures).map(\.key))

  package init() {}

  /// Adds one measurement of a figure.
  ///
  /// - Precondition: the figure is one of the sections'.
  package mutating func record(_ key: String, _ value: Double) {
    precondition(Self.keys.contains(key), "found \(key), expected the key of a figure")
    values[key, default: []].append(value)
  }

  /// Takes note of how much of the processors a piece of work got.
  ///
  /// - Parameter processorCount: the processors that it asked for.
  mutating func recordProcessorShare(of timing: Timing, processorCount: Int) {
    record(
      "processor_share", timing.processorSeconds / (timing.wallSeconds * Double(processorCount)))
  }

  /// What was measured of a figure; nil where nothing was.
  package func spread(of key: String) -> Spread? { Spread(values[key] ?? []) }
}
