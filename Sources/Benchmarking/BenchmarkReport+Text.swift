import Foundation

/// The report as a table for people.
extension BenchmarkReport {
  package var text: String {
    var lines = [
      "\(machine.processor), \(machine.kernels) kernels, "
        + "\(Self.count(machine.threads, "thread")) on "
        + Self.count(machine.processors, "processor"),
      "median (lower quartile … upper quartile, repetitions)",
    ]
    for section in Figure.sections {
      lines += ["", section.title]
      lines += section.figures.map { "  " + line(of: $0) }
    }
    if let growth { lines += growth.lines }
    return lines.joined(separator: "\n")
  }

  private func line(of figure: Figure) -> String {
    let title = figure.title.padded(to: 48)
    guard let spread = measurements.spread(of: figure.key) else { return title + "       -" }
    let unit = figure.unit
    let median = unit.text(spread.median)
    return title + median.paddedLeft(to: 8) + " " + unit.name.padded(to: 8)
      + " (\(unit.text(spread.lowerQuartile)) … \(unit.text(spread.upperQuartile)), "
      + "\(spread.repetitions))"
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}

extension Figure.Unit {
  /// What stands behind a number.
  fileprivate var name: String {
    switch self {
    case .share: "%"
    case .gigaflops: "GF/s"
    case .megasamples: "Ms/s"
    case .ratio: "×"
    case .seconds: "s"
    case .milliseconds: "ms"
    case .framesPerSecond: "1/s"
    case .samplesPerSecond: "Ms/s"
    case .samples: ""
    case .bytes: "MiB"
    }
  }

  /// A value as it is shown, without its unit.
  fileprivate func text(_ value: Double) -> String {
    switch self {
    case .share: String(format: "%.1f", 100 * value)
    case .gigaflops: String(format: "%.1f", value)
    case .megasamples, .framesPerSecond, .milliseconds, .samples: String(format: "%.2f", value)
    case .ratio: String(format: "%.3f", value)
    case .seconds: String(format: "%.4f", value)
    case .samplesPerSecond: String(format: "%.2f", 1e-6 * value)
    case .bytes: String(format: "%.0f", value / Double(1 << 20))
    }
  }
}

extension GrowthTable {
  /// Four tables, each under an empty line and a heading.
  fileprivate var lines: [String] {
    var lines = ["", "Growth: pixels           a frame, s      ns a pixel"]
    lines += pixels.map {
      "  " + "\($0.edge)×\($0.edge)".padded(to: 16)
        + String(format: "%16.4f%16.1f", $0.seconds, $0.nanosecondsPerPixel)
    }
    lines += ["", "Growth: scenes      hypernetwork, s  training step, s  samples, Ms/s"]
    lines += scenes.map {
      "  " + "\($0.scenes)".padded(to: 16)
        + String(
          format: "%16.4f%18.4f%15.2f", $0.hypernetworkSeconds, $0.trainingStepSeconds,
          1e-6 * $0.trainingSamplesPerSecond)
    }
    lines += [
      "", "Growth: width      forward, ns a sample  of the peak  forward and backward  of the peak",
    ]
    lines += widths.map {
      "  " + "\($0.width)".padded(to: 16)
        + String(
          format: "%21.1f%11.1f %%%22.1f%11.1f %%", $0.forwardNanosecondsPerSample,
          100 * $0.forwardShare, $0.trainingNanosecondsPerSample, 100 * $0.trainingShare)
    }
    lines += ["", "Growth: threads      kernel, times  400×400 frame, s  frame, times"]
    lines += threads.map {
      "  " + "\($0.threads)".padded(to: 16)
        + String(format: "%16.2f%18.4f%14.2f", $0.kernelScaling, $0.frameSeconds, $0.frameScaling)
    }
    return lines
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func paddedLeft(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
