import Checkpoints
import Testing

@Suite("Training runs from strangers") struct HostileRunTests {
  private func expectRefusal(
    _ folder: TemporaryFolder, code: Int32, line: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try folder.contents()
    let run = try await Program.run(["train", "--resume", "m.run", "--steps", "9"], in: folder)
    expectFailure(run, code: code, line: line, sourceLocation: sourceLocation)
    #expect(try folder.contents() == before, sourceLocation: sourceLocation)
  }

  @Test("a run that goes on replaces no file but the model that it wrote before")
  func otherOutput() async throws {
    try await withTemporaryFolder { folder in
      try await ResumeTests.train(steps: 2, in: folder)
      let model = try folder.bytes(of: "m.safetensors")
      try folder.put("dear diary", at: "m.safetensors")
      let line = "m.safetensors: found a file that this run did not write, expected its model"
      try await expectRefusal(folder, code: 73, line: line)

      // The same scenes by another training, and this training by other scenes' names.
      let other = ["train", Fixtures.cars, "-o", "m.safetensors", "--steps", "1", "--overwrite"]
      let small = Fixtures.smallTraining.map { $0 == "16" ? "24" : $0 }
      expectSuccess(
        try await Program.run(other + ["--run-folder", "other.run"] + small, in: folder))
      try await expectRefusal(folder, code: 73, line: line)
      try folder.put(model, at: "m.safetensors")
      expectSuccess(
        try await Program.run(
          [
            "rename-scene", "m.safetensors", "kenney_taxi", "cab", "-o", "m.safetensors",
            "--overwrite",
          ], in: folder))
      try await expectRefusal(folder, code: 73, line: line)

      try folder.remove("m.safetensors")
      expectSuccess(
        try await Program.run(["train", "--resume", "m.run", "--steps", "3"], in: folder))
    }
  }

  @Test("settings that no command line gives are refused, before they are worked with")
  func settings() async throws {
    try await withTemporaryFolder { folder in
      try await ResumeTests.train(steps: 2, in: folder)
      let text = try folder.text(of: "m.run/config.json")
      for (key, value) in [
        ("variants_per_scene", "9223372036854775807"), ("variants_per_scene", "-1"),
        ("variants_per_scene", "30000000"), ("learning_rate", "1e30"), ("grid_decay", "-1"),
        ("foreground_share", "2"), ("save_interval_seconds", "1e300"),
        ("trajectory_smoothness", "-1"), ("final_rate_share", "9"),
      ] {
        let damaged = text.replacing(
          try Regex("\"\(key)\" : [-0-9.e]+"), with: "\"\(key)\" : \(value)")
        try #require(damaged != text, "\(key)")
        try folder.put(damaged, at: "m.run/config.json")
        try await expectRefusal(
          folder, code: 65, line: "m.run/config.json: found a number out of range, expected")
      }
      for addition in [#""output" : "a","#, #""savedScenes" : 1,"#] {
        try folder.put("{" + addition + text.dropFirst(), at: "m.run/config.json")
        try await expectRefusal(
          folder, code: 65, line: "m.run/config.json: found no settings of a training run, expected"
        )
      }
    }
  }

  @Test("a state of very many seconds is refused rather than counted in whole ones")
  func seconds() async throws {
    try await withTemporaryFolder { folder in
      try await ResumeTests.train(steps: 2, in: folder)
      let path = folder.path(of: "m.run/state-000002.safetensors")
      var file = try Safetensors.read(path)
      let counters = try #require(file.metadata["hypermarch.counters"])
      file.metadata["hypermarch.counters"] = counters.replacing(
        try Regex("seconds=[0-9.e-]+"), with: "seconds=1e300")
      try Safetensors.write(file, to: path, overwriting: true)
      try await expectRefusal(
        folder, code: 65,
        line: "m.run/state-000002.safetensors: metadata hypermarch.counters.seconds: found 1e300")
    }
  }
}
