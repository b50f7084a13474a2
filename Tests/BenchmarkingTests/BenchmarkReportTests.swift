import Benchmarking
import Foundation
import Testing

@Suite("Benchmark report") struct BenchmarkReportTests {
  /// The keys that others rely on: a change of them needs another schema number.
  static let keys = [
    "peak_f32_gflops", "peak_bf16_gflops", "peak_f32_all_threads_gflops", "processor_share",
    "forward_w32_f32_share", "forward_w64_f32_share", "forward_w128_f32_share",
    "train_w32_share", "train_w64_share", "train_w128_share",
    "forward_w32_f32", "forward_w64_f32", "forward_w128_f32",
    "forward_w32_bf16", "forward_w64_bf16", "forward_w128_bf16",
    "forward_w32_bf16_share", "forward_w64_bf16_share", "forward_w128_bf16_share",
    "bf16_over_f32", "train_w32_bf16_share", "train_w64_bf16_share", "train_w128_bf16_share",
    "train_bf16_over_f32",
    "forward_w32_f32_all_threads_share", "forward_w64_f32_all_threads_share",
    "forward_w128_f32_all_threads_share", "train_w32_all_threads_share",
    "train_w64_all_threads_share", "train_w128_all_threads_share",
    "threads_scaling", "all_threads_scaling",
    "hypernetwork_pass_seconds", "occupancy_build_seconds",
    "frame400_fps_f32", "frame400_fps_bf16", "frame400_fps_with_png", "frame400_share",
    "frame400_ms", "frame400_rays_ms", "frame400_traversal_ms", "frame400_field_ms",
    "frame400_compositing_ms", "frame400_pixels_ms", "frame400_png_seconds",
    "samples_per_hit_ray",
    "train_step_share", "train_step_f32_share", "train_samples_per_second",
    "train_samples_per_second_f32", "train_step_ms",
    "train_hypernetwork_ms",
    "train_occupancy_ms", "train_rays_ms", "train_field_forward_ms", "train_compositing_ms",
    "train_field_backward_ms", "train_hypernetwork_backward_ms", "train_optimizer_ms",
    "peak_resident_bytes",
  ]

  private static let plan = BenchmarkPlan(threadCount: 2, processorCount: 2)

  private static func report(_ measurements: Measurements = Measurements()) -> BenchmarkReport {
    BenchmarkReport(
      machine: MachineDescription(plan: plan), measurements: measurements,
      frameFingerprint: "00", growth: nil)
  }

  private static func json(_ report: BenchmarkReport) throws -> [String: Any] {
    let data = try JSONEncoder().encode(report)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test("the figures' keys are those that others rely on, each once")
  func keys() {
    #expect(Figure.sections.flatMap(\.figures).map(\.key) == Self.keys)
    #expect(Set(Self.keys).count == Self.keys.count)
  }

  @Test("the JSON has every key and its spread, whatever was measured") func jsonKeys() throws {
    let object = try Self.json(Self.report())
    #expect(
      Set(object.keys)
        == Set(
          Self.keys + ["schema", "machine", "spread", "warning", "growth", "frame400_fingerprint"]))
    #expect(object["schema"] as? Int == 1)
    let spread = try #require(object["spread"] as? [String: Any])
    #expect(Set(spread.keys) == Set(Self.keys))
    #expect(Self.keys.allSatisfy { object[$0] is NSNull && spread[$0] is NSNull })
    let machine = try #require(object["machine"] as? [String: Any])
    #expect(machine["threads"] as? Int == 2 && machine["processors"] as? Int == 2)
  }

  @Test("a figure's value is the median of what was recorded") func median() throws {
    var measurements = Measurements()
    for value in [0.5, 0.875, 0.75] { measurements.record("train_w64_share", value) }
    let report = Self.report(measurements)
    let object = try Self.json(report)
    #expect(object["train_w64_share"] as? Double == 0.75)
    let spread = try #require(
      (object["spread"] as? [String: Any])?["train_w64_share"] as? [String: Any])
    #expect(spread["median"] as? Double == 0.75)
    #expect(spread["lowerQuartile"] as? Double == 0.625)
    #expect(spread["upperQuartile"] as? Double == 0.8125)
    #expect(spread["repetitions"] as? Int == 3)
    let line = try #require(
      report.text.split(separator: "\n").first {
        $0.hasPrefix("  forward and backward, width 64 ")
      })
    #expect(line.hasSuffix(" 75.0 %        (62.5 … 81.2, 3)"))
  }

  @Test("the text has a line for every figure, and a dash where nothing was measured")
  func text() {
    let lines = Self.report().text.split(separator: "\n")
    #expect(lines.count { $0.hasSuffix(" -") } == Self.keys.count)
    #expect(lines.count == 2 + Figure.sections.count + Self.keys.count)
  }

  @Test(
    "a machine that had other work to do is warned of, a quiet one is not",
    arguments: [(0.999, false), (0.951, false), (0.94, true), (0.5, true)])
  func warning(share: Double, isExpected: Bool) throws {
    var measurements = Measurements()
    // Single measurements that were disturbed do not matter.
    for value in [share, share, share, 0.1, 1.0] {
      measurements.record("processor_share", value)
    }
    let report = Self.report(measurements)
    #expect((report.warning != nil) == isExpected)
    #expect(report.warning?.contains("\n") != true)
    #expect((try Self.json(report)["warning"] is NSNull) != isExpected)
  }
}
