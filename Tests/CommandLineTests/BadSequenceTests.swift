import Testing

@Suite("Bad sequences") struct BadSequenceTests {
  /// A run in a folder with a model; nothing may be left there but that.
  private func run(
    _ arguments: [String], timeline: String? = nil, environment: [String: String] = [:]
  ) async throws -> Program.Run {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      if let timeline { try folder.put(timeline, at: "t.json") }
      let before = try folder.contents().keys.sorted()
      let run = try await Program.run(
        ["interpolate", "cars.safetensors"] + arguments, in: folder, environment: environment)
      #expect(try folder.contents().keys.sorted() == before)
      return run
    }
  }

  @Test(
    "wrong options are refused before any work",
    arguments: [
      (
        ["-o", "morph.png"],
        "--output: found no place for the frame's number in morph.png, expected one of #### or "
          + "%04d in the file's own name"
      ),
      (
        ["-o", "##/##.png"],
        "--output: found a place for the frame's number in the folder's name in ##/##.png, expected "
          + "one of #### or %04d in the file's own name"
      ),
      (
        ["-o", "#.png", "--length", "5", "--frames", "3-7"],
        "--frames: found frame 7, expected 1…5: --length says how many the path has"
      ),
      (
        ["--length", "5", "--frames", "5"],
        "--length: found it beside --frames with a number, which is the length"
      ),
      (
        ["--scenes", "kenney_taxi,,mean"],
        "--scenes: found an empty name, expected scenes with commas between them"
      ),
      (
        ["--loop", "--extrapolate", "1"], "--extrapolate: found it beside --loop, which has no ends"
      ),
      (
        ["--turntable", "--camera-path", "c.json"],
        "found two paths of the camera, expected --turntable or --camera-path"
      ),
      (
        ["--video", "v.txt"],
        "--video: found v.txt, expected a name that ends in one of "
          + ".avi, .m4v, .mkv, .mov, .mp4, .webm"
      ),
      (
        ["--video", "v.mp4", "--background", "transparent"],
        "--video: found a transparent background, expected a colour"
      ),
      (
        ["--animation", "a.png", "--shard", "1/2"],
        "--animation: found it in a shard, expected the whole sequence: "
          + "run again with --shard 1/1 when all shards are done"
      ),
      (
        ["--scenes", "kenney_taxi,kenney_race", "--hold", "9", "--frames", "12"],
        "--hold: found 9 frames at each of 2 scenes, expected fewer than the 12 frames in all"
      ),
    ])
  func options(arguments: [String], message: String) async throws {
    expectUsageError(try await run(arguments), message: message)
  }

  @Test(
    "what is missing is named before any work",
    arguments: [
      (
        ["--scenes", "kenney_taxi,kenny_race"], 66,
        "--scenes: found no scene named kenny_race, expected one of the model's 3: "
          + "is kenney_race meant?"
      ),
      (["--scenes", "a.latent.safetensors"], 66, "a.latent.safetensors: found nothing there"),
      (["--timeline", "none.json"], 66, "none.json: found nothing there"),
      (["--camera-path", "none.json"], 66, "none.json: found nothing there"),
    ] as [([String], Int32, String)])
  func missing(arguments: [String], code: Int32, line: String) async throws {
    expectFailure(try await run(arguments), code: code, line: line)
  }

  @Test("without ffmpeg a video is refused before the first frame") func noVideoProgram()
    async throws
  {
    expectFailure(
      try await run(["--video", "v.mp4"], environment: ["PATH": "/nowhere"]), code: 69,
      line: "--video: found no program ffmpeg in PATH, expected one: install it, or use --animation"
    )
  }

  @Test(
    "a timeline that cannot be is refused in one line",
    arguments: [
      (
        "\"latent\": [{\"time\": 0, \"scen\": \"mean\"}]", 65,
        "t.json: latent[0].scen: found an unknown key, expected perhaps \"scene\""
      ),
      (
        "\"latent\": [{\"time\": 1, \"scene\": \"mean\"}, {\"time\": 0, \"scene\": \"mean\"}]", 65,
        "t.json: latent[1].time: found 0, expected a time after 1.0, the key's before it"
      ),
      (
        "\"latent\": [{\"time\": 0, \"scene\": \"keney_taxi\"}]", 66,
        "t.json: latent[0].scene: found no scene named keney_taxi, expected one of the model's 3: "
          + "is kenney_taxi meant?"
      ),
      (
        "\"latent\": [{\"time\": 0, \"scene\": \"mean *\"}]", 65,
        "t.json: latent[0].scene: mean *: found its end, expected a number after *"
      ),
      (
        "\"camera\": [{\"time\": 0, \"kind\": \"dataset\", \"file\": \"none.json\"}]", 66,
        "./none.json: found nothing there"
      ),
    ] as [(String, Int32, String)])
  func timeline(keys: String, code: Int32, line: String) async throws {
    expectFailure(
      try await run(["--timeline", "t.json"], timeline: "{\"hypermarch_timeline\": 1, \(keys)}"),
      code: code, line: line)
  }
}
