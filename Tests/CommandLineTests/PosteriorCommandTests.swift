import Checkpoints
import Foundation
import Imaging
import Kernels
import Testing

@Suite("fit --posterior and render --uncertainty") struct PosteriorCommandTests {
  static let camera = ["--azimuth", "40", "--elevation", "20"]

  /// Fits a latent with draws, to what the model itself shows.
  static func fit(
    in folder: TemporaryFolder, options: [String] = ["--posterior", "--samples", "3"],
    output: String = "taxi.latent.safetensors"
  ) async throws -> Program.Run {
    expectSuccess(
      try await Program.run(
        ["render", "cars.safetensors", "-o", "seen.png", "--size", "24", "--overwrite"] + camera,
        in: folder))
    return try await Program.run(
      ["fit", "cars.safetensors", "seen.png", "-o", output, "--steps", "10"] + camera + options,
      in: folder)
  }

  @Test("a latent with draws is a latent, and shows their mean, deviation and completions")
  func pictures() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      expectSuccess(try await Self.fit(in: folder))
      let latent = try LatentFile.read(folder.path(of: "taxi.latent.safetensors"))
      #expect(latent.posterior?.codes.count == 3)
      #expect(latent.report?.contains("determined_directions") == true)
      let scene = ["cars.safetensors", "--scene", "taxi.latent.safetensors", "--size", "24x20"]
      expectSuccess(try await Program.run(["render"] + scene + ["-o", "plain.png"], in: folder))
      let run = try await Program.run(
        ["render"] + scene + ["--uncertainty", "--completions", "2", "-o", "taxi.png"],
        in: folder)
      expectSuccess(run)
      let names = ["", "-deviation", "-mean-data", "-deviation-data", "-completions"]
      #expect(run.outputLines == names.map { "taxi\($0).png" })
      for name in names {
        let picture = try PNGFile.read(folder.path(of: "taxi\(name).png"))
        #expect((picture.width, picture.height) == (name == "-completions" ? 48 : 24, 20))
      }
      let mean = try PNGFile.read(folder.path(of: "taxi.png"))
      let data = try PNGFile.readWithText(folder.path(of: "taxi-mean-data.png"))
      #expect(data.bitDepth == 16)
      let differences = zip(mean.samples, data.image.samples).map { abs($0 - $1) }
      #expect((differences.max() ?? 1) <= 0.51 / 255)
      let deviation = try PNGFile.read(folder.path(of: "taxi-deviation-data.png"))
      #expect((deviation.samples.max() ?? 0) > 0 && (deviation.samples.max() ?? 1) <= 0.6)
    }
  }

  @Test("draws and their pictures have the same bytes for any number of threads")
  func threads() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      for threads in ["1", "3"] {
        let name = "t\(threads).latent.safetensors"
        expectSuccess(
          try await Self.fit(
            in: folder, options: ["--posterior", "--samples", "2", "--threads", threads],
            output: name))
        expectSuccess(
          try await Program.run(
            [
              "render", "cars.safetensors", "--scene", name, "--size", "16", "--uncertainty",
              "-o", "t\(threads).png", "--threads", threads,
            ], in: folder))
      }
      for name in ["t1.latent.safetensors", "t1.png", "t1-deviation-data.png"] {
        let other = name.replacing("t1", with: "t3")
        let isEqual = try folder.bytes(of: name) == folder.bytes(of: other)
        #expect(isEqual, "\(name)")
      }
    }
  }

  @Test("evaluate says how often unseen pixels lie inside the bands")
  func calibration() async throws {
    struct Report: Decodable {
      struct Bands: Decodable {
        let values: Int
        let inside50, inside80, inside90, expectedError: Double
      }
      struct Calibration: Decodable {
        let all, object: Bands
        let meanPsnr: Double
      }
      let calibration: Calibration
    }
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let run = try await Program.run(
        [
          "evaluate", "cars.safetensors", Fixtures.otherCars, "--protocol", "fit", "--posterior",
          "--draws", "2", "--no-refine", "--json", "--quiet",
        ], in: folder)
      expectSuccess(run)
      let found = try run.report(Report.self).calibration
      #expect(found.all.values > found.object.values && found.object.values > 0)
      for bands in [found.all, found.object] {
        let shares = [0, bands.inside50, bands.inside80, bands.inside90, 1]
        #expect(shares == shares.sorted())
        #expect((0...1).contains(bands.expectedError))
      }
    }
  }

  @Test(
    "options that need others are refused",
    arguments: [
      (["fit", "m.safetensors", "a.png", "--samples", "4"], "--samples"),
      (
        ["fit", "m.safetensors", "a.png", "--posterior-method", "laplace"], "--posterior-method"
      ),
      (["fit", "m.safetensors", "a.png", "--posterior", "--samples", "0"], "--samples"),
      (["evaluate", "m.safetensors", "data", "--posterior"], "--posterior"),
      (["evaluate", "m.safetensors", "data", "--protocol", "fit", "--draws", "4"], "--draws"),
      (["render", "m.safetensors", "--completions", "2"], "--completions"),
      (["render", "m.safetensors", "--uncertainty", "--completions", "0"], "--completions"),
      (["render", "m.safetensors", "--uncertainty", "--depth"], "--uncertainty"),
      (["render", "ball.json", "--uncertainty"], "--uncertainty"),
    ])
  func refusedOptions(arguments: [String], option: String) async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(arguments, in: folder)
      #expect(run.exitCode == 64, "\(run.errors)")
      #expect(run.output == "" && run.errors.contains(option))
    }
  }

  @Test("a scene without draws, and more completions than draws, are refused in one line")
  func refusedScenes() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let plain = try await Program.run(
        ["render", "cars.safetensors", "--uncertainty", "-o", "a.png"], in: folder)
      expectFailure(plain, code: 65, line: "--uncertainty: found a scene without draws, expected")
      expectSuccess(try await Self.fit(in: folder, options: ["--posterior", "--samples", "2"]))
      let many = try await Program.run(
        [
          "render", "cars.safetensors", "--scene", "taxi.latent.safetensors", "--uncertainty",
          "--completions", "3", "-o", "a.png",
        ], in: folder)
      expectFailure(many, code: 65, line: "--completions: found 3, expected at most the latent's 2")
    }
  }

  @Test("no posterior is drawn of a picture that shows nothing, or what the model cannot show")
  func emptyPictures() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      for value in [Float(0), 1] {
        let image = Image(width: 16, height: 16, channelCount: 3, repeating: value)
        try PNGFile.write(image, to: folder.path(of: "plain.png"), overwriting: true)
        let run = try await Program.run(
          ["fit", "cars.safetensors", "plain.png", "--azimuth", "0", "--posterior"], in: folder)
        expectFailure(run, code: 65, line: "plain.png: found no pixel that differs")
      }
      var random = SeededGenerator(seed: 81)
      var image = Image(width: 16, height: 16, channelCount: 3)
      for index in image.samples.indices {
        image.samples[index] = random.uniform()
      }
      try PNGFile.write(image, to: folder.path(of: "noise.png"))
      let run = try await Program.run(
        [
          "fit", "cars.safetensors", "noise.png", "--azimuth", "0", "--posterior", "--samples",
          "2", "--steps", "5", "--no-refine",
        ], in: folder)
      expectFailure(run, code: 65, line: "--posterior: found that")
      #expect(!folder.exists("noise.latent.safetensors"))
    }
  }
}
