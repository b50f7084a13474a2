import Checkpoints
import Foundation
import Imaging
import NeuralFields
import Testing

@Suite("latents") struct LatentsCommandTests {
  struct Place: Decodable {
    let norm: Float
    let priorDistance: Float
    let nearest: [Neighbour]

    struct Neighbour: Decodable {
      let scene: String
      let distance: Float
    }
  }

  /// Runs a test in a folder with the shared model.
  private func withModel(_ body: (TemporaryFolder) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try await body(folder)
    }
  }

  private func latents(
    _ arguments: [String], in folder: TemporaryFolder
  ) async throws -> Program.Run {
    try await Program.run(["latents"] + arguments, in: folder)
  }

  private struct List: Decodable {
    let schema: Int
    let latentWidth: Int
    let sceneCount: Int
    let hiddenVariantCount: Int
    let scenes: [Scene]

    struct Scene: Decodable {
      let name: String
      let place: Place
    }
  }

  @Test("the list has every scene with its norm, distance and neighbours") func list() async throws
  {
    try await withModel { folder in
      let run = try await latents(["m.safetensors", "--json"], in: folder)
      expectSuccess(run)
      let list = try run.report(List.self)
      let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      #expect(list.schema == 1 && list.latentWidth == 8 && list.sceneCount == 3)
      #expect(list.hiddenVariantCount == model.latents.names.count - 3)
      #expect(list.scenes.map(\.name) == Fixtures.carNames)
      for scene in list.scenes {
        let code = try #require(model.latents[scene.name])
        let norm = code.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(scene.place.norm - norm) < 1e-5)
        #expect(scene.place.nearest.count == 2)
        #expect(!scene.place.nearest.map(\.scene).contains(scene.name))
      }
      let text = try await latents(["list", "m.safetensors", "--neighbours", "1"], in: folder)
      expectSuccess(text)
      #expect(text.outputLines.count == 3 + Fixtures.carNames.count)
      #expect(text.errors == "")
    }
  }

  @Test("variants of scenes are counted, and listed only when asked for")
  func variants() async throws {
    try await withModel { folder in
      var model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      let names = ["kenney_race", "kenney_race~1", "kenney_taxi"]
      model.configuration.scenes = names
      let changed = Checkpoint(
        configuration: model.configuration, hypernetwork: model.hypernetwork,
        latents: LatentTable(
          names: names, width: model.latents.width,
          values: Array(model.latents.values.prefix(names.count * model.latents.width))))
      try changed.write(to: folder.path(of: "v.safetensors"), overwriting: false)
      let list = try await latents(["v.safetensors", "--json"], in: folder).report(List.self)
      #expect(list.scenes.map(\.name) == ["kenney_race", "kenney_taxi"])
      #expect(list.hiddenVariantCount == 1)
      let all = try await latents(["v.safetensors", "--all", "--json"], in: folder)
      #expect(try all.report(List.self).scenes.map(\.name) == names)
    }
  }

  private struct Directions: Decodable {
    let schema: Int
    let directionCount: Int
    let directions: [Direction]

    struct Direction: Decodable {
      let standardDeviation: Float
      let explained: Double
      let cumulative: Double
      let direction: [Float]
    }
  }

  @Test("directions explain all of the variance, and their sheet has a row for each")
  func directions() async throws {
    try await withModel { folder in
      let run = try await latents(
        [
          "directions", "m.safetensors", "--contact-sheet", "d.png", "--size", "12x10", "--json",
        ], in: folder)
      expectSuccess(run)
      let found = try run.report(Directions.self)
      let codeCount = try Checkpoint.read(folder.path(of: "m.safetensors")).latents.names.count
      let count = min(8, codeCount - 1)
      #expect(found.schema == 1 && found.directionCount == count)
      #expect(found.directions.count == count)
      #expect(abs((found.directions.last?.cumulative ?? 0) - 1) < 1e-6)
      #expect(found.directions[0].explained >= found.directions[1].explained)
      let sheet = try PNGFile.read(folder.path(of: "d.png"))
      #expect(sheet.width == 5 * 16 + 4 && sheet.height == count * 14 + 4)
      let again = try await latents(
        ["directions", "m.safetensors", "--contact-sheet", "d.png"], in: folder)
      expectFailure(again, code: 73, line: "d.png: found an existing file")
      let one = try await latents(
        [
          "directions", "m.safetensors", "--contact-sheet", "e.png", "--size", "12x10",
          "--threads", "3",
        ], in: folder)
      expectSuccess(one)
      #expect(try folder.bytes(of: "e.png") == folder.bytes(of: "d.png"))
    }
  }

  @Test("samples are latent files of the model, the same for the same seed and any number of them")
  func samples() async throws {
    try await withModel { folder in
      let run = try await latents(
        [
          "sample", "m.safetensors", "--count", "3", "-o", "new/#.latent.safetensors",
          "--contact-sheet", "s.png", "--size", "8",
        ], in: folder)
      expectSuccess(run)
      #expect(
        run.outputLines == (1...3).map { "new/\($0).latent.safetensors" } + ["s.png"])
      let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      let codes = try (1...3).map { number in
        let file = try LatentFile.read(folder.path(of: "new/\(number).latent.safetensors"))
        try file.check(against: model, path: "sample")
        return file.latent.code
      }
      #expect(Set(codes).count == 3)
      expectSuccess(
        try await latents(
          ["sample", "m.safetensors", "--count", "2", "-o", "two#.latent.safetensors"], in: folder))
      #expect(
        try folder.bytes(of: "two2.latent.safetensors")
          == folder.bytes(of: "new/2.latent.safetensors"))
      expectSuccess(
        try await latents(
          [
            "sample", "m.safetensors", "--count", "1", "--truncation", "0", "-o",
            "mean#.latent.safetensors",
          ], in: folder))
      expectSuccess(
        try await latents(
          ["mix", "m.safetensors", "mean", "-o", "mean.latent.safetensors"], in: folder))
      let drawn = try LatentFile.read(folder.path(of: "mean1.latent.safetensors")).latent.code
      let mean = try LatentFile.read(folder.path(of: "mean.latent.safetensors")).latent.code
      for (first, second) in zip(drawn.values, mean.values) { #expect(abs(first - second) < 1e-6) }
    }
  }

  private struct Mix: Decodable {
    let schema: Int
    let scene: String
    let file: String?
    let place: Place
    let isInsideShell: Bool
  }

  @Test("a sum of scenes is the sum of their codes, and renders as the sum does")
  func mix() async throws {
    try await withModel { folder in
      let sum = "kenney_taxi - kenney_race + quat_basic_BasicCar"
      let run = try await latents(
        ["mix", "m.safetensors", sum, "-o", "d.latent.safetensors", "--json"], in: folder)
      expectSuccess(run)
      let report = try run.report(Mix.self)
      #expect(report.schema == 1 && report.file == "d.latent.safetensors" && report.scene == sum)
      let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      let file = try LatentFile.read(folder.path(of: "d.latent.safetensors"))
      let parts = try ["kenney_taxi", "kenney_race", "quat_basic_BasicCar"].map {
        try #require(model.latents[$0]).values
      }
      for (index, value) in file.latent.code.values.enumerated() {
        #expect(abs(value - (parts[0][index] - parts[1][index] + parts[2][index])) < 1e-5)
      }
      for (scene, output) in [("d.latent.safetensors", "f.png"), (sum, "n.png")] {
        expectSuccess(
          try await Program.run(
            ["render", "m.safetensors", "--size", "8", "--scene", scene, "-o", output],
            in: folder))
      }
      #expect(try PNGFile.read(folder.path(of: "f.png")) == PNGFile.read(folder.path(of: "n.png")))
      let far = try await latents(["mix", "m.safetensors", "kenney_taxi*90"], in: folder)
      expectSuccess(far)
      #expect(far.errors.hasPrefix("warning: found the sum"))
    }
  }

  private struct Nearest: Decodable {
    let schema: Int
    let rankedCount: Int
    let nearest: [Scene]

    struct Scene: Decodable {
      let scene: String
      let psnr: Double
    }
  }

  @Test("the scene that a picture was rendered from is the nearest", arguments: Fixtures.carNames)
  func nearest(scene: String) async throws {
    try await withModel { folder in
      let camera = ["--azimuth", "40", "--elevation", "30"]
      expectSuccess(
        try await Program.run(
          [
            "render", "m.safetensors", "--scene", scene, "--size", "32", "--background", "black",
            "-o", "p.png",
          ] + camera, in: folder))
      let run = try await latents(
        ["nearest", "m.safetensors", "p.png", "--background", "black", "--json"] + camera,
        in: folder)
      expectSuccess(run)
      let report = try run.report(Nearest.self)
      #expect(report.schema == 1 && report.rankedCount == 3 && report.nearest.count == 3)
      #expect(report.nearest[0].scene == scene)
      #expect(report.nearest[0].psnr > report.nearest[1].psnr)
    }
  }

  private struct Quantized: Decodable {
    let schema: Int
    let bytesPerScene: Int
    let psnr: Double?
    let roundings: [Rounding]

    struct Rounding: Decodable {
      let bits: Int
      let bytesPerScene: Int
      let largestError: Float
      let ownPsnr: Double
      let psnr: Double?
      let cost: Double?
    }
  }

  @Test("fewer bits take fewer bytes and move codes and pictures more") func quantize() async throws
  {
    try await withModel { folder in
      let run = try await latents(
        ["quantize", "m.safetensors", "--bits", "12,6,2", "--dataset", Fixtures.cars, "--json"],
        in: folder)
      expectSuccess(run)
      let report = try run.report(Quantized.self)
      #expect(report.schema == 1 && report.bytesPerScene == 32)
      #expect(report.roundings.map(\.bits) == [12, 6, 2])
      #expect(report.roundings.map(\.bytesPerScene) == [12, 6, 2])
      for (finer, coarser) in zip(report.roundings, report.roundings.dropFirst()) {
        #expect(finer.largestError < coarser.largestError && finer.ownPsnr >= coarser.ownPsnr)
      }
      let psnr = try #require(report.psnr)
      for rounding in report.roundings {
        let (own, cost) = (try #require(rounding.psnr), try #require(rounding.cost))
        #expect(abs(psnr - own - cost) < 1e-9)
      }
      let alone = try await latents(
        ["quantize", "m.safetensors", "--bits", "8", "--scenes", "1", "--json"], in: folder)
      #expect(try alone.report(Quantized.self).psnr == nil)
    }
  }
}
