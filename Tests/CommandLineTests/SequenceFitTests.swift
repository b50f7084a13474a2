import Foundation
import Testing

@Suite("Fits to sequences, by command") struct SequenceFitCommandTests {
  /// A model of two windmills, of a few steps, and a third one that a fixed camera saw.
  private static func prepare(in folder: TemporaryFolder) async throws {
    let mill = Fixtures.shippedScene("windmill")
    let size = ["--size", "12", "--val-views", "1", "--samples", "48", "--times", "5", "--quiet"]
    expectSuccess(
      try await Program.run(
        [
          "dataset", mill, "-o", "data", "--variations", "2", "--train-views", "4", "--test-views",
          "2",
        ] + size, in: folder))
    expectSuccess(
      try await Program.run(
        [
          "dataset", mill, "-o", "clips", "--cameras", "fixed", "--train-views", "1",
          "--test-views", "4",
        ] + size, in: folder))
    expectSuccess(
      try await Program.run(
        ["train", "data", "-o", "m.safetensors", "--steps", "6", "--quiet"]
          + Fixtures.smallTraining, in: folder))
  }

  private static let clip = "clips/windmill"
  private static let quick = ["--steps", "30", "--trajectory-rows", "4"]

  @Test("a sequence becomes a latent that moves: described, rendered at times, played and keyed")
  func roundTrip() async throws {
    try await withTemporaryFolder { folder in
      try await Self.prepare(in: folder)
      let fit = try await Program.run(
        [
          "fit", "m.safetensors", "--sequence", Self.clip, "--report", "r.json", "--report-picture",
          "r.png", "--threads", "2",
        ] + Self.quick, in: folder)
      expectSuccess(fit)
      #expect(fit.output == "windmill.latent.safetensors\nr.json\nr.png\n")
      #expect(fit.errors.contains("one fixed camera") && fit.errors.contains("4 keys"))
      expectSuccess(
        try await Program.run(
          [
            "fit", "m.safetensors", "--sequence", Self.clip + "/transforms_train.json", "-o",
            "again.latent.safetensors", "--threads", "1", "--quiet",
          ] + Self.quick, in: folder))
      #expect(
        try folder.bytes(of: "windmill.latent.safetensors")
          == folder.bytes(of: "again.latent.safetensors"))

      let info = try await Program.run(["info", "windmill.latent.safetensors"], in: folder)
      #expect(info.output.contains("motion          spline of 4 codes, 3.0 s, loops"))

      let shown = ["render", "m.safetensors", "--size", "8x8", "--scene"]
      for (name, options) in [
        ("start", ["windmill.latent.safetensors"]),
        ("zero", ["windmill.latent.safetensors", "--time", "0"]),
        ("key", ["windmill.latent.safetensors", "--time", "0.25", "--no-metadata"]),
        ("row", ["windmill.latent.safetensors@1", "--no-metadata"]),
        ("late", ["windmill.latent.safetensors*0.5 + windmill-0000*0.5", "--time", "0.37"]),
      ] {
        expectSuccess(
          try await Program.run(shown + options + ["-o", "\(name).png"], in: folder))
      }
      #expect(try folder.bytes(of: "start.png") == folder.bytes(of: "zero.png"))
      #expect(try folder.bytes(of: "key.png") == folder.bytes(of: "row.png"))
      expectSuccess(
        try await Program.run(["render", "--from", "late.png", "-o", "same.png"], in: folder))
      #expect(try folder.bytes(of: "late.png") == folder.bytes(of: "same.png"))

      expectSuccess(
        try await Program.run(
          [
            "interpolate", "m.safetensors", "--scenes", "windmill.latent.safetensors", "--fps", "2",
            "--size", "8x8", "-o", "f_####.png",
          ], in: folder))
      #expect(try folder.names().filter { $0.hasPrefix("f_") }.count == 6)
      try folder.put(
        """
        {"hypermarch_timeline": 1, "fps": 2, "size": [8, 8], "latent": [
          {"time": 0, "scene": "windmill.latent.safetensors", "scene_time": 0},
          {"time": 1, "scene": "windmill-0001", "scene_time": 0.5}]}
        """, at: "t.json")
      expectSuccess(
        try await Program.run(
          ["interpolate", "m.safetensors", "--timeline", "t.json", "-o", "t_####.png"],
          in: folder))

      let evaluation = try await Program.run(
        ["evaluate", "m.safetensors", "clips", "--protocol", "fit", "--view-list", "0"], in: folder)
      expectSuccess(evaluation)
      #expect(evaluation.output.contains("fit at rest"))
    }
  }

  @Test("what is no sequence, or no row of one, is refused in one line, and nothing is made")
  func refusals() async throws {
    try await withTemporaryFolder { folder in
      try await Self.prepare(in: folder)
      let names = try folder.names()
      let late = """
        {"camera_angle_x": 0.7, "frames": [{"file_path": "a", "time": 1.5, "transform_matrix":
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 3], [0, 0, 0, 1]]}]}
        """
      try FileManager.default.createDirectory(
        atPath: folder.path + "/late", withIntermediateDirectories: true)
      try folder.put(late, at: "late/transforms.json")
      let fit = ["fit", "m.safetensors", "--sequence"]
      for (options, code, line) in [
        ([Fixtures.taxi], 65, ": found frames without times, expected a \"time\" in 0…1"),
        (["data"], 65, "data: found 2 scenes, expected the frames of one"),
        (
          [Self.clip, "--frames", "2"], 65,
          "clips/windmill: found 1 frame of 1 time, expected at least 2 times"
        ),
        (
          [Self.clip, "--frames", "2,9"], 65,
          "clips/windmill: frames: found 5 frames, expected more than 9"
        ),
        (["late"], 65, "late/transforms.json: frames[0].time: found 1.5, expected a time in 0…1"),
        (["none"], 66, "none"),
        ([Self.clip, "--posterior"], 64, "--sequence: found it beside --posterior"),
        ([Self.clip, "a.png"], 64, "--sequence: found it beside pictures"),
        ([Self.clip, "--trajectory-rows", "1"], 64, "--trajectory-rows: found 1, expected 2…64"),
        ([Self.clip, "--memory-limit", "40M"], 69, "found a need for about"),
      ] as [([String], Int32, String)] {
        let run = try await Program.run(fit + options + ["--quiet"], in: folder)
        #expect(run.exitCode == code, "\(options) \(run.errors)")
        #expect(run.errorLines.count == 1 && run.errors.contains(line), "\(run.errors)")
      }
      let run = try await Program.run(
        ["fit", "m.safetensors", "a.png", "--smoothness", "1"], in: folder)
      expectUsageError(
        run, message: "--smoothness: found it alone, expected --sequence beside it")
      #expect(try folder.names().filter { $0 != "late" } == names)
    }
  }
}
