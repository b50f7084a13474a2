import Testing

@Suite("Bad options") struct BadOptionTests {
  @Test(
    "a size that is zero, negative, too large or no size is refused",
    arguments: [
      ("0", "--size: found 0x0, expected 1…16384 pixels each way"),
      ("0x5", "--size: found 0x5, expected 1…16384 pixels each way"),
      ("5x0", "--size: found 5x0, expected 1…16384 pixels each way"),
      ("-1x5", "--size: found -1x5, expected 1…16384 pixels each way"),
      ("16385", "--size: found 16385x16385, expected 1…16384 pixels each way"),
      ("16385x1", "--size: found 16385x1, expected 1…16384 pixels each way"),
      ("1x65536", "--size: found 1x65536, expected 1…16384 pixels each way"),
      ("abc", "The value 'abc' is invalid for '--size <WxH>'"),
      ("4x", "The value '4x' is invalid for '--size <WxH>'"),
      ("1x2x3", "The value '1x2x3' is invalid for '--size <WxH>'"),
      (
        "9999999999999999999999",
        "The value '9999999999999999999999' is invalid for '--size <WxH>'"
      ),
    ])
  func sizes(size: String, message: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      for arguments in [["render", "ball.json"], ["dataset", "ball.json", "-o", "data"]] {
        let run = try await Program.run(arguments + ["--size=\(size)"], in: folder)
        expectUsageError(run, message: message)
      }
      #expect(try folder.names() == ["ball.json"])
    }
  }

  @Test("a negative size that looks like an option is refused too") func negativeSize()
    async throws
  {
    let run = try await withTemporaryFolder {
      try await Program.run(["render", "--size", "-1"], in: $0)
    }
    expectUsageError(run, message: "Missing value for '--size <WxH>'")
  }

  @Test(
    "options of render that make no sense are refused",
    arguments: [
      (["--samples", "0"], "--samples: found 0, expected 1…65536"),
      (["--tile", "0"], "--tile: found 0, expected 1…1024"),
      (["--threads", "0"], "--threads: found 0, expected 1…1024"),
      (["--fov", "180"], "--fov: found 180.0, expected 1.0…179.0"),
      (["--distance", "inf"], "--distance: found inf, expected 0.001…1000000.0"),
      (["--elevation", "nan"], "--elevation: found nan, expected -90.0…90.0"),
      (
        ["--look-from", "1e30,0,0", "--look-at", "0,0,0"],
        "--look-from: found 1e+30, expected -1000000.0…1000000.0"
      ),
      (
        ["--target", "0,1e38,0", "--azimuth", "3"],
        "--target: found 1e+38, expected -1000000.0…1000000.0"
      ),
      (
        ["--look-from", "1e-30,0,0", "--look-at", "0,0,0"],
        "--look-from and --look-at: found points too near, expected at least 0.001 and a 100000th "
          + "of the distance from the origin between camera and target"
      ),
      (
        ["--target", "1e6,0,0", "--distance", "0.01"],
        "--distance: found 0.01, expected at least 0.001 and a 100000th of the distance from the "
          + "origin between camera and target"
      ),
      (["--termination", "1"], "--termination: found 1.0, expected 0 to below 1"),
      (["--background", "mauve"], "The value 'mauve' is invalid for '--background <colour>'"),
      (["--target", "1,2"], "The value '1,2' is invalid for '--target <x,y,z>'"),
      (
        ["--look-from", "1,2,3"],
        "--look-from and --look-at belong together: found one of them"
      ),
      (
        ["--look-from", "1,2,3", "--look-at", "1,2,3"],
        "--look-from and --look-at: found one point, expected two"
      ),
      (
        ["--azimuth", "1", "--look-from", "1,2,3", "--look-at", "0,0,0"],
        "found two kinds of camera, expected orbit, look-at or --cameras"
      ),
      (["--frame", "1"], "--frame: found it alone, expected --cameras beside it"),
      (
        ["--cameras", "transforms.json", "--frame", "-1"],
        "Missing value for '--frame <n>'"
      ),
      (
        ["--cameras", "transforms.json", "--fov", "40"],
        "--fov: found it beside --cameras, whose frames have their own"
      ),
    ] as [([String], String)])
  func renderOptions(arguments: [String], message: String) async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(["render"] + arguments, in: folder)
      expectUsageError(run, message: message)
      #expect(try folder.names() == [])
    }
  }

  @Test("a frame that a file of cameras does not have is refused") func frame() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      let cameras = Fixtures.taxi + "/transforms_train.json"
      let run = try await Program.run(
        ["render", "ball.json", "--cameras", cameras, "--frame", "16", "-o", "p.png"], in: folder)
      expectFailure(
        run, code: 65, line: "\(cameras): frames: found 16 frames, expected more than 16")
      #expect(try folder.names() == ["ball.json"])
    }
  }

  @Test("a scene that does not exist is refused, and the nearest name suggested")
  func unknownScene() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let before = try folder.names()
      for (arguments, line) in [
        (
          ["render", "cars.safetensors", "--scene", "kenny_taxi", "-o", "p.png"],
          "--scene: found no scene named kenny_taxi, expected one of the model's 3: "
            + "is kenney_taxi meant?\n"
        ),
        (
          ["render", "cars.safetensors", "--scene", "submarine"],
          "--scene: found no scene named submarine, expected one of the model's 3\n"
        ),
        (
          ["render", "ball.json", "--scene", "frnot"],
          "--scene: found no camera named frnot in ball.json, expected one of its 2: "
            + "is front meant?\n"
        ),
        (
          ["evaluate", "cars.safetensors", Fixtures.cars, "--scene", "kenny_taxi"],
          "\(Fixtures.cars): found no scene named kenny_taxi, expected one that is there: "
            + "is kenney_taxi meant?\n"
        ),
        (
          ["train", Fixtures.cars, "-o", "m.safetensors", "--scene", "kenny_taxi"],
          "\(Fixtures.cars): found no scene named kenny_taxi, expected one that is there: "
            + "is kenney_taxi meant?\n"
        ),
        (
          ["inspect", Fixtures.cars, "--scene", "boat_*"],
          "\(Fixtures.cars): found no scene named boat_*, expected one that is there\n"
        ),
      ] {
        let run = try await Program.run(arguments, in: folder)
        expectFailure(run, code: 66, line: line)
      }
      #expect(try folder.names() == before)
    }
  }
}
