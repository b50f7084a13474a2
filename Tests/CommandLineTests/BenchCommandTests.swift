import Foundation
import Testing

@Suite("bench") struct BenchCommandTests {
  /// Where the model is that comes with the program: its frames take a moment, unlike those of the small
  /// model that the tests train, which is fog.
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The figures that need what not every machine has: more than one thread, or bfloat16.
  private static let optional: Set<String> = [
    "peak_bf16_gflops", "forward_w32_bf16", "forward_w64_bf16", "forward_w128_bf16",
    "forward_w32_bf16_share", "forward_w64_bf16_share", "forward_w128_bf16_share",
    "bf16_over_f32", "frame400_fps_bf16", "threads_scaling", "all_threads_scaling",
  ]

  @Test("a quick run measures every figure, and a thread's shares of the peak are shares")
  func quick() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["bench", "--quick", "--growth", "--json", "--threads", "2"], in: folder,
        home: Self.repository)
      expectSuccess(run)
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(report["schema"] as? Int == 1)
      let spread = try #require(report["spread"] as? [String: Any])
      for (key, value) in report where spread[key] != nil {
        guard let number = value as? Double else {
          #expect(Self.optional.contains(key), "\(key)")
          continue
        }
        // A step that looks at no grid spends no time on it.
        #expect(number.isFinite && (number > 0 || key.hasSuffix("_ms")), "\(key)")
        let quartiles = try #require(spread[key] as? [String: Double])
        #expect(quartiles["lower_quartile"] ?? .nan <= number, "\(key)")
        #expect(quartiles["upper_quartile"] ?? .nan >= number, "\(key)")
        #expect(quartiles["repetitions"] ?? 0 >= 1, "\(key)")
      }
      // Other tests disturb what several threads do by the clock on the wall, but not these.
      for width in [32, 64, 128] {
        for key in ["forward_w\(width)_f32_share", "train_w\(width)_share"] {
          let share = try #require(report[key] as? Double)
          #expect(share > 0 && share < 1.2, "\(key)")
        }
      }
      let growth = try #require(report["growth"] as? [String: [[String: Double]]])
      #expect(Set(growth.keys) == ["pixels", "scenes", "widths", "threads"])
      for (table, rows) in growth {
        #expect(rows.count == 2, "\(table)")
        #expect(rows.allSatisfy { $0.values.allSatisfy { $0.isFinite && $0 > 0 } }, "\(table)")
      }
      #expect(try folder.names() == [])
    }
  }

  @Test("the text names the machine's kernels, and a share for every width") func text()
    async throws
  {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["bench", "--quick", "--threads", "1", "--quiet"], in: folder, home: Self.repository)
      expectSuccess(run)
      #expect(run.outputLines.first?.contains(" kernels, 1 thread on ") == true)
      for width in [32, 64, 128] {
        #expect(
          run.outputLines.contains {
            $0.hasPrefix("  forward and backward, width \(width) ") && $0.contains(" % ")
          })
      }
      #expect(run.errorLines.allSatisfy { $0.hasPrefix("warning: the machine was busy") })
    }
  }

  @Test(
    "options out of range are refused",
    arguments: [
      (["--seconds-per-figure", "0"], "found 0.0, expected above 0 to 3600"),
      (["--seconds-per-figure=-1"], "found -1.0, expected above 0 to 3600"),
      (["--seconds-per-figure", "nan"], "found nan, expected above 0 to 3600"),
      (["--seconds-per-figure", "3601"], "found 3601.0, expected above 0 to 3600"),
      (["--quick", "--seconds-per-figure", "1"], "found it with --quick, which sets it"),
    ])
  func badSeconds(options: [String], message: String) async throws {
    let run = try await withTemporaryFolder { try await Program.run(["bench"] + options, in: $0) }
    expectUsageError(run, message: "--seconds-per-figure: \(message)")
  }

  @Test("a model or a scene that is not there ends in one line") func missing() async throws {
    try await withTemporaryFolder { folder in
      expectFailure(
        try await Program.run(["bench", "none.safetensors", "--quick"], in: folder), code: 66,
        line: "none.safetensors: ")
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      expectFailure(
        try await Program.run(
          ["bench", "cars.safetensors", "--quick", "--scene", "kenney_tax"], in: folder),
        code: 66, line: "--scene: found no scene named kenney_tax, expected one")
    }
  }
}
