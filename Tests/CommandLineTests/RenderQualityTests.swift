import Imaging
import Kernels
import Testing

@Suite("Quality") struct RenderQualityTests {
  private struct Report: Decodable {
    let fieldEvaluations: Int
  }

  private func evaluationCount(
    _ options: [String], in folder: TemporaryFolder
  ) async throws -> Int {
    let run = try await Program.run(
      ["render", "cars.safetensors", "--size", "48", "-o", "p.png", "--overwrite", "--json"]
        + options, in: folder)
    expectSuccess(run)
    return try run.report(Report.self).fieldEvaluations
  }

  @Test("higher qualities take more work, and standard is what nothing stands for") func order()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      var counts: [Int] = []
      for quality in ["preview", "standard", "high"] {
        counts.append(try await evaluationCount(["--quality", quality], in: folder))
      }
      #expect(counts[0] < counts[1] && counts[1] < counts[2], "\(counts)")
      #expect(try await evaluationCount([], in: folder) == counts[1])
    }
  }

  @Test("what is asked for stands above the quality") func overriding() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let own = [
        "--samples", "77", "--termination", "0.02", "--grid-resolution", "32", "--precision",
        "float32",
      ]
      let expected = try await evaluationCount(own, in: folder)
      for quality in ["preview", "high"] {
        #expect(try await evaluationCount(["--quality", quality] + own, in: folder) == expected)
      }
    }
  }

  @Test("evaluate knows the same settings") func evaluate() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let command = ["evaluate", "cars.safetensors", Fixtures.taxi, "--json"]
      var outputs: [String] = []
      for options in [
        [], ["--quality", "standard"], ["--quality", "preview"],
        [
          "--quality", "preview", "--samples", "300", "--termination", "0", "--precision",
          "float32",
        ],
        ["--samples", "300", "--termination", "0", "--grid-resolution", "64"],
      ] {
        let run = try await Program.run(command + options, in: folder)
        expectSuccess(run)
        outputs.append(run.output)
      }
      #expect(outputs[0] == outputs[1] && outputs[1] != outputs[2])
      // Preview's grid has 64 cells along an edge.
      #expect(outputs[3] == outputs[4] && outputs[3] != outputs[2])
    }
  }

  @Test("settings that make no sense are refused", arguments: ["render", "evaluate"])
  func refused(command: String) async throws {
    for (options, message) in [
      (["--quality", "best"], "The value 'best' is invalid for '--quality <quality>'"),
      (["--samples", "65537"], "--samples: found 65537, expected 1…65536"),
      (["--grid-resolution", "0"], "--grid-resolution: found 0, expected 1…512"),
      (["--termination", "-1"], "Missing value for '--termination <share>'"),
    ] {
      let run = try await withTemporaryFolder {
        try await Program.run(
          [command] + (command == "render" ? [] : ["m", "data"]) + options, in: $0)
      }
      #expect(run.exitCode == 64 && run.output == "")
      #expect(run.errors.hasPrefix("error: " + message), "\(run.errors)")
    }
  }

  @Test("bfloat16 shows the same scene where the processor has it, and is refused elsewhere")
  func precision() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let view = ["render", "cars.safetensors", "--size", "48"]
      func picture(_ name: String) throws -> Image { try PNGFile.read(folder.path(of: name)) }
      for (name, options) in [("none", []), ("single", ["--precision", "float32"])] {
        expectSuccess(
          try await Program.run(view + ["-o", "\(name).png"] + options, in: folder))
      }
      let isSame = try folder.bytes(of: "none.png") == folder.bytes(of: "single.png")
      #expect(isSame)

      let half = ["--precision", "bfloat16"]
      let before = try folder.contents()
      let run = try await Program.run(view + ["-o", "half.png"] + half, in: folder)
      let evaluation = try await Program.run(
        ["evaluate", "cars.safetensors", Fixtures.taxi] + half, in: folder)
      if FieldPrecision.bfloat16.isAvailable {
        expectSuccess(run)
        expectSuccess(evaluation)
        let psnr = ImageMetrics.psnr(try picture("half.png"), try picture("single.png"))
        #expect((30..<100).contains(psnr))
      } else {
        let line = "--precision: found a processor without bfloat16 instructions, expected one"
        for refused in [run, evaluation] { expectFailure(refused, code: 69, line: line) }
        #expect(try folder.contents() == before)
      }
    }
  }
}
