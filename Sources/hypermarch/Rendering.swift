import Foundation
import NeuralFields
import VolumeRendering

/// One picture on its way from a field to files.
struct Rendering {
  let camera: Camera
  let renderer: Renderer
  /// Makes the field that the picture shows.
  let prepare: () -> Subject
  /// Makes the narrower field that a picture against the clock begins with; nil where there is none.
  let prepareNarrow: (() -> Subject)?

  /// A field made ready to be rendered.
  struct Subject: Sendable {
    let field: any RadianceField
    let grid: OccupancyGrid
  }

  /// What was done.
  struct Outcome {
    /// What was shown in the end.
    let subject: Subject
    var statistics = RenderStatistics()
    /// Pixels that are not filled from a coarser picture.
    var finalPixelCount: Int
    /// The time that fields and their grids took.
    var preparing: Duration
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
    let (subject, preparing) = Self.timed(prepare)
    let start = ContinuousClock.now
    var writing = Duration.zero
    let statistics = try renderer.renderBands(
      of: subject.field, camera: camera, grid: subject.grid
    ) { band in
      let bandStart = ContinuousClock.now
      try Self.check(signals)
      try streams.append(band)
      writing += ContinuousClock.now - bandStart
    }
    try streams.publish()
    return Outcome(
      subject: subject, statistics: statistics, finalPixelCount: camera.width * camera.height,
      preparing: preparing, marching: ContinuousClock.now - start - writing)
  }

  private static func timed(_ prepare: () -> Subject) -> (Subject, Duration) {
    let start = ContinuousClock.now
    let subject = prepare()
    return (subject, ContinuousClock.now - start)
  }

  /// Renders as much as time allows, and then writes: where there is a narrower field, a preview of it comes
  /// before the field itself.
  private func refine(
    fileCount: Int, by deadline: ContinuousClock.Instant, signals: InterruptSignals,
    to makeStreams: (_ isFinal: Bool) throws -> RenderedStreams
  ) throws -> Outcome {
    let start = ContinuousClock.now
    let end = deadline - finishingTime(fileCount: fileCount)
    let timeRemains: @Sendable () -> Bool = { [hasSignal = signals.hasArrived] in
      ContinuousClock.now < end && !hasSignal()
    }
    var (subject, preparing) = Self.timed(prepareNarrow ?? prepare)
    var preview: RenderedImage?
    if prepareNarrow != nil {
      preview = renderer.preview(
        of: subject.field, camera: camera, grid: subject.grid, while: timeRemains)
      // Once time is up nothing is asked of the field any more.
      if timeRemains() {
        let (whole, time) = Self.timed(prepare)
        (subject, preparing) = (whole, preparing + time)
      }
    }
    let refined = renderer.render(
      subject.field, camera: camera, grid: subject.grid, after: preview, while: timeRemains)
    let marching = ContinuousClock.now - start - preparing
    let streams = try makeStreams(refined.finalPixelCount == camera.width * camera.height)
    for rows in renderer.bands(of: camera) {
      try Self.check(signals)
      try streams.append(refined.image.rows(rows))
    }
    try streams.publish()
    return Outcome(
      subject: subject, statistics: refined.image.statistics,
      finalPixelCount: refined.finalPixelCount, preparing: preparing, marching: marching)
  }

  /// What skipping empty space loses of the picture.
  func verification(of subject: Subject) -> SkippingReport {
    ProgressReporter.waiting(for: "verifying, without skipping") {
      SkippingReport(
        OccupancyCheck.run(
          subject.field, camera: camera, grid: subject.grid, settings: renderer.settings))
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
