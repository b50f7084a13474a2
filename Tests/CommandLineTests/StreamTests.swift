import Foundation
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

  @Test(
    "a result that cannot be written is a failure, and one that nobody reads is none",
    arguments: [
      ["info", "m.safetensors"], ["info", "m.safetensors", "--json"],
      ["inspect", Fixtures.taxi, "--json"], ["latents", "list", "m.safetensors"],
      ["render", "ball.json", "--size", "4", "-o", "p.png"],
    ])
  func results(command: [String]) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try folder.put(Fixtures.ball, at: "ball.json")
      let full = try await Program.run(
        script: "exec \"$0\" \"$@\" > /dev/full", command, in: folder)
      #expect(full.exitCode == 74)
      #expect(
        full.errorLines.last
          == "error: standard output: could not be written: No space left on device")
      let left = try await Program.run(
        script: "\"$0\" \"$@\" --overwrite 2> /dev/null | true; exit ${PIPESTATUS[0]}",
        ["render", "ball.json", "--size", "4", "-o", "q.png"], in: folder)
      #expect(left.exitCode == 0)
    }
  }

  @Test(
    "one file for two results is refused before any work, by whatever names",
    arguments: [
      ["fit", "m.safetensors", "TAXI", "-o", "x", "--report", "./x"],
      ["fit", "m.safetensors", "TAXI", "-o", "x", "--report-picture", "link"],
      ["add-scenes", "m.safetensors", "OTHERS", "-o", "x", "--picture", "../FOLDER/x"],
      ["interpolate", "m.safetensors", "--frames", "3", "-o", "#.png", "--animation", "2.png"],
      ["interpolate", "m.safetensors", "--report", "x", "--contact-sheet", "x-plot.png"],
      ["latents", "mix", "m.safetensors", "mean", "-o", "a.latent.safetensors"]
        + ["--contact-sheet", "./a.latent.safetensors"],
      ["latents", "sample", "m.safetensors", "-o", "a#.latent.safetensors"]
        + ["--contact-sheet", "a1.latent.safetensors"],
    ])
  func twice(command: [String]) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try folder.put("old", at: "x")
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(of: "link"), withDestinationPath: "x")
      let name = URL(fileURLWithPath: folder.path).lastPathComponent
      let arguments = command.map {
        $0.replacing("TAXI", with: Fixtures.taxi + "/train/r_0.png")
          .replacing("OTHERS", with: Fixtures.otherCars).replacing("FOLDER", with: name)
      }
      let run = try await Program.run(arguments + ["--overwrite"], in: folder)
      #expect(run.exitCode == 64)
      #expect(run.output == "")
      #expect(run.errorLines.last?.hasSuffix("for two files, expected different names") == true)
      #expect(try folder.text(of: "x") == "old")
    }
  }
}
