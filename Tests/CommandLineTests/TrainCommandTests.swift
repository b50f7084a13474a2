import Foundation
import Testing

@Suite("train") struct TrainCommandTests {
  @Test("a training leaves a model and a run folder, and prints the model's path")
  func results() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["train", Fixtures.cars, "--output", "cars.safetensors", "--steps", "3"]
          + Fixtures.smallTraining, in: folder)
      expectSuccess(run)
      #expect(run.output == "cars.safetensors\n")
      #expect(try folder.names() == ["cars.run", "cars.safetensors"])
      #expect(
        try folder.names(in: "cars.run")
          == ["config.json", "log.jsonl", "preview-000003.png", "state-000003.safetensors"])
      let log = try folder.text(of: "cars.run/log.jsonl").split(separator: "\n")
      let line = try JSONDecoder().decode(LogLine.self, from: Data(try #require(log.last).utf8))
      #expect(log.count == 1)
      #expect(line.step == 3 && line.loss > 0 && line.psnr > 0 && line.seconds > 0)
    }
  }

  private struct LogLine: Decodable {
    let step: Int
    let seconds: Double
    let loss: Double
    let psnr: Double
  }

  @Test(
    "every kind of generator trains and renders", arguments: ["per-layer", "low-rank", "chunked"])
  func generators(kind: String) async throws {
    try await withTemporaryFolder { folder in
      let training = try await Program.run(
        ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "2", "--generator", kind]
          + Fixtures.smallTraining, in: folder)
      expectSuccess(training)
      let info = try await Program.run(["info", "m.safetensors", "--json"], in: folder)
      #expect(try info.report(InfoCommandTests.Report.self).generator == kind)
      let picture = try await Program.run(
        ["render", "m.safetensors", "--size", "8", "-o", "p.png"], in: folder)
      expectSuccess(picture)
    }
  }

  @Test("a data set and a time are all that is needed") func bareCommand() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["train", Fixtures.taxi, "-o", "taxi.safetensors", "--minutes", "0.01"], in: folder)
      expectSuccess(run)
      let info = try await Program.run(["info", "taxi.safetensors", "--json"], in: folder)
      let report = try info.report(InfoCommandTests.Report.self)
      #expect(report.configuration.scenes == ["kenney_taxi"])
      #expect(report.configuration.training.steps >= 1)
      #expect(report.configuration.training.budgetMinutes == 0.01)
    }
  }

  @Test("scenes are chosen by pattern and number") func choice() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        [
          "train", Fixtures.cars, "-o", "m.safetensors", "--steps", "1", "--scene", "kenney_*",
          "--maximum-scenes", "1",
        ] + Fixtures.smallTraining, in: folder)
      expectSuccess(run)
      let info = try await Program.run(["info", "m.safetensors", "--json"], in: folder)
      let report = try info.report(InfoCommandTests.Report.self)
      #expect(report.configuration.scenes == ["kenney_race"])
    }
  }

  @Test("half precision halves the model") func halfPrecision() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "1", "--half"]
          + Fixtures.smallTraining, in: folder)
      expectSuccess(run)
      let share =
        Double(try folder.bytes(of: "m.safetensors").count)
        / Double(try await Fixtures.model().count)
      #expect(share > 0.45 && share < 0.55)
    }
  }

  @Test("a run is replaced only when asked") func overwriting() async throws {
    try await withTemporaryFolder { folder in
      let arguments = ["train", Fixtures.cars, "-o", "m.safetensors"] + Fixtures.smallTraining
      expectSuccess(try await Program.run(arguments + ["--steps", "2"], in: folder))
      let before = try folder.contents()

      let again = try await Program.run(arguments, in: folder)
      expectFailure(again, code: 73, line: "m.safetensors: found an existing file, expected")
      #expect(try folder.contents() == before)

      try folder.remove("m.safetensors")
      let sameFolder = try await Program.run(arguments, in: folder)
      expectFailure(sameFolder, code: 73, line: "m.run/config.json: found an existing file")
      #expect(!folder.exists("m.safetensors"))

      let replacing = try await Program.run(
        arguments + ["--overwrite", "--steps", "1"], in: folder)
      expectSuccess(replacing)
      #expect(
        try folder.names(in: "m.run")
          == ["config.json", "log.jsonl", "preview-000001.png", "state-000001.safetensors"])
      #expect(try folder.text(of: "m.run/log.jsonl").split(separator: "\n").count == 1)
      #expect(try folder.bytes(of: "m.safetensors") != before["m.safetensors"])
    }
  }

  @Test(
    "options that make no sense are refused",
    arguments: [
      ([], "found no data set, expected a folder"),
      (["data"], "found no --output, expected one"),
      (["data", "-o", "m", "--steps", "0"], "--steps: found 0, expected 1…1000000000"),
      (["data", "-o", "m", "--minutes", "0"], "--minutes: found 0.0, expected above 0 to 100000"),
      (["data", "-o", "m", "--width", "8"], "--width: found 8, expected 16…256"),
      (["data", "-o", "m", "--threads", "0"], "--threads: found 0, expected 1…1024"),
      (
        ["data", "-o", "m", "--learning-rate", "nan"],
        "--learning-rate: found nan, expected 0.0…1.0"
      ),
      (
        ["data", "-o", "m", "--trunk", "32,,8"],
        "--trunk: found 32,,8, expected 1…8 widths in 1…4096, as 256,256"
      ),
      (
        ["data", "-o", "m", "--foreground", "0.5"],
        "--foreground: found 0.5, expected two shares in 0…1, as 0.5,0.2"
      ),
      (
        ["data", "-o", "m", "--average-decay", "1"],
        "--average-decay: found 1.0, expected 0.0…0.9999"
      ),
      (
        ["data", "-o", "m", "--rank", "4"],
        "--rank: found it with the generator per-layer, expected --generator low-rank"
      ),
      (
        ["--resume", "m.run", "data"],
        "--resume: data set and output are those of the run, leave them out"
      ),
      (
        ["--resume", "m.run", "--normalize-codes"],
        "--resume: found --normalize-codes, which only a new run can have"
      ),
      (
        ["--resume", "m.run", "--width", "64"],
        "--resume: found --width, which only a new run can have"
      ),
    ] as [([String], String)])
  func badOptions(arguments: [String], message: String) async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(["train"] + arguments, in: folder)
      expectUsageError(run, message: message)
      #expect(try folder.names() == [])
    }
  }
}
