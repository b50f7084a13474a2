import Kernels
import Subprocess
import TestSupport
import Testing

@Suite("Resumed bytes") struct ResumedBytesTests {
  private static let options =
    ["--steps", "3000", "--average-decay", "0.9", "--scenes-per-step", "2", "--variational"]
    + Fixtures.smallTraining

  private static func model(in folder: TemporaryFolder) async throws -> [UInt8] {
    let run = try await Program.run(
      ["train", Fixtures.cars, "-o", "m.safetensors", "--threads", "2"] + options, in: folder)
    expectSuccess(run)
    return try folder.bytes(of: "m.safetensors")
  }

  @Test("Promise 3: the same command gives the same bytes, resumed or not")
  func interrupted() async throws {
    let expected = try await withTemporaryFolder { try await Self.model(in: $0) }
    let count = Robustness.cases(quick: 3, all: 20)
    var random = SeededGenerator(seed: 11)
    var failures = 0
    var stopped = 0
    for index in 0..<count {
      let threads = [1, 2, 8][index % 3]
      let signal = [(Signal.interrupt, 130), (.terminate, 143), (.userDefinedOne, 75)][index % 3]
      let delay = 20 + random.index(below: 400)
      let isSame = try await withTemporaryFolder { folder in
        var code = try await Program.run(
          ["train", Fixtures.cars, "-o", "m.safetensors", "--threads", "\(threads)"]
            + Self.options, in: folder, sending: signal.0, afterLine: "3 scenes ",
          milliseconds: delay
        ).exitCode
        if code == signal.1 { stopped += 1 }
        guard code == 0 || code == signal.1 else { return false }
        code = try await Program.run(
          ["train", "--resume", "m.run", "--threads", "\(1 + threads % 8)"], in: folder
        ).exitCode
        guard code == 0 else { return false }
        return try folder.bytes(of: "m.safetensors") == expected
      }
      #expect(isSame, "\(threads) threads, a signal after \(delay) ms")
      if !isSame { failures += 1 }
    }
    // A signal that comes too late shows nothing.
    #expect(stopped == count)
    Robustness.record(
      "training interrupted and resumed", cases: count, failures: failures,
      note: "by the command and a signal; \(stopped) before the training's end")
  }

  @Test("a second signal at any moment ends the program, and what was saved stays valid")
  func twice() async throws {
    var random = SeededGenerator(seed: 12)
    for _ in 0..<Robustness.cases(quick: 2, all: 20) {
      try await withTemporaryFolder { folder in
        try await ResumeTests.train(steps: 3, in: folder)
        let run = try await Program.run(
          ["train", "--resume", "m.run", "--steps", "1000000"], in: folder,
          sending: .interrupt, afterLine: "3 scenes", milliseconds: random.index(below: 400),
          again: random.index(below: 30))
        #expect([130, 143].contains(run.exitCode), "\(run.errors)")
        let record = try await ResumeTests.record(in: folder)
        #expect(record.steps >= 3)
        let goingOn = try await Program.run(
          ["train", "--resume", "m.run", "--steps", "\(record.steps)"], in: folder)
        expectSuccess(goingOn)
        #expect(try folder.names(in: "m.run").allSatisfy { !$0.contains("tmp") })
      }
    }
  }
}
