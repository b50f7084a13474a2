import Testing

@Suite("dataset") struct DatasetCommandTests {
  private let small = [
    "--size", "12", "--train-views", "6", "--val-views", "1", "--test-views", "3", "--samples",
    "64",
  ]

  @Test(
    "pictures of an analytic scene can be inspected, trained on and evaluated with",
    arguments: ["transforms", "srn"])
  func roundTrip(layout: String) async throws {
    try await withTemporaryFolder { folder in
      let scene = Fixtures.shippedScene("snowman")
      let making = try await Program.run(
        ["dataset", scene, "-o", "data", "--layout", layout] + small, in: folder)
      expectSuccess(making)
      #expect(making.output == "data\n")

      let inspection = try await Program.run(["inspect", "data", "--json"], in: folder)
      expectSuccess(inspection)
      let inspected = try #require(
        try inspection.report(InspectCommandTests.Report.self).scenes.first)
      #expect(inspected.name == "snowman")
      #expect(
        (inspected.trainCount, inspected.validationCount, inspected.testCount) == (6, 1, 3))

      let training = try await Program.run(
        ["train", "data", "-o", "m.safetensors", "--steps", "3"] + Fixtures.smallTraining,
        in: folder)
      expectSuccess(training)
      let evaluation = try await Program.run(
        ["evaluate", "m.safetensors", "data", "--json"], in: folder)
      expectSuccess(evaluation)
      let report = try evaluation.report(EvaluateCommandTests.Report.self)
      #expect(report.scenes.keys.sorted() == ["snowman"])
      #expect(report.viewCount == 3)
    }
  }

  @Test("frames of a scene that moves have times, and a scene at rest refuses them")
  func moving() async throws {
    try await withTemporaryFolder { folder in
      let mill = Fixtures.shippedScene("windmill")
      let small = [
        "--size", "8", "--train-views", "2", "--val-views", "1", "--test-views", "3", "--samples",
        "32",
      ]
      let making = try await Program.run(
        ["dataset", mill, "--times", "3", "-o", "data"] + small, in: folder)
      expectSuccess(making)
      let inspection = try await Program.run(["inspect", "data"], in: folder)
      expectSuccess(inspection)
      #expect(inspection.output.contains("windmill  6/1/3  8×8"))
      #expect(inspection.output.contains("6 times") && !inspection.output.contains("warning"))

      for (options, message) in [
        ([mill, "--layout", "srn"], "--layout: found srn for \(mill), which moves"),
        ([mill, "--times", "1"], "--times: found 1, expected 2…1000"),
        (
          [Fixtures.shippedScene("lamp"), "--times", "3"],
          "which does not move, expected a scene with \"motion\""
        ),
      ] {
        let refused = try await Program.run(["dataset", "-o", "no"] + options, in: folder)
        #expect(refused.exitCode == 64)
        #expect(refused.errors.contains(message))
        #expect(try !folder.names(in: ".").contains("no"))
      }
    }
  }

  @Test("variations are scenes of their own, and the same seed makes them again") func variations()
    async throws
  {
    try await withTemporaryFolder { folder in
      let scene = Fixtures.shippedScene("toy-train")
      for name in ["one", "two"] {
        let run = try await Program.run(
          ["dataset", scene, "--variations", "2", "-o", name] + small, in: folder)
        expectSuccess(run)
      }
      #expect(try folder.names(in: "one") == ["toy-train-0000", "toy-train-0001"])
      let files = try folder.contents()
      let first = files.filter { $0.key.hasPrefix("one/") }
      #expect(first.count > 20)
      for (name, bytes) in first {
        #expect(files["two" + name.dropFirst(3)] == bytes, "\(name)")
      }
      #expect(
        files["one/toy-train-0000/train/r_0.png"] != files["one/toy-train-0001/train/r_0.png"])
    }
  }

  @Test("a data set is replaced only when asked") func overwriting() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      let arguments = ["dataset", "ball.json", "-o", "data"] + small
      expectSuccess(try await Program.run(arguments, in: folder))
      let before = try folder.contents()
      // The same is there already.
      expectSuccess(try await Program.run(arguments, in: folder))
      #expect(try folder.contents() == before)
      let other = try await Program.run(arguments + ["--samples", "77"], in: folder)
      expectFailure(other, code: 73, line: "data/ball: found an existing file, expected")
      #expect(try folder.contents() == before)
      expectSuccess(try await Program.run(arguments + ["--overwrite"], in: folder))
      #expect(try folder.contents() == before)
    }
  }

  @Test("a scene file without a name of its own makes no folder") func hiddenName() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: ".json")
      let run = try await Program.run(["dataset", ".json", "-o", "data"], in: folder)
      expectFailure(run, code: 64, line: "found a scene file whose name makes the folder \"\"")
      #expect(try folder.names() == [".json"])
    }
  }

  @Test("two scenes of one name are refused") func sameName() async throws {
    try await withTemporaryFolder { folder in
      try folder.makeFolder("other")
      try folder.put(Fixtures.ball, at: "ball.json")
      try folder.put(Fixtures.ball, at: "other/ball.json")
      let run = try await Program.run(
        ["dataset", "ball.json", "other/ball.json", "-o", "data"], in: folder)
      expectFailure(
        run, code: 64, line: "found two scenes of one name, expected different file names")
      #expect(!folder.exists("data"))
    }
  }

  @Test(
    "a scene description that does not fit the format is refused",
    arguments: [
      ("", 65, "ball.json:1:1: found"),
      (
        "{\"hypermarch_scene\": 3}", 65,
        "ball.json: hypermarch_scene: found version 3, expected 1 or 2"
      ),
      (
        Fixtures.ball.replacing("\"radius\"", with: "\"raduis\""), 65,
        "ball.json: shapes[0].raduis: found an unknown key, expected perhaps \"radius\""
      ),
      (
        Fixtures.ball.replacing("\"fov\": 40", with: "\"fov\": 400"), 65,
        "ball.json: cameras[0].fov: found 400, expected"
      ),
    ] as [(String, Int32, String)])
  func badDescription(text: String, code: Int32, line: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(text, at: "ball.json")
      for arguments in [["dataset", "ball.json", "-o", "data"], ["render", "ball.json"]] {
        let run = try await Program.run(arguments, in: folder)
        expectFailure(run, code: code, line: line)
      }
      #expect(try folder.names() == ["ball.json"])
    }
  }
}
