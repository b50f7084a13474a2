import Subprocess
import Testing

@Suite("Interrupting a training") struct InterruptTests {
  @Test(
    "a signal ends a training after its step, with everything saved",
    arguments: [
      (Signal.interrupt, 130), (Signal.terminate, 143), (Signal.terminalClosed, 129),
      (Signal.userDefinedOne, 75),
    ] as [(Signal, Int32)])
  func signal(signal: Signal, code: Int32) async throws {
    try await withTemporaryFolder { folder in
      let watched = try await Program.watch(
        ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "1000000"]
          + Fixtures.smallTraining, in: folder, sending: [("step ", signal)])
      let run = watched.run
      #expect(run.exitCode == code)
      #expect(run.output == "")
      #expect(
        run.errorLines.last == "error: stopped by a signal, saved; go on with: "
          + "hypermarch train --resume m.run")
      #expect(try folder.names() == ["m.run", "m.safetensors"])

      let steps = try await ResumeTests.record(in: folder).steps
      #expect(steps >= 1)
      let goingOn = try await Program.run(
        ["train", "--resume", "m.run", "--steps", "\(steps + 2)"], in: folder)
      expectSuccess(goingOn)
      #expect(try await ResumeTests.record(in: folder).steps == steps + 2)
    }
  }

  @Test("a signal before the first step saves the model's beginning") func early() async throws {
    try await withTemporaryFolder { folder in
      let watched = try await Program.watch(
        ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "1000000"]
          + Fixtures.smallTraining, in: folder, sending: [("3 scenes ", .interrupt)])
      #expect(watched.run.exitCode == 130)
      let steps = try await ResumeTests.record(in: folder).steps
      let goingOn = try await Program.run(
        ["train", "--resume", "m.run", "--steps", "\(steps + 1)"], in: folder)
      expectSuccess(goingOn)
    }
  }

  @Test("a second signal ends the program at once") func secondSignal() async throws {
    try await withTemporaryFolder { folder in
      // A step of so many samples of so deep a field takes a minute; a signal before it would be obeyed
      // without one.
      let run = try await Program.run(
        [
          "train", Fixtures.cars, "-o", "m.safetensors", "--steps", "1000000", "--width", "128",
          "--layers", "16", "--trunk", "16", "--samples", "1024", "--first-samples", "1024",
          "--samples-per-step", "16777216", "--rays", "1048576", "--threads", "1",
        ], in: folder, sending: .interrupt, afterLine: "3 scenes ", milliseconds: 5000, again: 1000)
      #expect(run.exitCode == 143)
      #expect(try folder.names() == ["m.run"])
      #expect(try folder.names(in: "m.run") == ["config.json"])
    }
  }
}
