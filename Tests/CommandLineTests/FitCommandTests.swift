import Checkpoints
import Foundation
import Imaging
import Testing

@Suite("fit") struct FitCommandTests {
  struct Report: Decodable {
    let isTrusted: Bool
    let reasons: [String]
    let psnr: Double
    let refinement: Refinement?
    let search: Search?

    struct Refinement: Decodable {
      let bytes: Int
      let decibelsGained: Double
    }

    struct Search: Decodable {
      let confidence: Double
    }
  }

  static let picture = Fixtures.taxi + "/train/r_0.png"
  static let cameras = ["--cameras", Fixtures.taxi + "/transforms_train.json"]
  /// Steps of a fit that takes a moment.
  static let short = ["--steps", "10"]

  @Test("a fit writes a latent of the model, a report and a picture") func files() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let run = try await Program.run(
        [
          "fit", "cars.safetensors", Self.picture, "-o", "taxi.latent.safetensors", "--report",
          "taxi.json", "--report-picture", "taxi.png",
        ] + Self.cameras + Self.short, in: folder)
      expectSuccess(run)
      #expect(run.outputLines == ["taxi.latent.safetensors", "taxi.json", "taxi.png"])
      let latent = try LatentFile.read(folder.path(of: "taxi.latent.safetensors"))
      let model = try Checkpoint.read(folder.path(of: "cars.safetensors"))
      try latent.check(against: model, path: "taxi")
      #expect(latent.name == "r_0" && latent.camera?.width == 32)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let report = try decoder.decode(Report.self, from: Data(folder.bytes(of: "taxi.json")))
      #expect(report.psnr > 5 && report.search == nil)
      #expect(report.isTrusted == report.reasons.isEmpty)
      if let refinement = report.refinement { #expect(refinement.bytes > 0) }
      let picture = try PNGFile.read(folder.path(of: "taxi.png"))
      // A row of the one input, and two of new views, of four cells each.
      #expect((picture.width, picture.height) == (4 * 132 + 4, 3 * 132 + 4))

      let again = try await Program.run(
        [
          "fit", "cars.safetensors", Self.picture, "-o", "again.latent.safetensors", "--threads",
          "3",
        ]
          + Self.cameras + Self.short, in: folder)
      expectSuccess(again)
      #expect(
        try folder.bytes(of: "again.latent.safetensors")
          == folder.bytes(of: "taxi.latent.safetensors"))

