import Testing

@Suite("Scenes that move") struct MotionTests {
  private static let views = [
    "--size", "12", "--train-views", "4", "--val-views", "1", "--test-views", "4", "--samples",
    "48", "--times", "4",
  ]

  /// A model of the windmill, of a few steps.
  private static func model(in folder: TemporaryFolder, curve: String = "spline") async throws {
    expectSuccess(
      try await Program.run(
        ["dataset", Fixtures.shippedScene("windmill"), "-o", "data"] + views, in: folder))
    expectSuccess(
      try await Program.run(
        ["train", "data", "-o", "m.safetensors", "--steps", "6", "--trajectory", curve]
          + Fixtures.smallTraining + ["--trajectory-rows", "5"], in: folder))
  }

  @Test(
    "a moving scene is trained, described, evaluated and rendered at its times",
    arguments: ["spline", "fourier"])
  func roundTrip(curve: String) async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder, curve: curve)
      let info = try await Program.run(["info", "m.safetensors"], in: folder)
      expectSuccess(info)
      #expect(info.output.contains("  windmill, moving: \(curve) of 5 codes, 3.0 s, loops"))
      for options in [[], ["--snap-times", "4"]] {
        let evaluation = try await Program.run(
          ["evaluate", "m.safetensors", "data", "--json"] + options, in: folder)
        expectSuccess(evaluation)
        let report = try evaluation.report(EvaluateCommandTests.Report.self)
        #expect(report.scenes.keys.sorted() == ["windmill"] && report.viewCount == 4)
      }
      let size = ["--size", "8x8"]
      for (name, options) in [
        ("start", []), ("zero", ["--time", "0"]), ("one", ["--time", "1"]),
        ("late", ["--time", "0.37"]), ("clamped", ["--time", "7", "--clamp-time"]),
      ] {
        expectSuccess(
          try await Program.run(
            ["render", "m.safetensors", "-o", "\(name).png"] + size + options, in: folder))
      }
      #expect(try folder.bytes(of: "start.png") == folder.bytes(of: "zero.png"))
      #expect(try folder.bytes(of: "clamped.png") == folder.bytes(of: "one.png"))
      #expect(try folder.bytes(of: "late.png") != folder.bytes(of: "zero.png"))
      expectSuccess(
        try await Program.run(
          ["render", "--from", "late.png", "-o", "again.png"], in: folder))
      #expect(try folder.bytes(of: "again.png") == folder.bytes(of: "late.png"))
    }
  }

  @Test("at a spline's key the picture is the key's row's")
  func keys() async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder)
      for (name, options) in [("row", ["--scene", "windmill@2"]), ("time", ["--time", "0.4"])] {
        expectSuccess(
          try await Program.run(
            ["render", "m.safetensors", "-o", "\(name).png", "--size", "8x8", "--no-metadata"]
              + options, in: folder))
      }
      #expect(try folder.bytes(of: "row.png") == folder.bytes(of: "time.png"))
    }
  }

  @Test("a run that stops and goes on makes the same model")
  func resume() async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder)
      let half = ["--steps", "3", "--trajectory-rows", "5"] + Fixtures.smallTraining
      expectSuccess(
        try await Program.run(["train", "data", "-o", "h.safetensors"] + half, in: folder))
      let refused = try await Program.run(
        ["train", "--resume", "h.run", "--smoothness", "1"], in: folder)
      #expect(refused.exitCode == 64)
      expectSuccess(
        try await Program.run(["train", "--resume", "h.run", "--steps", "6"], in: folder))
      let info = try await Program.run(["info", "h.safetensors"], in: folder)
      #expect(info.output.contains("6 steps") && info.output.contains("windmill, moving"))
    }
  }

  @Test("an analytic scene is shown at a time, and its picture can be made again")
  func analytic() async throws {
    try await withTemporaryFolder { folder in
      let mill = Fixtures.shippedScene("windmill")
      expectSuccess(
        try await Program.run(
          ["render", mill, "--time", "0.3", "-o", "a.png", "--size", "16x16"], in: folder))
      expectSuccess(
        try await Program.run(["render", "--from", "a.png", "-o", "b.png"], in: folder))
      #expect(try folder.bytes(of: "a.png") == folder.bytes(of: "b.png"))
      expectSuccess(
        try await Program.run(["render", mill, "-o", "c.png", "--size", "16x16"], in: folder))
      #expect(try folder.bytes(of: "a.png") != folder.bytes(of: "c.png"))
    }
  }

  @Test("a moving scene is played once, for its seconds at the asked rate, or as a timeline says")
  func sequences() async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder)
      let played = try await Program.run(
        ["interpolate", "m.safetensors", "--fps", "2", "--size", "8x8", "-o", "f_####.png"],
        in: folder)
      expectSuccess(played)
      let frames = try folder.names().filter { $0.hasPrefix("f_") }
      #expect(frames == (1...6).map { "f_000\($0).png" })
      #expect(try folder.bytes(of: "f_0001.png") != folder.bytes(of: "f_0004.png"))

      try folder.put(
        """
        {"hypermarch_timeline": 1, "fps": 2, "size": [8, 8], "latent": [
          {"time": 0, "scene": "windmill", "scene_time": 0},
          {"time": 3, "scene": "windmill", "scene_time": 1}]}
        """, at: "t.json")
      expectSuccess(
        try await Program.run(
          ["interpolate", "m.safetensors", "--timeline", "t.json", "-o", "t_####.png"],
          in: folder))
      let timed = try folder.names().filter { $0.hasPrefix("t_") }
      #expect(timed.count == 7)
    }
  }

  @Test("a time out of range, or of a scene at rest, and options of motion for scenes at rest")
  func refusals() async throws {
    try await withTemporaryFolder { folder in
      let mill = Fixtures.shippedScene("windmill")
      for (options, message) in [
        (
          ["render", mill, "--time", "1.2"],
          "--time: found 1.2, expected 0…1; --clamp-time takes the nearer end"
        ),
        (
          ["render", mill, "--clamp-time"], "--clamp-time: found no --time, expected one beside it"
        ),
        (
          ["render", Fixtures.shippedScene("lamp"), "--time", "0.2"],
          "which does not move, expected a scene that does"
        ),
        (
          ["train", Fixtures.cars, "-o", "m.safetensors", "--trajectory", "spline"],
          "whose frames have no times, expected a scene that moves"
        ),
      ] {
        let run = try await Program.run(options, in: folder)
        #expect(run.exitCode == 64)
        #expect(run.errorLines.count == 1 && run.errors.contains(message), "\(run.errors)")
      }
      #expect(try folder.names().isEmpty)
    }
  }
}
