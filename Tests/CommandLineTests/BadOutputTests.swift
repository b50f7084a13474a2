import Foundation
import TestSupport
import Testing

@Suite("Bad outputs") struct BadOutputTests {
  /// Runs a test in a folder with a scene, a file, and a folder that nothing can be put into.
  private func withFiles(_ body: (TemporaryFolder) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      try folder.put("a file of mine", at: "mine")
      try folder.makeFolder("closed")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o555], ofItemAtPath: folder.path(of: "closed"))
      try await body(folder)
    }
  }

  /// The commands that write a file or a folder, without its name.
  private static let commands = [
    ["render", "ball.json", "--size", "8", "-o"],
    ["train", Fixtures.taxi, "--steps", "1"] + Fixtures.smallTraining + ["-o"],
  ]

  @Test("an existing file is not replaced unasked", arguments: commands)
  func existing(command: [String]) async throws {
    try await withFiles { folder in
      let before = try folder.contents()
      let run = try await Program.run(command + ["mine"], in: folder)
      expectFailure(
        run, code: 73,
        line: "mine: found an existing file, expected a free name: use --overwrite")
      #expect(try folder.contents() == before)

      let replacing = try await Program.run(command + ["mine", "--overwrite"], in: folder)
      expectSuccess(replacing)
      #expect(try folder.bytes(of: "mine") != before["mine"])
    }
  }

  @Test("one existing file keeps all of a rendering's files from being written")
  func existingDepth() async throws {
    try await withFiles { folder in
      try folder.put("a depth of mine", at: "p-depth.png")
      let before = try folder.contents()
      let run = try await Program.run(
        ["render", "ball.json", "--size", "8", "--depth", "-o", "p.png"], in: folder)
      expectFailure(run, code: 73, line: "p-depth.png: found an existing file, expected")
      #expect(try folder.contents() == before)
    }
  }

  @Test(
    "a place that cannot be written to is refused before any work",
    arguments: commands,
    [
      ("nothing/result", "nothing/result: cannot be created: found no usable folder nothing"),
      ("mine/result", "mine/result: cannot be created: "),
      (".", ".: cannot be created: "),
      ("closed", "closed: cannot be created: found a folder or a device, expected a file"),
    ])
  func places(command: [String], place: (name: String, line: String)) async throws {
    try await withFiles { folder in
      let before = try folder.contents()
      let run = try await Program.run(command + [place.name], in: folder)
      expectFailure(run, code: 73, line: place.line)
      #expect(try folder.contents() == before)
    }
  }

  @Test(
    "a folder without the right to write is refused before any work",
    .enabled(if: geteuid() != 0, "root may write everywhere"), arguments: commands)
  func permissions(command: [String]) async throws {
    try await withFiles { folder in
      let before = try folder.contents()
      let run = try await Program.run(command + ["closed/result"], in: folder)
      expectFailure(
        run, code: 73,
        line: "closed/result: cannot be created: found no right to write in closed")
      #expect(try folder.contents() == before)
    }
  }

  @Test("a data set is not put where a file is") func datasetFolder() async throws {
    try await withFiles { folder in
      let before = try folder.contents()
      let run = try await Program.run(
        ["dataset", "ball.json", "--size", "4", "-o", "mine"], in: folder)
      expectFailure(run, code: 73, line: "mine")
      #expect(try folder.contents() == before)
    }
  }

  @Test("a run folder is not put where a file is") func runFolder() async throws {
    try await withFiles { folder in
      let before = try folder.contents()
      let run = try await Program.run(
        ["train", Fixtures.taxi, "-o", "m.safetensors", "--steps", "1", "--run-folder", "mine"]
          + Fixtures.smallTraining, in: folder)
      expectFailure(run, code: 73, line: "mine: cannot be created: found a file, expected a folder")
      #expect(try folder.contents() == before)
    }
  }

  @Test(
    "a disk that is full fails the writing, and half a file is never left",
    .enabled(if: !Robustness.isSanitized))
  func fullDisk() async throws {
    try await withFiles { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let before = try folder.contents()
      let render = try await Program.run(
        ["render", "cars.safetensors", "--size", "64", "-o", "p.png"], in: folder, fileLimit: 1)
      expectFailure(render, code: 74, line: "p.png: could not be written: ")
      #expect(try folder.contents() == before)

      try await ResumeTests.train(steps: 1, in: folder)
      let trained = try folder.contents()
      let train = try await Program.run(
        ["train", "--resume", "m.run", "--steps", "2", "--quiet"], in: folder, fileLimit: 64)
      expectFailure(train, code: 74, line: "m.run/state-000002.safetensors: could not be written: ")
      var after = try folder.contents()
      // The new budget was small enough to be kept.
      #expect(after["m.run/config.json"] != trained["m.run/config.json"])
      after["m.run/config.json"] = trained["m.run/config.json"]
      #expect(after == trained)
    }
  }
}
