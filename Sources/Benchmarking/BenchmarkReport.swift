/// What a benchmark found: every figure's spread, for people and for programs.
package struct BenchmarkReport: Sendable {
  package let machine: MachineDescription
  package let measurements: Measurements
  /// Of the frame's 8-bit pixels: the same for any number of threads.
  package let frameFingerprint: String
  /// nil unless asked for.
  package let growth: GrowthTable?

  package init(
    machine: MachineDescription, measurements: Measurements, frameFingerprint: String,
    growth: GrowthTable?
  ) {
    self.frameFingerprint = frameFingerprint
    self.machine = machine
    self.measurements = measurements
    self.growth = growth
  }

  /// The version of the report's keys.
  package static let schema = 1

  /// The share of the processors' time below which figures are not to be relied on.
  package static let quietShare = 0.95

  /// What makes the figures doubtful, in one line; nil where nothing does.
  package var warning: String? {
    guard let share = measurements.spread(of: "processor_share")?.median,
      share < Self.quietShare
    else { return nil }
    let percent = Int((100 * share).rounded())
    return
      "the machine was busy: this process got \(percent) % of the processor time that it asked "
      + "for; do not rely on figures of several threads, of frames and of training"
  }
}

extension BenchmarkReport: Encodable {
  /// The medians under the keys of their figures, null where nothing was measured; beside them the
  /// spreads under the same keys.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(Self.schema, forKey: Key("schema"))
    try container.encode(machine, forKey: Key("machine"))
    var spreads = container.nestedContainer(keyedBy: Key.self, forKey: Key("spread"))
    for figure in Figure.sections.flatMap(\.figures) {
      let spread = measurements.spread(of: figure.key)
      try container.encode(spread?.median, forKey: Key(figure.key))
      try spreads.encode(spread, forKey: Key(figure.key))
    }
    try container.encode(frameFingerprint, forKey: Key("frame400_fingerprint"))
    try container.encode(warning, forKey: Key("warning"))
    try container.encode(growth, forKey: Key("growth"))
  }

  /// A key that is known only when it is written.
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
