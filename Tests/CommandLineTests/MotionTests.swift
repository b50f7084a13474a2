import Checkpoints
import Foundation
import Subprocess
import Testing

@Suite("Scenes that move") struct MotionTests {
  private static let views = [
    "--size", "12", "--train-views", "4", "--val-views", "1", "--test-views", "4", "--samples",
    "48", "--times", "4",
  ]

  private static let stillViews = [
    "--size", "12", "--train-views", "4", "--val-views", "0", "--test-views", "2", "--samples",
    "48",
  ]

  /// A model of the windmill, of a few steps.
  private static func model(
    in folder: TemporaryFolder, curve: String = "spline", scene: String? = nil
  ) async throws {
    expectSuccess(
      try await Program.run(
        ["dataset", scene ?? Fixtures.shippedScene("windmill"), "-o", "data"] + views, in: folder))
    expectSuccess(
      try await Program.run(
        ["train", "data", "-o", "m.safetensors", "--steps", "6", "--trajectory", curve]
          + Fixtures.smallTraining + ["--trajectory-rows", "5"], in: folder))
  }

  @Test(
    "a moving scene is trained, described, evaluated and rendered at its times",
    arguments: ["spline", "fourier", "recurrent"])
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

  @Test("a run whose keys a recurrence makes is stopped, goes on, and makes the same bytes")
  func resumedBytes() async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder)
      let options =
        ["--steps", "120", "--trajectory", "recurrent", "--average-decay", "0.9"]
        + Fixtures.smallTraining
      expectSuccess(
        try await Program.run(
          ["train", "data", "-o", "a.safetensors", "--threads", "2"] + options, in: folder))
      let stopped = try await Program.run(
        ["train", "data", "-o", "b.safetensors", "--threads", "1"] + options, in: folder,
        sending: .interrupt, afterLine: "1 scene ", milliseconds: 150)
      #expect([0, 130].contains(stopped.exitCode), "\(stopped.errors)")
      expectSuccess(try await Program.run(["train", "--resume", "b.run"], in: folder))
      #expect(try folder.bytes(of: "a.safetensors") == folder.bytes(of: "b.safetensors"))
    }
  }

  @Test("a run that stops and goes on makes the same model", arguments: ["spline", "recurrent"])
  func resume(curve: String) async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder, curve: curve)
      let half =
        ["--steps", "3", "--trajectory-rows", "5", "--trajectory", curve] + Fixtures.smallTraining
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

  @Test("a timeline asks a scene that does not loop for times from 0 to 1")
  func timelineOutOfRange() async throws {
    try await withTemporaryFolder { folder in
      let mill = try String(contentsOfFile: Fixtures.shippedScene("windmill"), encoding: .utf8)
      try folder.put(mill.replacing("\"loop\": true", with: "\"loop\": false"), at: "mill.json")
      try await Self.model(in: folder, scene: "mill.json")
      try folder.put(
        """
        {"hypermarch_timeline": 1, "fps": 2, "size": [8, 8], "latent": [
          {"time": 0, "scene": "mill", "scene_time": 0},
          {"time": 1, "scene": "mill", "scene_time": 1.5}]}
        """, at: "t.json")
      let run = try await Program.run(
        ["interpolate", "m.safetensors", "--timeline", "t.json", "-o", "t_####.png"], in: folder)
      expectFailure(
        run, code: 65,
        line: "t.json: latent[1].scene_time: found 1.5, expected 0…1, as mill does not loop")
    }
  }

  @Test("a scene that moves is removed as one, not by a part of its path")
  func library() async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder)
      for (name, code, line) in [
        ("windmill@1", 65, "found windmill@1, a part of the path of windmill"),
        ("windmill", 65, "found all of the model's scenes"),
      ] as [(String, Int32, String)] {
        let run = try await Program.run(
          ["remove-scenes", "m.safetensors", name, "--overwrite"], in: folder)
        #expect(run.exitCode == code && run.errorLines.count == 1, "\(run.errors)")
        #expect(run.errors.contains(line), "\(run.errors)")
      }
      expectSuccess(
        try await Program.run(
          ["rename-scene", "m.safetensors", "windmill", "mill", "--overwrite"], in: folder))
      let info = try await Program.run(["info", "m.safetensors"], in: folder)
      #expect(info.output.contains("  mill, moving: spline of 5 codes"))
      let added = try await Program.run(
        ["add-scenes", "m.safetensors", "data", "--overwrite"], in: folder)
      #expect(added.exitCode == 65 && added.errorLines.count == 1, "\(added.errors)")
      #expect(added.errors.contains("found a scene that moves, expected scenes at rest"))
    }
  }

  @Test("a moving scene keeps its moments, and is one line of the table of what was lost")
  func forgetting() async throws {
    try await withTemporaryFolder { folder in
      try await Self.model(in: folder, curve: "fourier")
      let merging = try await Program.run(
        ["merge-models", "m.safetensors", "m.safetensors", "--rename-b", "b-", "-o"]
          + ["c.safetensors", "--steps", "3", "--json"], in: folder)
      expectSuccess(merging)
      let merged = try #require(
        try LibraryCommandTests.model(in: folder, name: "c.safetensors").configuration.changes)
      #expect(merged[0].scenes == ["b-windmill"])
      #expect(merged[0].forgetting?.map(\.scene) == ["windmill", "b-windmill"])
      for entry in merged[0].forgetting ?? [] {
        #expect(entry.time.map { (0...1).contains($0) } == true)
      }

      try folder.put(Fixtures.ball, at: "ball.json")
      expectSuccess(
        try await Program.run(
          ["dataset", "ball.json", "-o", "balls"] + Self.stillViews, in: folder)
      )
      let adding = try await Program.run(
        ["add-scenes", "m.safetensors", "balls", "--codes-only", "--any-bound", "--overwrite"]
          + ["--maximum-loss", "0", "--old-dataset", "data"] + LibraryCommandTests.brief, in: folder
      )
      expectSuccess(adding)
      #expect(adding.errorLines.count { $0.hasPrefix("windmill at ") } == 1, "\(adding.errors)")
      let change = try #require(
        try LibraryCommandTests.model(in: folder).configuration.changes?.first)
      let entry = try #require(change.forgetting?.first)
      #expect(change.forgetting?.count == 1 && entry.ownPsnr == 100 && entry.loss == 0)
      #expect(entry.psnrBefore != nil && entry.psnrBefore == entry.psnrAfter)
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
