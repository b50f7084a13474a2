import Imaging
import Testing

@Suite("Pictures made again") struct RenderFromTests {
  private func withPicture(
    _ options: [String] = [], _ body: (TemporaryFolder) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let run = try await Program.run(
        [
          "render", "cars.safetensors", "--size", "20x17", "--scene",
          "kenney_taxi*0.3 + 0.7*kenney_race - mean*0.1", "--azimuth", "33", "-o", "p.png",
        ] + options, in: folder)
      expectSuccess(run)
      try await body(folder)
    }
  }

  @Test(
    "a picture is made again byte for byte from what it carries",
    arguments: [
      [], ["--background", "transparent", "--quality", "high"], ["--seed", "18446744073709551615"],
      ["--samples", "77", "--termination", "0.013", "--background", "#123456", "--fov", "31.7"],
    ])
  func again(options: [String]) async throws {
    try await withPicture(options + ["--depth", "--normals", "--opacity"]) { folder in
      for name in ["p", "p-depth", "p-normals", "p-opacity"] {
        let run = try await Program.run(
          ["render", "--from", "\(name).png", "-o", "again.png", "--overwrite"], in: folder)
        expectSuccess(run)
        #expect(run.output == "again.png\n")
        let isSame = try folder.bytes(of: "again.png") == folder.bytes(of: "\(name).png")
        #expect(isSame, "\(name)")
      }
    }
  }

  @Test("an analytic scene's picture is made again too") func analyticScene() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      expectSuccess(
        try await Program.run(["render", "ball.json", "--size", "9", "-o", "p.png"], in: folder))
      expectSuccess(
        try await Program.run(["render", "--from", "p.png", "-o", "q.png"], in: folder))
      let isSame = try folder.bytes(of: "p.png") == folder.bytes(of: "q.png")
      #expect(isSame)
      try folder.replace("A red ball", by: "A ball", in: "ball.json")
      expectFailure(
        try await Program.run(["render", "--from", "p.png", "-o", "r.png"], in: folder), code: 65,
        line: "ball.json: found a model with fingerprint ")
    }
  }

  @Test("a model that has moved is named, and another one is refused") func otherModel()
    async throws
  {
    try await withPicture { folder in
      try folder.copy(folder.path(of: "cars.safetensors"), to: "moved.safetensors")
      try folder.remove("cars.safetensors")
      expectFailure(
        try await Program.run(["render", "--from", "p.png", "-o", "q.png"], in: folder), code: 66,
        line: "cars.safetensors: found nothing there")
      expectSuccess(
        try await Program.run(
          ["render", "moved.safetensors", "--from", "p.png", "-o", "q.png"], in: folder))
      let isSame = try folder.bytes(of: "p.png") == folder.bytes(of: "q.png")
      #expect(isSame)
      let training = [
        "train", Fixtures.cars, "-o", "other.safetensors", "--steps", "1", "--seed", "1",
      ]
      expectSuccess(try await Program.run(training + Fixtures.smallTraining, in: folder))
      let other = try await Program.run(
        ["render", "other.safetensors", "--from", "p.png", "-o", "r.png"], in: folder)
      expectFailure(
        other, code: 65, line: "other.safetensors: found a model with fingerprint ")
      #expect(!folder.exists("r.png"))
    }
  }

  @Test("without settings a picture cannot be made again") func noSettings() async throws {
    try await withPicture(["--no-metadata"]) { folder in
      #expect(
        try PNGFile.readWithText(folder.path(of: "p.png")).text.map(\.keyword) == ["Software"])
      for command in [["render", "--from", "p.png", "-o", "q.png"], ["info", "p.png"]] {
        expectFailure(
          try await Program.run(command, in: folder), code: 65,
          line: "p.png: found no text \"hypermarch\", expected a picture that hypermarch made")
      }
    }
  }

  @Test("settings and options do not mix") func options() async throws {
    let run = try await withTemporaryFolder {
      try await Program.run(["render", "--from", "p.png", "--azimuth", "3"], in: $0)
    }
    expectUsageError(
      run,
      message: "--from: found it beside options that change the picture, expected none of them")
  }

  @Test("info shows what a picture carries") func info() async throws {
    try await withPicture { folder in
      let run = try await Program.run(["info", "p.png"], in: folder)
      expectSuccess(run)
      #expect(
        run.outputLines.contains("scene           kenney_taxi*0.3 + kenney_race*0.7 - mean*0.1"))
      #expect(run.outputLines.contains("shows           picture, 20×17"))
      struct Settings: Decodable {
        let schema: Int
        let shows: String
        let samplesPerDiagonal: Int
      }
      let settings = try await Program.run(["info", "p.png", "--json"], in: folder)
        .report(Settings.self)
      #expect(settings.schema == 1 && settings.shows == "picture")
      #expect(settings.samplesPerDiagonal == 160)
    }
  }
}
