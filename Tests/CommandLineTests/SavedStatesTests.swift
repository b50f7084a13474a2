import Checkpoints
import Testing

@Suite("Saved states") struct SavedStatesTests {
  /// Trains a run on, a save each time.
  static func train(_ steps: [Int], in folder: TemporaryFolder) async throws {
    for (index, step) in steps.enumerated() {
      if index == 0 {
        try await ResumeTests.train(steps: step, in: folder)
      } else {
        expectSuccess(
          try await Program.run(["train", "--resume", "m.run", "--steps", "\(step)"], in: folder))
      }
    }
  }

  static func states(in folder: TemporaryFolder) throws -> [String] {
    try folder.names(in: "m.run").filter { $0.contains("state") }
  }

  static func name(_ number: Int) -> String {
    let digits = "\(number)"
    return "state-\(String(repeating: "0", count: 6 - digits.count))\(digits).safetensors"
  }

  @Test("a state's number may be greater than 32 bits hold") func manySteps() async throws {
    try await withTemporaryFolder { folder in
      try await Self.train([2], in: folder)
      let state = try folder.bytes(of: "m.run/\(Self.name(2))")
      for name in try Self.states(in: folder) { try folder.remove("m.run/\(name)") }
      try folder.put(state, at: "m.run/state-2147483650.safetensors")
      expectSuccess(
        try await Program.run(["train", "--resume", "m.run", "--steps", "3"], in: folder))
    }
  }

  @Test("the last three states and the best are kept") func kept() async throws {
    try await withTemporaryFolder { folder in
      try await Self.train([2], in: folder)
      // Nothing that follows is as good as the log says this was.
      let log = try folder.text(of: "m.run/log.jsonl")
      let better = log.replacing(try Regex("\"psnr\":[0-9.]+"), with: "\"psnr\":99.5")
      #expect(better != log)
      try folder.put(better, at: "m.run/log.jsonl")
      for step in 3...7 {
        expectSuccess(
          try await Program.run(["train", "--resume", "m.run", "--steps", "\(step)"], in: folder))
      }
      #expect(try Self.states(in: folder) == [2, 5, 6, 7].map(Self.name))
    }
  }

  @Test("a damaged state is named, and the one before it is gone on from") func damaged()
    async throws
  {
    try await withTemporaryFolder { folder in
      try await Self.train([2, 4, 6], in: folder)
      let expected = try folder.bytes(of: "m.safetensors")
      var bytes = try folder.bytes(of: "m.run/\(Self.name(6))")
      bytes[bytes.count / 2] ^= 1
      try folder.put(bytes, at: "m.run/\(Self.name(6))")
      let run = try await Program.run(["train", "--resume", "m.run", "--steps", "6"], in: folder)
      expectSuccess(run)
      #expect(
        run.errorLines.first?.hasPrefix("warning: m.run/\(Self.name(6)): tensor ") == true,
        "\(run.errors)")
      #expect(run.errorLines.first?.hasSuffix(": an older state is used") == true)
      #expect(run.errorLines.dropFirst().first == "3 scenes, going on from step 4")
      let isSame = try folder.bytes(of: "m.safetensors") == expected
      #expect(isSame)

      for number in [2, 4, 6] { try folder.put("no state", at: "m.run/\(Self.name(number))") }
      let before = try folder.contents()
      let none = try await Program.run(["train", "--resume", "m.run", "--steps", "9"], in: folder)
      expectFailure(
        none, code: 65, line: "m.run: found no valid state: m.run/\(Self.name(6)): found ")
      for number in [2, 4] { #expect(none.errors.contains("; m.run/\(Self.name(number)): found")) }
      #expect(try folder.contents() == before)
    }
  }

  @Test("a training that went wrong again and again ends with what it last had, and says so")
  func givingUp() async throws {
    try await withTemporaryFolder { folder in
      try await Self.train([4], in: folder)
      let path = folder.path(of: "m.run/\(Self.name(4))")
      var snapshot = try TrainingSnapshot.read(path)
      snapshot.health.rollbacks = 5
      try snapshot.write(to: path)
      let run = try await Program.run(["train", "--resume", "m.run", "--steps", "9"], in: folder)
      #expect(run.exitCode == 70 && run.output == "")
      #expect(
        run.errorLines.last?.hasPrefix("error: m.run: the training went wrong 5 times after step 4")
          == true, "\(run.errors)")
      #expect(try folder.text(of: "m.run/diagnostic.json").contains("\"rollbacks\" : 5"))
      expectSuccess(try await Program.run(["info", "m.safetensors"], in: folder))
    }
  }
}
