import Testing

@Suite("render --verify") struct RenderVerifyTests {
  private struct Report: Decodable {
    let fieldEvaluations: Int
    let verification: Verification?

    struct Verification: Decodable {
      let intervals: Int
      let skippedIntervals: Int
      let lostIntervals: Int
      let changedPixels: Int
      let largestLoss: Double
      let meanLoss: Double
      let psnr: Double
    }
  }

  private func verify(
    _ options: [String], in folder: TemporaryFolder
  ) async throws -> (verification: Report.Verification, fieldEvaluations: Int) {
    let run = try await Program.run(
      ["render", "ball.json", "--size", "48", "-o", "p.png", "--overwrite", "--json", "--verify"]
        + options, in: folder)
    expectSuccess(run)
    let report = try run.report(Report.self)
    return (try #require(report.verification), report.fieldEvaluations)
  }

  @Test("skipping loses nothing of an analytic scene, and most intervals are skipped")
  func nothingLost() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      let (found, evaluationCount) = try await verify([], in: folder)
      #expect(found.lostIntervals == 0 && found.changedPixels == 0)
      #expect(found.largestLoss < 1e-6 && found.meanLoss <= found.largestLoss)
      #expect(found.psnr == 100)
      #expect(found.skippedIntervals > found.intervals / 2)
      #expect(found.intervals - found.skippedIntervals <= evaluationCount)
      for threads in ["1", "3"] {
        let other = try await verify(["--threads", threads], in: folder).verification
        #expect(other.intervals == found.intervals && other.meanLoss == found.meanLoss)
      }
    }
  }

  @Test("the result is a line after the files' names") func line() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      let run = try await Program.run(
        ["render", "ball.json", "--size", "24", "-o", "p.png", "--verify"], in: folder)
      expectSuccess(run)
      #expect(run.outputLines.count == 2 && run.outputLines[0] == "p.png")
      #expect(
        run.outputLines[1].hasPrefix(
          "verified: skipping changed no pixel by more than a level; of "), "\(run.output)")
      #expect(run.outputLines[1].hasSuffix("PSNR 100.00 dB"))
      // The picture is the same as without the check.
      let plain = try await Program.run(
        ["render", "ball.json", "--size", "24", "-o", "q.png"], in: folder)
      expectSuccess(plain)
      #expect(try folder.bytes(of: "p.png") == folder.bytes(of: "q.png"))
    }
  }

  @Test(
    "what cannot be verified is refused",
    arguments: [
      (["--seconds", "1"], "--verify: found it beside --seconds, expected one of them"),
      (
        ["--size", "2049x2048"],
        "--verify: found 2049x2048 pixels, expected at most 4194304 in all, because they are kept "
          + "in memory"
      ),
    ] as [([String], String)])
  func refused(options: [String], message: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      let run = try await Program.run(["render", "ball.json", "--verify"] + options, in: folder)
      expectUsageError(run, message: message)
      #expect(try folder.names() == ["ball.json"])
    }
  }
}
