import Foundation
import Imaging
import Subprocess
import Testing

@Suite("report") struct ReportCommandTests {
  private struct Views: Decodable {
    let schema: Int
    let report: String
    let curves: [Curve]
    let points: [Point]

    struct Curve: Decodable {
      let name: String
      let points: [Place]
    }

    struct Place: Decodable {
      let viewCount: Int
      let psnr: Spread
      let bytes: Int
    }

    struct Point: Decodable {
      let object: String
      let viewCount: Int
      let views: [Int]
      let found: Found
      let command: String
    }

    struct Found: Decodable {
      let psnr: Double
      let codePsnr: Double
      let seconds: Double
    }
  }

  struct Spread: Decodable {
    let mean: Double
    let deviation: Double
    let count: Int
  }

  private struct Parameters: Decodable {
    let schema: Int
    let curves: [Curve]
    let points: [Point]

    struct Curve: Decodable {
      let generator: String?
      let weights: String
      let codeBits: Int?
      let points: [Place]
    }

    struct Place: Decodable {
      let sceneCount: Int
      let bytesPerScene: Double
      let bytesOfAFurtherScene: Int
      let psnr: Spread
    }

    struct Point: Decodable {
      let command: String
      let generator: String?
      let sceneCount: Int
      let scenes: [String]
      let steps: Int
      let parameterCount: Int
      let latentWidth: Int?
      let storages: [Storage]
    }

    struct Storage: Decodable {
      let weights: String
      let codeBits: Int?
      let bytes: Int
      let measured: [String: Scores]
    }

    struct Scores: Decodable {
      let psnr: Double
    }
  }

  private static let views = [
    "report", "views", "m.safetensors", Fixtures.otherCars, "-o", "r", "--views", "1,2",
    "--samples", "24", "--grid-resolution", "32", "--quiet",
  ]

  private static let parameters = [
    "report", "parameters", Fixtures.cars, "-o", "r", "--steps", "2", "--samples-per-step", "512",
    "--scene-counts", "1,3", "--measured", "2", "--generator", "low-rank", "--generator",
    "chunked", "--quality", "preview", "--quiet",
  ]

  /// A report without what a clock or a processor's speed decides.
  private func withoutSeconds(_ text: String) -> String {
    text.split(separator: "\n").filter { !$0.contains("seconds") }.joined(separator: "\n")
  }

