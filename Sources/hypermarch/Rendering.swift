import Foundation
import NeuralFields
import VolumeRendering

/// One picture on its way from a field to files.
struct Rendering {
  let field: any RadianceField
  let grid: OccupancyGrid
  let camera: Camera
  let renderer: Renderer

  /// What was done.
  struct Outcome {
    var statistics = RenderStatistics()
    /// Pixels that are not filled from a coarser picture.
    var finalPixelCount: Int
    /// The time that rendering took, without writing.
    var marching: Duration
  }

  /// Renders, writes, and gives the files their names.
  ///
  /// - Parameters:
  ///   - fileCount: files that there will be.
  ///   - deadline: when all is written, or soon after it; without one, when all is rendered.
  ///   - makeStreams: opens the files; is told whether every pixel is final.
  /// - Throws: `CommandFailure`, also after a signal: then nothing is left of the files.
  func write(
    fileCount: Int, by deadline: ContinuousClock.Instant?,
    to makeStreams: (_ isFinal: Bool) throws -> RenderedStreams
  ) throws -> Outcome {
    let signals = InterruptSignals()
    return try withExtendedLifetime(signals) {
      if let deadline {
        try refine(fileCount: fileCount, by: deadline, signals: signals, to: makeStreams)
      } else {
        try stream(into: makeStreams(true), signals: signals)
      }
    }
  }

  /// Renders and writes band by band.
  private func stream(
    into streams: RenderedStreams, signals: InterruptSignals
  ) throws -> Outcome {
    let start = ContinuousClock.now
    var writing = Duration.zero
    let statistics = try renderer.renderBands(of: field, camera: camera, grid: grid) { band in
      let bandStart = ContinuousClock.now
      try Self.check(signals)
      try streams.append(band)
      writing += ContinuousClock.now - bandStart
    }
    try streams.publish()
    return Outcome(
      statistics: statistics, finalPixelCount: camera.width * camera.height,
      marching: ContinuousClock.now - start - writing)
  }

  /// Renders as much as time allows, and then writes.
  private func refine(
    fileCount: Int, by deadline: ContinuousClock.Instant, signals: InterruptSignals,
    to makeStreams: (_ isFinal: Bool) throws -> RenderedStreams
  ) throws -> Outcome {
    let start = ContinuousClock.now
    let end = deadline - finishingTime(fileCount: fileCount)
    let refined = renderer.render(field, camera: camera, grid: grid) {
      [hasSignal = signals.hasArrived] in ContinuousClock.now < end && !hasSignal()
    }
    let marching = ContinuousClock.now - start
    let streams = try makeStreams(refined.finalPixelCount == camera.width * camera.height)
    for rows in renderer.bands(of: camera) {
      try Self.check(signals)
      try streams.append(refined.image.rows(rows))
    }
    try streams.publish()
    return Outcome(
      statistics: refined.image.statistics, finalPixelCount: refined.finalPixelCount,
      marching: marching)
  }

  /// What skipping empty space loses of the picture.
  var verification: SkippingReport {
    ProgressReporter.waiting(for: "verifying, without skipping") {
      SkippingReport(
        OccupancyCheck.run(field, camera: camera, grid: grid, settings: renderer.settings))
    }
  }

  /// What filling pixels, by all threads, and writing them, by one, takes at most on a computer that
  /// has nothing else to do.
  private func finishingTime(fileCount: Int) -> Duration {
    let pixelTime = Duration.nanoseconds(40 / renderer.settings.threadCount + 20 * fileCount)
    return .milliseconds(5) + pixelTime * (camera.width * camera.height)
  }

  private static func check(_ signals: InterruptSignals) throws {
    if let code = signals.failureCode { throw CommandFailure("stopped by a signal", code) }
  }
}

extension Duration {
  /// The duration as a number of seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
