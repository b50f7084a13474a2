import Testing

/// Standard output carries results, standard error everything else.
@Suite("Output streams") struct StreamTests {
  private static let training =
    ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "40"] + Fixtures.smallTraining

  @Test("the first line of progress comes within two seconds") func firstLine() async throws {
    // Other tests share the processors: the best of some runs is what the program can do.
    var delays: [Duration] = []
    while delays.count < 5 && delays.allSatisfy({ $0 >= .seconds(2) }) {
      let watched = try await withTemporaryFolder {
        try await Program.watch(Self.training, in: $0)
      }
      expectSuccess(watched.run)
      delays.append(try #require(watched.firstLineDelay))
    }
    #expect(delays.contains { $0 < .seconds(2) }, "\(delays)")
  }

  @Test("progress goes to standard error in plain lines") func progress() async throws {
    try await withTemporaryFolder { folder in
      let watched = try await Program.watch(Self.training, in: folder)
      expectSuccess(watched.run)
      #expect(watched.run.output == "m.safetensors\n")
      let lines = watched.run.errorLines
      #expect(lines.allSatisfy { !$0.contains("\r") && !$0.contains("\u{1B}") })
      #expect(lines.first?.hasPrefix("3 scenes (many scenes), ") == true)
      let steps = lines.filter { $0.hasPrefix("step ") }
      let form = /step [0-9]+  [0-9.]+ %  ETA [0-9:]+  loss [0-9.]+  [0-9.]+ dB  [0-9]+ rays\/s/
      #expect(!steps.isEmpty)
      #expect(steps.allSatisfy { $0.wholeMatch(of: form) != nil }, "\(steps)")
      #expect(lines.last?.hasPrefix("40 steps in 0:") == true)
    }
  }

  @Test("there is at most one line of progress in ten seconds") func pace() async throws {
    try await withTemporaryFolder { folder in
      let start = ContinuousClock.now
      let run = try await Program.run(Self.training, in: folder)
      let seconds = (ContinuousClock.now - start).components.seconds
      let steps = run.errorLines.filter { $0.hasPrefix("step ") }
      #expect(steps.count <= 1 + seconds / 10)
    }
  }

  @Test("a reader of progress that leaves does not end a training") func leavingReader()
    async throws
  {
    try await withTemporaryFolder { folder in
      let run = try await Program.runWithLeavingReader(Self.training, in: folder)
      #expect(run.exitCode == 0)
      #expect(run.output == "m.safetensors\n")
      #expect(try await ResumeTests.record(in: folder).steps == 40)
    }
  }

  @Test("--quiet leaves standard error empty") func quiet() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      for (arguments, output) in [
        (Self.training, "m.safetensors\n"),
        (["train", "--resume", "m.run", "--steps", "42"], "m.safetensors\n"),
        (
          ["dataset", "ball.json", "-o", "data", "--size", "4", "--train-views", "1"]
            + ["--val-views", "0", "--test-views", "1"], "data\n"
        ),
      ] {
        let run = try await Program.run(arguments + ["--quiet"], in: folder)
        expectSuccess(run)
        #expect(run.errors == "")
        #expect(run.output == output)
      }
      let evaluation = try await Program.run(
        ["evaluate", "m.safetensors", Fixtures.cars, "--json", "--quiet"], in: folder)
      expectSuccess(evaluation)
      #expect(evaluation.errors == "")
    }
  }

  @Test("a report on standard output is JSON alone, whatever progress there was") func reports()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let run = try await Program.run(
        ["evaluate", "m.safetensors", Fixtures.cars, "--json"], in: folder)
      expectSuccess(run)
      #expect(run.output.hasPrefix("{\n") && run.output.hasSuffix("\n}\n"))
      #expect(run.errorLines.first == "scene 1/3  kenney_race")
      #expect(run.errorLines.last == "18 views of 3 scenes")
    }
  }

  @Test("a failing command prints one line of error and no result") func errors() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(["info", "two\nlines.safetensors"], in: folder)
      expectFailure(
        run, code: 66, line: "two\\u{a}lines.safetensors: found nothing there, expected")
    }
  }
}