  @Test(
    "views: every object at every number of views, in the protocol's order; a rerun adds nothing")
  func views() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let run = try await Program.run(Self.views + ["--json"], in: folder)
      expectSuccess(run)
      #expect(run.errors == "")
      let report = try run.report(Views.self)
      #expect(report.schema == 1 && report.report == "views")
      #expect(report.points.map(\.viewCount) == [1, 2])
      #expect(report.points.map(\.views) == [[3], [3, 11]])
      #expect(
        report.curves.map(\.name) == ["refined", "code", "scratch", "nearest_scene", "mean_latent"])
      for curve in report.curves {
        #expect(curve.points.map(\.viewCount) == [1, 2])
        #expect(curve.points.allSatisfy { $0.psnr.count == 1 && $0.psnr.deviation == 0 })
      }
      #expect(report.curves[0].points.map(\.psnr.mean) == report.points.map(\.found.psnr))
      #expect(report.curves[1].points.map(\.bytes) == [32, 32])
      #expect(report.curves[0].points[0].bytes >= 32)
      let plot = try PNGFile.read(folder.path(of: "r/views.png"))
      #expect(plot.width == 900 && plot.height == 600)
      #expect(try folder.text(of: "r/views.json") == run.output)

      let again = try await Program.run(Self.views + ["--json"], in: folder)
      expectSuccess(again)
      #expect(again.output == run.output)
    }
  }

  @Test("parameters: bytes are those of the values, and budgets those of the scenes")
  func parameters() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(Self.parameters + ["--json"], in: folder)
      expectSuccess(run)
      let report = try run.report(Parameters.self)
      // Two fields; for each generator a model for each of two scenes, and one of three.
      #expect(report.points.count == 2 + 2 * 3)
      let measured = ["kenney_race", "kenney_taxi"]
      for point in report.points {
        #expect(point.steps == 2 * point.sceneCount && point.scenes.count == point.sceneCount)
        #expect(point.scenes == point.scenes.sorted())
        for storage in point.storages {
          #expect(storage.measured.keys.sorted() == measured.filter(point.scenes.contains))
          #expect(storage.measured.values.allSatisfy { $0.psnr > 3 && $0.psnr < 50 })
          let size = storage.weights == "float32" ? 4 : 2
          var bytes = point.parameterCount * size
          if let width = point.latentWidth, let bits = storage.codeBits {
            bytes += point.sceneCount * width * bits / 8 + (bits < 8 * size ? 8 * width : 0)
          }
          #expect(storage.bytes == bytes)
        }
      }
      for curve in report.curves {
        for place in curve.points {
          #expect(place.psnr.count == 2)
          if curve.generator == nil {
            #expect(Double(place.bytesOfAFurtherScene) == place.bytesPerScene)
          } else {
            #expect(Double(place.bytesOfAFurtherScene) < place.bytesPerScene)
          }
        }
        // The generator is shared: more scenes, fewer bytes for each.
        let bytes = curve.points.map(\.bytesPerScene)
        #expect(bytes == bytes.sorted(by: >))
      }
      let plot = try PNGFile.read(folder.path(of: "r/parameters.png"))
      #expect(plot.width == 900 && plot.height == 600)
    }
  }

  @Test("a point's command trains the model that was measured") func command() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        [
          "report", "parameters", Fixtures.cars, "-o", "r", "--steps", "3", "--samples-per-step",
          "512", "--scene-counts", "3", "--measured", "1", "--generator", "chunked", "--quiet",
          "--json",
        ], in: folder)
      expectSuccess(run)
      let point = try #require(try run.report(Parameters.self).points.last)
      let words = point.command.split(separator: " ").map(String.init)
      #expect(words.first == "hypermarch")
      expectSuccess(try await Program.run(Array(words.dropFirst()), in: folder))
      let evaluation = try await Program.run(
        ["evaluate", "model.safetensors", Fixtures.cars, "--json"], in: folder)
      expectSuccess(evaluation)
      let scores = try evaluation.report(EvaluateCommandTests.Report.self).scenes
      let measured = try #require(point.storages.first { $0.weights == "float32" }).measured
      for (name, own) in measured {
        #expect(abs(own.psnr - (scores[name]?.psnr ?? 0)) < 1e-9)
      }
    }
  }

  @Test("a report that was killed goes on, and is the same but for seconds, whatever the threads")
  func interrupted() async throws {
    try await withTemporaryFolder { folder in
      let whole = try await Program.run(Self.parameters + ["--threads", "1"], in: folder)
      expectSuccess(whole)
      let (data, plot) = (
        try folder.text(of: "r/parameters.json"), try folder.bytes(of: "r/parameters.png")
      )
      let points = try folder.names(in: "r/points")
      try folder.remove("r")
      // However far it comes until then.
      try await Program.kill(Self.parameters + ["--threads", "1"], in: folder, after: 0.4)
      let names = folder.exists("r/points") ? try folder.names(in: "r/points") : []
      let kept = names.filter { $0.hasSuffix(".json") }
      let first = try kept.map { try folder.bytes(of: "r/points/\($0)") }
      expectSuccess(try await Program.run(Self.parameters + ["--threads", "1"], in: folder))
      #expect(try kept.map { try folder.bytes(of: "r/points/\($0)") } == first)
      #expect(try folder.names(in: "r/points") == points)
      #expect(withoutSeconds(try folder.text(of: "r/parameters.json")) == withoutSeconds(data))
      #expect(try folder.bytes(of: "r/parameters.png") == plot)

      try folder.remove("r/points/\(points[0])")
      expectSuccess(try await Program.run(Self.parameters + ["--threads", "2"], in: folder))
      let found = withoutSeconds(try folder.text(of: "r/parameters.json"))
      #expect(
        found.replacingOccurrences(of: "--threads 2", with: "--threads 1") == withoutSeconds(data))
      #expect(
        try folder.names(in: "r") == [
          "parameters.json", "parameters.png", "points", "settings.json",
        ])
    }
  }

  @Test("a signal ends a report at once, and says how to go on") func signal() async throws {
    try await withTemporaryFolder { folder in
      let watched = try await Program.watch(
        [
          "report", "parameters", Fixtures.cars, "-o", "r", "--steps", "100000", "--scene-counts",
          "1", "--measured", "1", "--generator", "chunked",
        ], in: folder, sending: [("point 1/2", .interrupt)])
      #expect(watched.run.exitCode == 130)
      #expect(
        watched.run.errorLines.last
          == "error: stopped by a signal, 0 of 2 points are kept; go on with the same command")
      #expect(try folder.names(in: "r/points") == [])
    }
  }

  @Test("points of other settings are never mixed in, and replaced only when asked")
  func otherSettings() async throws {
    try await withTemporaryFolder { folder in
      let small = [
        "report", "parameters", Fixtures.cars, "-o", "r", "--scene-counts", "1", "--measured", "1",
        "--generator", "chunked", "--samples-per-step", "256", "--quality", "preview", "--quiet",
      ]
      expectSuccess(try await Program.run(small + ["--steps", "1"], in: folder))
      let before = try folder.contents()
      expectFailure(
        try await Program.run(small + ["--steps", "2"], in: folder), code: 73,
        line: "r/settings.json: found a report of other settings, expected the same")
      #expect(try folder.contents() == before)
      try folder.put("{", at: "r/points/chunked-1-1.json")
      expectFailure(
        try await Program.run(small + ["--steps", "1"], in: folder), code: 65,
        line: "r/points/chunked-1-1.json: found no point of a report, expected what report wrote")
      expectSuccess(
        try await Program.run(small + ["--steps", "2", "--overwrite"], in: folder))
      let points = try folder.names(in: "r/points")
      #expect(points == ["chunked-1-1.json", "field-kenney_race.json"])
      #expect(try folder.text(of: "r/points/chunked-1-1.json").contains("\"steps\" : 2"))
    }
  }

  @Test(
    "data that make no report are refused in one line, and nothing is written",
    arguments: [
      (["parameters", "none", "-o", "r"], 66, "none: found nothing there, expected a folder"),
      (
        ["views", "none.safetensors", Fixtures.otherCars, "-o", "r"], 66,
        "none.safetensors: found nothing there"
      ),
      (
        ["views", "m.safetensors", "none", "-o", "r"], 66,
        "none: found nothing there, expected a folder"
      ),
      (
        ["views", "m.safetensors", Fixtures.otherCars, "-o", "r"], 65,
        "--views: found 32, expected at most "
      ),
      (
        ["views", "m.safetensors", Fixtures.cars, "-o", "r", "--views", "1"], 65,
        "\(Fixtures.cars)/kenney_race: found a scene of the model, expected objects that it"
      ),
      (
        ["parameters", Fixtures.cars, "-o", "r", "--scene-counts", "1,4"], 65,
        "--scene-counts: found 4, expected at most \(Fixtures.cars)'s 3"
      ),
      (["parameters", Fixtures.cars, "-o", "m.safetensors"], 73, "m.safetensors"),
    ] as [([String], Int32, String)])
  func refused(arguments: [String], code: Int32, line: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      expectFailure(
        try await Program.run(["report"] + arguments, in: folder), code: code, line: line)
      #expect(try folder.names() == ["m.safetensors"])
    }
  }

  @Test(
    "options that make no sense are refused",
    arguments: [
      (["views", "m", "d"], "Missing expected argument '--output <folder>'"),
      (["views", "m", "d", "-o", "r", "--views", "0"], "--views: found 0, expected 1 or more"),
      (["views", "m", "d", "-o", "r", "--objects", "0"], "--objects: found 0, expected 1 or more"),
      (
        ["parameters", "d", "-o", "r", "--steps", "0"], "--steps: found 0, expected 1…1000000"
      ),
      (
        ["parameters", "d", "-o", "r", "--scene-counts", "4,0"],
        "--scene-counts: found 0, expected 1 or more"
      ),
      (
        ["parameters", "d", "-o", "r", "--generator", "chunked", "--generator", "chunked"],
        "--generator: found one twice, expected each once"
      ),
      (
        ["parameters", "d", "-o", "r", "--samples-per-step", "3"],
        "--samples-per-step: found 3, expected 256…16777216"
      ),
    ])
  func options(arguments: [String], message: String) async throws {
    try await withTemporaryFolder { folder in
      expectUsageError(try await Program.run(["report"] + arguments, in: folder), message: message)
      #expect(try folder.names() == [])
    }
  }
}