      let inTheWay = try await Program.run(
        ["fit", "cars.safetensors", Self.picture, "-o", "taxi.png"] + Self.cameras, in: folder)
      expectFailure(inTheWay, code: 73, line: "taxi.png: found an existing file")
    }
  }

  @Test("without a camera it is looked for, and noise is not trusted") func noise() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      var state: UInt32 = 1
      let samples = (0..<16 * 16 * 3).map { _ -> Float in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Float(state >> 8) / Float(1 << 24)
      }
      try PNGFile.write(
        Image(width: 16, height: 16, channelCount: 3, samples: samples),
        to: folder.path(of: "noise.png"))
      let run = try await Program.run(
        ["fit", "cars.safetensors", "noise.png", "--no-refine", "--json", "--seconds", "1"],
        in: folder)
      expectSuccess(run)
      let report = try run.report(Report.self)
      #expect(!report.isTrusted && report.reasons.contains("no_background"))
      #expect(report.search != nil && report.refinement == nil)
      #expect(run.errors.contains("warning: not to be trusted: "))
      #expect(folder.exists("noise.latent.safetensors"))
    }
  }

  @Test("what cannot be fitted to is refused before any work", arguments: [0, 1] as [Float])
  func nothing(value: Float) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      try PNGFile.write(
        Image(width: 16, height: 16, channelCount: 3, repeating: value),
        to: folder.path(of: "plain.png"))
      let run = try await Program.run(["fit", "cars.safetensors", "plain.png"], in: folder)
      expectFailure(
        run, code: 65,
        line: "plain.png: found no pixel that differs from the background, expected an object")
      #expect(try folder.names() == ["cars.safetensors", "plain.png"])
    }
  }

  @Test("cameras that cannot see the object are refused") func cameras() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let inside = try await Program.run(
        [
          "fit", "cars.safetensors", Self.picture, "--look-from", "0,0,0.1", "--look-at", "0,1,0",
        ], in: folder)
      expectFailure(
        inside, code: 65, line: "\(Self.picture): found a camera inside the model's bound, expected"
      )
      let away = try await Program.run(
        ["fit", "cars.safetensors", Self.picture, "--look-from", "3,0,0", "--look-at", "6,0,0"],
        in: folder)
      expectFailure(
        away, code: 65,
        line: "\(Self.picture): found a camera that looks past the model's bound, expected")
    }
  }

  @Test("options that do not go together are refused") func options() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let fit = ["fit", "cars.safetensors"]
      expectUsageError(
        try await Program.run(fit, in: folder),
        message: "found no picture, expected at least one PNG")
      expectUsageError(
        try await Program.run(fit + [Self.picture, Self.picture], in: folder),
        message: "found 2 pictures, expected --cameras beside more than one")
      expectUsageError(
        try await Program.run(
          fit + [Self.picture, "--unknown-camera", "--azimuth", "3"], in: folder),
        message: "--unknown-camera: found it beside a camera, expected one of them")
      expectUsageError(
        try await Program.run(fit + [Self.picture, "--rank", "0"], in: folder),
        message: "--rank: found 0, expected 1…64")
      expectUsageError(
        try await Program.run(fit + [Self.picture, "--frames", "0"], in: folder),
        message: "--frames: found it alone, expected --cameras beside it")
      let mask = try await Program.run(
        fit + [Self.picture, "--mask", Fixtures.taxi + "/none.png"] + Self.cameras, in: folder)
      #expect(mask.exitCode == 66)
    }
  }
}

@Suite("evaluate --protocol fit") struct FitProtocolTests {
  struct Report: Decodable {
    let mean: Scores
    let seconds: Seconds
    let yardsticks: Yardsticks
    let objects: [String: Scores]

    struct Scores: Decodable {
      let psnr: Double
      let ssim: Double
    }

    struct Seconds: Decodable {
      let median: Double
    }

    struct Yardsticks: Decodable {
      let meanLatent: Scores
      let nearestScene: Scores
      let scratch: Scores
    }
  }

  @Test("the report has every object, their mean, and the yardsticks") func report() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let run = try await Program.run(
        [
          "evaluate", "cars.safetensors", Fixtures.otherCars, "--protocol", "fit", "--views", "2",
          "--view-list", "1,3", "--no-refine", "--json", "--quality", "preview",
        ], in: folder)
      expectSuccess(run)
      let report = try run.report(Report.self)
      let psnr = report.objects.values.map(\.psnr)
      #expect(!psnr.isEmpty)
      #expect(abs(report.mean.psnr - psnr.reduce(0, +) / Double(psnr.count)) < 1e-9)
      #expect(report.seconds.median > 0)
      for scores in [
        report.yardsticks.meanLatent, report.yardsticks.nearestScene, report.yardsticks.scratch,
      ] {
        #expect(scores.psnr > 3 && scores.psnr < 40 && scores.ssim < 1)
      }
      expectUsageError(
        try await Program.run(
          ["evaluate", "cars.safetensors", Fixtures.otherCars, "--views", "2"], in: folder),
        message: "--views: found it alone, expected --protocol fit beside it")
      let missing = try await Program.run(
        [
          "evaluate", "cars.safetensors", Fixtures.otherCars, "--protocol", "fit", "--view-list",
          "99", "--quiet",
        ], in: folder)
      expectFailure(missing, code: 65, line: "--view-list: found view 99, expected one of")
    }
  }
}
