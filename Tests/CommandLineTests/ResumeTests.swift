import Checkpoints
import Foundation
import NeuralFields
import Testing

@Suite("Resuming a training") struct ResumeTests {
  /// Trains a run of so many steps, as `m.safetensors` and `m.run`.
  static func train(steps: Int, in folder: TemporaryFolder) async throws {
    let run = try await Program.run(
      ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "\(steps)"]
        + Fixtures.smallTraining, in: folder)
    expectSuccess(run)
  }

  static func record(
    in folder: TemporaryFolder
  ) async throws -> InfoCommandTests.Report.Training {
    let run = try await Program.run(["info", "m.safetensors", "--json"], in: folder)
    expectSuccess(run)
    return try run.report(InfoCommandTests.Report.self).configuration.training
  }

  @Test("a run goes on from where it stopped, with nothing but its folder's name") func goingOn()
    async throws
  {
    try await withTemporaryFolder { folder in
      try await Self.train(steps: 4, in: folder)
      let before = try folder.bytes(of: "m.safetensors")
      let samplesBefore = try await Self.record(in: folder).samples

      let run = try await Program.run(["train", "--resume", "m.run", "--steps", "9"], in: folder)
      expectSuccess(run)
      #expect(run.output == "m.safetensors\n")
      #expect(run.errorLines.first == "3 scenes, going on from step 4")
      let record = try await Self.record(in: folder)
      #expect(record.steps == 9)
      #expect(record.samples > samplesBefore)
      #expect(record.options["width"] == "16")
      let isSame = try folder.bytes(of: "m.safetensors") == before
      #expect(!isSame)
      let steps = try folder.text(of: "m.run/log.jsonl").split(separator: "\n").map {
        try JSONDecoder().decode(LogLine.self, from: Data($0.utf8)).step
      }
      #expect(steps == [4, 9])
      #expect(
        try folder.names(in: "m.run") == [
          "config.json", "log.jsonl", "preview-000004.png", "preview-000009.png",
          "state-000004.safetensors", "state-000009.safetensors",
        ])
    }
  }

  @Test("variants have codes of their own, are counted apart, and go on with their run")
  func variants() async throws {
    try await withTemporaryFolder { folder in
      let small = Fixtures.smallTraining.dropLast() + ["2"]
      expectSuccess(
        try await Program.run(
          ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "3"] + small, in: folder))
      expectSuccess(
        try await Program.run(["train", "--resume", "m.run", "--steps", "5"], in: folder))
      let info = try await Program.run(["info", "m.safetensors"], in: folder)
      #expect(info.output.contains("scenes          3, and 6 variants of them"))
      #expect(!info.output.contains("\n  kenney_taxi~1"))
      expectSuccess(
        try await Program.run(
          ["render", "m.safetensors", "--scene", "kenney_taxi~2", "--size", "8x8", "-o", "a.png"],
          in: folder))
    }
  }

  private struct LogLine: Decodable {
    let step: Int
  }

  @Test("a running mean is the model, and goes on with its run") func average() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "8", "--average-decay", "0.9"]
          + Fixtures.smallTraining, in: folder)
      expectSuccess(run)
      func state(_ number: String) throws -> TrainingSnapshot {
        try TrainingSnapshot.read(folder.path(of: "m.run/state-\(number).safetensors"))
      }
      let before = try state("000008")
      expectSuccess(
        try await Program.run(["train", "--resume", "m.run", "--steps", "16"], in: folder))
      let after = try state("000016")
      let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      #expect(before.point.average != nil && after.point.average != before.point.average)
      #expect(model.hypernetwork.parameters == after.point.average?.parameters)
      #expect(model.latents.values == after.point.average?.codes)
      #expect(model.latents != after.model.latents)
    }
  }

  @Test("settings from before a choice could be made go on without it") func olderSettings()
    async throws
  {
    try await withTemporaryFolder { folder in
      try await Self.train(steps: 2, in: folder)
      let text = try folder.text(of: "m.run/config.json")
      let older = text.replacing(
        try Regex("\\s*\"(average_decay|normalizes_codes)\" : [a-z0-9.]+,"), with: "")
      #expect(older != text && !older.contains("average_decay"))
      try folder.put(older, at: "m.run/config.json")
      expectSuccess(
        try await Program.run(["train", "--resume", "m.run", "--steps", "3"], in: folder))
    }
  }

  @Test(
    "settings with a number out of range are refused",
    arguments: ["scenes_per_step", "grid_period", "grid_resolution", "samples_per_diagonal"])
  func damagedSettings(key: String) async throws {
    try await withTemporaryFolder { folder in
      try await Self.train(steps: 2, in: folder)
      let text = try folder.text(of: "m.run/config.json")
      let damaged = text.replacing(try Regex("\"\(key)\" : [0-9]+"), with: "\"\(key)\" : 0")
      #expect(damaged != text)
      try folder.put(damaged, at: "m.run/config.json")
      let run = try await Program.run(["train", "--resume", "m.run", "--steps", "9"], in: folder)
      #expect(run.exitCode == 65)
      #expect(run.errorLines.count == 1)
    }
  }

  @Test("a run goes on from any folder, into the model it began with") func fromElsewhere()
    async throws
  {
    try await withTemporaryFolder { folder in
      try await Self.train(steps: 2, in: folder)
      try folder.makeFolder("elsewhere")
      let run = try await Program.run(
        ["train", "--resume", folder.path(of: "m.run"), "--steps", "4"],
        in: TemporaryFolder(path: folder.path(of: "elsewhere")))
      expectSuccess(run)
      #expect(try await Self.record(in: folder).steps == 4)
      #expect(try folder.names(in: "elsewhere").isEmpty)
    }
  }

  @Test("a run that is finished stays as it is") func finished() async throws {
    try await withTemporaryFolder { folder in
      try await Self.train(steps: 3, in: folder)
      let before = try folder.contents()
      expectSuccess(try await Program.run(["train", "--resume", "m.run"], in: folder))
      let after = try folder.contents()
      #expect(after.keys.sorted() == before.keys.sorted())
      #expect(after["m.run/log.jsonl"] == before["m.run/log.jsonl"])
      let record = try await Self.record(in: folder)
      #expect(record.steps == 3)
      #expect(record.trainingPsnr > 5)
    }
  }

  @Test("a new budget takes the old one's place and is kept") func budget() async throws {
    try await withTemporaryFolder { folder in
      try await Self.train(steps: 2, in: folder)
      let minutes = try await Program.run(
        ["train", "--resume", "m.run", "--minutes", "0.01"], in: folder)
      expectSuccess(minutes)
      #expect(try await Self.record(in: folder).budgetMinutes == 0.01)
      let settings = try folder.text(of: "m.run/config.json")
      #expect(settings.contains("\"minutes\" : 0.01"))
      #expect(!settings.contains("\"steps\""))
    }
  }

  @Test("what a killed process left of a save is removed") func leftovers() async throws {
    try await withTemporaryFolder { folder in
      try await Self.train(steps: 1, in: folder)
      let before = try folder.names(in: "m.run")
      // No process has the largest number.
      try folder.put("half a state", at: "m.run/.state-000001.safetensors.tmp-\(Int32.max)")
      try folder.put("half a model", at: ".m.safetensors.tmp-\(Int32.max)")
      expectSuccess(try await Program.run(["train", "--resume", "m.run"], in: folder))
      #expect(try folder.names(in: "m.run") == before)
      #expect(try folder.names() == ["m.run", "m.safetensors"])
    }
  }

  @Test("a run that cannot go on is refused and left as it is")
  func badRuns() async throws {
    try await withTemporaryFolder { folder in
      let missing = try await Program.run(["train", "--resume", "m.run"], in: folder)
      expectFailure(missing, code: 66, line: "m.run/config.json: found nothing there, expected")

      try folder.copy(Fixtures.cars, to: "cars")
      let training = try await Program.run(
        ["train", "cars", "-o", "m.safetensors", "--steps", "1"] + Fixtures.smallTraining,
        in: folder)
      expectSuccess(training)

      try folder.remove("cars/kenney_race")
      try await expectRefusal(
        in: folder, code: 65,
        line: "cars: found other scenes than the run began with, expected 3 of the same names")
      try folder.copy(Fixtures.cars + "/kenney_race", to: "cars/kenney_race")

      let settings = try folder.text(of: "m.run/config.json")
      try folder.put("{", at: "m.run/config.json")
      try await expectRefusal(
        in: folder, code: 65,
        line: "m.run/config.json: found no settings of a training run, expected")
      try folder.put(settings, at: "m.run/config.json")

      let state = try folder.bytes(of: "m.run/state-000001.safetensors")
      try folder.put(Array(state.dropLast(1)), at: "m.run/state-000001.safetensors")
      try await expectRefusal(
        in: folder, code: 65, line: "m.run/state-000001.safetensors: found ")
      try folder.remove("m.run/state-000001.safetensors")
      try await expectRefusal(
        in: folder, code: 66, line: "m.run: found no saved state, expected one")
    }
  }

  private func expectRefusal(
    in folder: TemporaryFolder, code: Int32, line: String
  ) async throws {
    let before = try folder.contents()
    let run = try await Program.run(["train", "--resume", "m.run", "--steps", "3"], in: folder)
    expectFailure(run, code: code, line: line)
    #expect(try folder.contents() == before)
  }
}
