import Checkpoints
import Foundation
import Imaging
import Kernels
import NeuralFields
import VolumeRendering

/// Measures what it takes to show a model's scene: the hypernetwork, the occupancy grid, and frames.
///
/// A frame begins with a camera and ends with a picture of 8 bits in memory; the scene's weights and
/// grid are ready, as they are when several views of it are rendered.
struct FrameBenchmark {
  let plan: BenchmarkPlan
  let meter: PeakMeter
  let subject: BenchmarkSubject

  /// A frame's samples as an 8-bit file keeps them, and the work behind them.
  private struct Frame {
    let picture: Image
    let bytes: [UInt8]
    let statistics: RenderStatistics
    /// From camera to bytes.
    let seconds: Double
    /// Of that, from the rendered image to the bytes.
    let roundingSeconds: Double
  }

  /// - Returns: a fingerprint of the picture, the same wherever the same pixels come out.
  /// - Throws: `PNGError` where the folder for temporary files takes no file.
  func measure(into measurements: inout Measurements) throws -> String {
    let threadCount = plan.threadCount
    let field = subject.model.field(for: subject.code, threadCount: threadCount)
    let bfloat16Field =
      FieldPrecision.bfloat16.isAvailable
      ? subject.model.field(for: subject.code, precision: .bfloat16, threadCount: threadCount)
      : nil
    let grid = subject.grid(of: field, threadCount: threadCount)
    let renderer = subject.renderer(threadCount: threadCount)
    let timingRenderer = subject.renderer(threadCount: threadCount, measuresPhases: true)
    let operationsPerSample = Double(
      field.architecture.kernelShape(over: field.bound).forwardOperationCount)
    let path = FileManager.default.temporaryDirectory.appending(
      path: "hypermarch-bench-\(UUID().uuidString).png"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }

    // The first frame finds its memory untouched.
    let first = frame(of: field, grid: grid, renderer: renderer)
    try repeating(forSeconds: 8 * plan.secondsPerFigure, atLeast: plan.minimumRepetitions) {
      let before = meter.readThreads(threadCount).reading
      let frame = frame(of: field, grid: grid, renderer: renderer)
      let (after, peakTiming) = meter.readThreads(threadCount)
      let writing = try Timing.ofAllThreads {
        try PNGFile.write(frame.picture, to: path, overwriting: true)
      }
      record(frame, pngSeconds: writing.wallSeconds, into: &measurements)
      let operationCount = Double(frame.statistics.sampleCount) * operationsPerSample
      measurements.record(
        "frame400_share", operationCount / frame.seconds / (before + after).rate)
      measurements.recordProcessorShare(of: peakTiming, processorCount: plan.busyProcessorCount)

      if let bfloat16Field {
        let rounded = self.frame(of: bfloat16Field, grid: grid, renderer: renderer)
        measurements.record("frame400_fps_bf16", 1 / rounded.seconds)
      }
      let timed = self.frame(of: field, grid: grid, renderer: timingRenderer)
      record(timed.statistics.phases, into: &measurements)
      measurePreparation(of: field, into: &measurements)
    }
    return Self.fingerprint(of: first.bytes)
  }

  private func frame(
    of field: CoordinateMLP, grid: OccupancyGrid, renderer: Renderer
  ) -> Frame {
    let clock = ContinuousClock()
    let start = clock.now
    let image = renderer.render(field, camera: subject.camera, grid: grid)
    let rendered = clock.now
    let picture = image.picture(over: [1, 1, 1])
    let bytes = picture.samplesOf8Bits
    let end = clock.now
    return Frame(
      picture: picture, bytes: bytes, statistics: image.statistics,
      seconds: (end - start).inSeconds, roundingSeconds: (end - rendered).inSeconds)
  }

  private func record(
    _ frame: Frame, pngSeconds: Double, into measurements: inout Measurements
  ) {
    measurements.record("frame400_fps_f32", 1 / frame.seconds)
    measurements.record("frame400_fps_with_png", 1 / (frame.seconds + pngSeconds))
    measurements.record("frame400_ms", 1e3 * frame.seconds)
    measurements.record("frame400_pixels_ms", 1e3 * frame.roundingSeconds)
    measurements.record("frame400_png_seconds", pngSeconds)
    measurements.record("samples_per_hit_ray", frame.statistics.samplesPerMarchedRay)
  }

  private func record(_ phases: RenderPhases, into measurements: inout Measurements) {
    measurements.record("frame400_rays_ms", 1e3 * phases.rays)
    measurements.record("frame400_traversal_ms", 1e3 * phases.traversal)
    measurements.record("frame400_field_ms", 1e3 * phases.field)
    measurements.record("frame400_compositing_ms", 1e3 * phases.compositing)
  }

  /// What has to be done once per scene, before its frames.
  private func measurePreparation(
    of field: CoordinateMLP, into measurements: inout Measurements
  ) {
    let pass = Timing.ofAllThreads {
      _ = subject.model.hypernetwork.weights(
        for: subject.code, threadCount: plan.threadCount)
    }
    measurements.record("hypernetwork_pass_seconds", pass.wallSeconds)
    let build = Timing.ofAllThreads {
      _ = subject.grid(of: field, threadCount: plan.threadCount)
    }
    measurements.record("occupancy_build_seconds", build.wallSeconds)
  }

  /// 64 bits in hexadecimal that hardly any other bytes have.
  ///
  ///     h ← (h xor byte) · 0x100000001b3
  ///
  /// (FNV-1a; Fowler, Noll and Vo, RFC 9923.)
  static func fingerprint(of bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Image {
  /// The samples as an 8-bit file keeps them.
  fileprivate var samplesOf8Bits: [UInt8] {
    samples.map { UInt8((min(max($0, 0), 1) * 255 + 0.5).rounded(.down)) }
  }
}
