import Checkpoints
import Imaging
import Subprocess
import Testing

@Suite("Nested widths") struct NestedWidthsTests {
  private static let options = [
    "--widths", "16,32", "--layers", "2", "--latent-width", "8", "--trunk", "32", "--rays", "256",
    "--samples", "32", "--variants", "0",
  ]

  /// The bytes of a model of two widths; trained once.
  private static let model = Task {
    try await withTemporaryFolder { folder in
      expectSuccess(
        try await Program.run(
          ["train", Fixtures.cars, "-o", "n.safetensors", "--steps", "12", "--threads", "2"]
            + options, in: folder))
      return try folder.bytes(of: "n.safetensors")
    }
  }

  private static func withModel(
    _ body: (TemporaryFolder) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await model.value, at: "n.safetensors")
      try await body(folder)
    }
  }

  private static func render(
    _ options: [String], to name: String, in folder: TemporaryFolder
  ) async throws -> [UInt8] {
    expectSuccess(
      try await Program.run(
        ["render", "n.safetensors", "--size", "40x30", "-o", name] + options, in: folder))
    return try folder.bytes(of: name)
  }

  @Test("info names the widths, and evaluate and render show each")
  func widths() async throws {
    try await Self.withModel { folder in
      let info = try await Program.run(["info", "n.safetensors"], in: folder)
      expectSuccess(info)
      #expect(
        info.outputLines.contains {
          $0.hasPrefix("widths          16: ") && $0.contains("; 32: ")
            && $0.hasSuffix(" multiply-adds")
        }, "\(info.output)")
      #expect(info.output.contains(" widths=16,32"))
      var scores: [Double] = []
      for options in [[], ["--width", "32"], ["--width", "16"]] {
        let run = try await Program.run(
          ["evaluate", "n.safetensors", Fixtures.cars, "--json"] + options, in: folder)
        expectSuccess(run)
        scores.append(try run.report(EvaluateCommandTests.Report.self).mean.psnr)
      }
      #expect(scores[0] == scores[1] && scores[0] != scores[2])

      let plain = try await Self.render([], to: "plain.png", in: folder)
      #expect(try await Self.render(["--width", "32"], to: "wide.png", in: folder) == plain)
      let narrow = try await Self.render(["--width", "16"], to: "narrow.png", in: folder)
      #expect(narrow != plain)
      #expect(
        try await Self.render(
          ["--width", "16", "--threads", "1"], to: "alone.png", in: folder) == narrow)
      let shown = try await Program.run(["info", "narrow.png"], in: folder)
      #expect(shown.outputLines.contains("width           16"))
      for name in ["plain", "narrow"] {
        expectSuccess(
          try await Program.run(
            ["render", "--from", "\(name).png", "-o", "again.png", "--overwrite"], in: folder))
        #expect(try folder.bytes(of: "again.png") == folder.bytes(of: "\(name).png"))
      }
      expectSuccess(
        try await Program.run(
          [
            "interpolate", "n.safetensors", "--width", "16", "--frames", "2", "--size", "40x30",
            "--turntable", "-o", "f_#.png",
          ], in: folder))
      expectSuccess(
        try await Program.run(["render", "--from", "f_2.png", "-o", "frame.png"], in: folder))
      #expect(try folder.bytes(of: "f_2.png") == folder.bytes(of: "frame.png"))
      let frame = try await Program.run(["info", "f_2.png"], in: folder)
      #expect(frame.outputLines.contains("width           16"))
    }
  }

  @Test("with time enough a picture that begins narrow ends as the plain one")
  func seconds() async throws {
    struct Report: Decodable {
      let finalShare: Double
      let fieldEvaluations: Int
    }
    try await Self.withModel { folder in
      let plain = try await Self.render(["--normals"], to: "plain.png", in: folder)
      let run = try await Program.run(
        [
          "render", "n.safetensors", "--size", "40x30", "--normals", "--seconds", "1000",
          "--json", "-o", "late.png",
        ], in: folder)
      expectSuccess(run)
      #expect(try run.report(Report.self).finalShare == 1)
      #expect(try folder.bytes(of: "late.png") == plain)
      #expect(
        try folder.bytes(of: "late-normals.png") == folder.bytes(of: "plain-normals.png"))
      let early = try await Program.run(
        [
          "render", "n.safetensors", "--size", "40x30", "--seconds", "0.0001", "--json", "-o",
          "early.png",
        ], in: folder)
      expectSuccess(early)
      #expect(try early.report(Report.self).finalShare == 0)
      #expect(early.errorLines == ["time is up: 0.0 % of the pixels are final"])
      #expect(try PNGFile.readWithText(folder.path(of: "early.png")).text.count == 1)
    }
  }

  @Test("a run of several widths goes on to the same bytes")
  func resumed() async throws {
    try await withTemporaryFolder { folder in
      let command =
        ["train", Fixtures.cars, "--steps", "80", "--scenes-per-step", "2"] + Self.options
      expectSuccess(
        try await Program.run(command + ["-o", "whole.safetensors", "--threads", "2"], in: folder))
      let stopped = try await Program.run(
        command + ["-o", "n.safetensors", "--threads", "3"], in: folder, sending: .interrupt,
        afterLine: "3 scenes ", milliseconds: 150)
      #expect([0, 130].contains(stopped.exitCode))
      expectSuccess(
        try await Program.run(["train", "--resume", "n.run", "--threads", "1"], in: folder))
      let isSame = try folder.bytes(of: "n.safetensors") == folder.bytes(of: "whole.safetensors")
      #expect(isSame)
      try folder.replace(
        "\"nested_widths\" : [", by: "\"nested_widths\" : [4,", in: "n.run/config.json")
      expectFailure(
        try await Program.run(["train", "--resume", "n.run", "--steps", "13"], in: folder),
        code: 65,
        line: "n.run: found widths [4, 16] in its settings, expected [16], those of its state")
    }
  }

  @Test("a moving scene, a fitted latent and a growing library keep all widths")
  func others() async throws {
    try await Self.withModel { folder in
      let pictures = "\(Fixtures.otherCars)"
      expectSuccess(
        try await Program.run(
          [
            "add-scenes", "n.safetensors", pictures, "-o", "more.safetensors", "--steps", "2",
            "--code-steps", "2", "--samples-per-step", "2000",
          ], in: folder))
      let more = try await Program.run(
        ["evaluate", "more.safetensors", pictures, "--width", "16"], in: folder)
      expectSuccess(more)
      expectSuccess(
        try await Program.run(
          ["train", Fixtures.cars, "-o", "plain.safetensors", "--steps", "1"]
            + Self.options.dropFirst(2) + ["--width", "32"], in: folder))
      expectFailure(
        try await Program.run(
          [
            "merge-models", "n.safetensors", "plain.safetensors", "-o", "both.safetensors",
            "--rename-b", "b-",
          ], in: folder), code: 65,
        line: "plain.safetensors: nested_widths: found [32], expected [16, 32]")

      let mill = Fixtures.shippedScene("windmill")
      expectSuccess(
        try await Program.run(
          [
            "dataset", mill, "-o", "data", "--size", "12", "--train-views", "4", "--val-views",
            "1", "--test-views", "2", "--samples", "48", "--times", "4",
          ], in: folder))
      expectSuccess(
        try await Program.run(
          ["train", "data", "-o", "mill.safetensors", "--steps", "4", "--trajectory-rows", "4"]
            + Self.options, in: folder))
      expectSuccess(
        try await Program.run(
          [
            "render", "mill.safetensors", "--time", "0.4", "--width", "16", "--size", "8", "-o",
            "mill.png",
          ], in: folder))
      expectSuccess(
        try await Program.run(["render", "--from", "mill.png", "-o", "again.png"], in: folder))
      #expect(try folder.bytes(of: "mill.png") == folder.bytes(of: "again.png"))
    }
  }

  @Test("a width that is not there, and widths that make no field, are refused in one line")
  func refusals() async throws {
    try await Self.withModel { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      let names = try folder.names()
      for (command, message) in [
        (
          ["render", "n.safetensors", "--width", "24"],
          "--width: found 24 for n.safetensors, expected 16 or 32, the widths"
        ),
        (
          ["interpolate", "n.safetensors", "--width", "64", "-o", "f_#.png"],
          "--width: found 64 for n.safetensors, expected 16 or 32, the widths"
        ),
        (
          ["evaluate", "n.safetensors", Fixtures.cars, "--width", "0"],
          "--width: found 0 for n.safetensors, expected 16 or 32, the widths"
        ),
        (
          ["render", "ball.json", "--width", "16"],
          "--width: found 16 for ball.json, expected none, as an analytic scene has no widths"
        ),
        (
          ["render", "--from", "p.png", "--width", "16"],
          "--from: found it beside options that change the picture, expected none of them"
        ),
      ] {
        let run = try await Program.run(command, in: folder)
        #expect(run.exitCode == 64 && run.output == "")
        #expect(run.errorLines == ["error: " + message], "\(run.errors)")
      }
      for (widths, message) in [
        ("32", "found 32, expected 2…8 widths in 16…256 that ascend, as 16,32,64"),
        ("32,16", "found 32,16, expected 2…8 widths in 16…256 that ascend, as 16,32,64"),
        ("16,16", "found 16,16, expected 2…8 widths in 16…256 that ascend, as 16,32,64"),
        ("8,16", "found 8,16, expected 2…8 widths in 16…256 that ascend, as 16,32,64"),
        ("16,,32", "found 16,,32, expected 2…8 widths in 16…256 that ascend, as 16,32,64"),
      ] {
        expectUsageError(
          try await Program.run(
            ["train", Fixtures.cars, "-o", "m.safetensors", "--widths", widths], in: folder),
          message: "--widths: " + message)
      }
      expectUsageError(
        try await Program.run(
          ["train", Fixtures.cars, "-o", "m.safetensors", "--widths", "16,32", "--width", "64"],
          in: folder),
        message: "--widths: found 16,32 beside --width 64, expected the last of them to be it")
      #expect(try folder.names() == names)
    }
  }

  @Test("a picture whose model does not have its width is refused")
  func otherWidth() async throws {
    try await Self.withModel { folder in
      _ = try await Self.render(["--width", "16"], to: "p.png", in: folder)
      let picture = try PNGFile.readWithText(folder.path(of: "p.png"))
      let text = picture.text.map {
        PNGTextEntry(
          keyword: $0.keyword,
          text: $0.text.replacing("\"field_width\":16", with: "\"field_width\":17"))
      }
      try PNGFile.write(picture.image, to: folder.path(of: "q.png"), text: text, overwriting: false)
      expectFailure(
        try await Program.run(["render", "--from", "q.png", "-o", "r.png"], in: folder), code: 65,
        line: "q.png: text hypermarch.field_width: found 17, expected 16 or 32, the widths of "
          + "n.safetensors")
    }
  }
}
