import Foundation
import TestSupport
import Testing

@Suite("Sequences and data sets killed") struct SequenceKillTests {
  /// Kills a command again and again at random moments, and lets it go on from there; when all is done
  /// it begins anew.
  ///
  /// - Returns: what was wrong after the kills, in words.
  private func kill(
    _ arguments: [String], times count: Int, results: [String], temporaryLimit: Int,
    _ prepare: (TemporaryFolder) async throws -> Void
  ) async throws -> [String] {
    try await withTemporaryFolder { folder in
      try await prepare(folder)
      let start = ContinuousClock.now
      expectSuccess(try await Program.run(arguments, in: folder))
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let whole = try folder.contents()
      func begin() throws {
        for name in results where folder.exists(name) { try folder.remove(name) }
      }
      try begin()
      var failures: [String] = []
      for kill in 1...count {
        try await Program.kill(
          arguments, in: folder, after: Double.random(in: 0.1...1) * 0.6 * seconds)
        let found = try folder.contents()
        for (name, bytes) in found where !FileFailures.isTemporary(name) && bytes != whole[name] {
          failures.append("kill \(kill): \(name) is torn")
        }
        let temporaryCount = found.keys.count(where: FileFailures.isTemporary)
        if temporaryCount > temporaryLimit {
          failures.append("kill \(kill): left \(temporaryCount) temporary files")
        }
        guard kill == count || found.keys.sorted() == whole.keys.sorted() else { continue }
        let last = try await Program.run(arguments, in: folder)
        if last.exitCode != 0 { failures.append("after kill \(kill): \(last.errors)") }
        if try folder.contents() != whole { failures.append("after kill \(kill): other files") }
        try begin()
      }
      return failures
    }
  }

  @Test(
    "Promise 4: running the command again finishes what is missing, byte for byte")
  func sequences() async throws {
    let count = Robustness.cases(quick: 4, all: 50)
    let frameCount = Robustness.cases(quick: 40, all: 100)
    let failures = try await kill(
      [
        "interpolate", "m.safetensors", "--scenes", "kenney_taxi,kenney_race", "--frames",
        "\(frameCount)", "--size", "8", "-o", "f/###.png", "--animation", "a.png",
        "--contact-sheet", "c.png", "--report", "r.json", "--quiet",
      ], times: count, results: ["f", "a.png", "c.png", "r.json"], temporaryLimit: 64
    ) { folder in try folder.put(try await Fixtures.model(), at: "m.safetensors") }
    #expect(failures == [])
    Robustness.record(
      "sequence killed", cases: count, failures: failures.count, note: "over \(frameCount) frames")
  }

  @Test("a data set's files are whole whenever it is killed, and the same command finishes it")
  func datasets() async throws {
    let count = Robustness.cases(quick: 2, all: 20)
    let failures = try await kill(
      [
        "dataset", "ball.json", "--size", "8", "--train-views", "60", "--val-views", "20",
        "--test-views", "60", "-o", "data", "--quiet",
      ], times: count, results: ["data"], temporaryLimit: 64
    ) { folder in try folder.put(Fixtures.ball, at: "ball.json") }
    #expect(failures == [])
    Robustness.record("data set killed", cases: count, failures: failures.count)
  }
}
