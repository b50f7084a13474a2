import Foundation
import Testing

@Suite("Variational codes") struct VariationalTests {
  private struct LogLine: Decodable {
    let divergence: Double?
  }

  @Test("a variational training says what its codes hold, and new scenes are drawn from its model")
  func training() async throws {
    try await withTemporaryFolder { folder in
      let options = ["--steps", "4"] + Fixtures.smallTraining
      let run = try await Program.run(
        ["train", Fixtures.cars, "-o", "m.safetensors", "--variational"] + options, in: folder)
      expectSuccess(run)
      #expect(run.errors.contains(", codes of "), "\(run.errors)")
      let log = try folder.text(of: "m.run/log.jsonl").split(separator: "\n")
      let line = try JSONDecoder().decode(LogLine.self, from: Data(try #require(log.last).utf8))
      #expect(try #require(line.divergence) > 1)
      let info = try await Program.run(["info", "m.safetensors"], in: folder)
      #expect(info.output.contains("divergence-weight=1e-05"), "\(info.output)")
      expectSuccess(
        try await Program.run(
          ["latents", "sample", "m.safetensors", "--contact-sheet", "s.png", "--size", "8"]
            + ["--count", "2"], in: folder))
      let plain = try await Program.run(
        ["train", Fixtures.cars, "-o", "p.safetensors"] + options, in: folder)
      #expect(!plain.errors.contains("codes of"))
      #expect(try folder.bytes(of: "p.safetensors") != folder.bytes(of: "m.safetensors"))
    }
  }

  @Test(
    "options that do not go together are refused",
    arguments: [
      (
        ["data", "-o", "m", "--divergence-weight", "1e-4"],
        "--divergence-weight: found it without --variational, expected both"
      ),
      (
        ["data", "-o", "m", "--variational", "--divergence-weight=-1"],
        "--divergence-weight: found -1.0, expected 0.0…1.0"
      ),
      (
        ["data", "-o", "m", "--variational", "--normalize-codes"],
        "--variational: found --normalize-codes beside it, expected one of the two"
      ),
      (
        ["--resume", "m.run", "--variational"],
        "--resume: found --variational, which only a new run can have"
      ),
    ] as [([String], String)])
  func badOptions(arguments: [String], message: String) async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(["train"] + arguments, in: folder)
      expectUsageError(run, message: message)
      #expect(try folder.names() == [])
    }
  }

  @Test("scenes that move have no deviations of their codes yet, and that is said")
  func motion() async throws {
    try await withTemporaryFolder { folder in
      expectSuccess(
        try await Program.run(
          ["dataset", Fixtures.shippedScene("windmill"), "-o", "data", "--size", "8"]
            + ["--train-views", "4", "--val-views", "1", "--test-views", "1", "--samples", "16"]
            + ["--times", "2"], in: folder))
      let run = try await Program.run(
        ["train", "data", "-o", "m.safetensors", "--variational", "--steps", "1"], in: folder)
      #expect(run.exitCode == 64 && run.errors.contains("--variational: found it for "))
    }
  }
}
