import Checkpoints
import Imaging
import NeuralFields
import Testing

@Suite("latents with bad input") struct BadLatentsTests {
  @Test(
    "what the model has not got is refused in one line, and nothing is written",
    arguments: [
      (
        ["list", "m.safetensors", "--neighbours", "3"], 64,
        "--neighbours: found 3, expected 0…2: the model lists 3 scenes"
      ),
      (
        ["directions", "m.safetensors", "--count", "99"], 64,
        "--count: found 99, expected 1…"
      ),
      (
        ["mix", "m.safetensors", "kenney_tax - mean", "-o", "a.latent.safetensors"], 66,
        "the sum: found no scene named kenney_tax, expected one of the model's "
      ),
      (
        ["mix", "m.safetensors", "mean *", "-o", "a.latent.safetensors"], 64,
        "the sum: mean *: found its end, expected a number after *"
      ),
      (
        ["mix", "m.safetensors", "b.latent.safetensors - mean", "-o", "a.latent.safetensors"], 66,
        "b.latent.safetensors: found nothing there, expected a file"
      ),
      (
        ["nearest", "m.safetensors", "p.png", "--count", "4"], 64,
        "--count: found 4, expected 1…3, the scenes to rank"
      ),
      (
        ["nearest", "m.safetensors", "p.png"], 65,
        "p.png: found no pixel that differs from the background, expected an object"
      ),
      (
        ["quantize", "m.safetensors", "--dataset", Fixtures.otherCars, "--split", "test"], 65,
        "\(Fixtures.otherCars): found no test views of the model's scenes, expected some"
      ),
      (["list", "none.safetensors"], 66, "none.safetensors: found nothing there, expected a file"),
    ] as [([String], Int32, String)])
  func refused(arguments: [String], code: Int32, line: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try PNGFile.write(
        Image(width: 8, height: 8, channelCount: 3, repeating: 1), to: folder.path(of: "p.png"))
      expectFailure(
        try await Program.run(["latents"] + arguments, in: folder), code: code, line: line)
      #expect(try folder.names() == ["m.safetensors", "p.png"])
    }
  }

  @Test(
    "options that make no sense are refused",
    arguments: [
      (["sample"], "found nothing to write, expected --output or --contact-sheet"),
      (
        ["sample", "-o", "####.png"],
        "--output: found ####.png, expected a name that ends in .latent.safetensors"
      ),
      (
        ["sample", "-o", "a.latent.safetensors"],
        "--output: found no place for the frame's number in a.latent.safetensors, expected one of "
          + "#### or %04d in the file's own name"
      ),
      (["sample", "--truncation", "9"], "--truncation: found 9.0, expected 0…4"),
      (["directions", "--count", "0"], "--count: found 0, expected 1 or more"),
      (
        ["directions", "--size", "8"],
        "found a size or a camera, expected --contact-sheet beside it"
      ),
      (
        ["directions", "--contact-sheet", "a.png", "--size", "161"],
        "--size: found 161x161, expected 1…160 pixels each way"
      ),
      (
        ["mix", "m.safetensors", "mean", "-o", "a.png"],
        "--output: found a.png, expected a name that ends in .latent.safetensors"
      ),
      (["quantize", "--bits", "0"], "--bits: found 0, expected 1…16"),
      (
        ["nearest", "m.safetensors", "p.png", "--count", "0"],
        "--count: found 0, expected 1 or more"
      ),
    ])
  func options(arguments: [String], message: String) async throws {
    let run = try await withTemporaryFolder {
      try await Program.run(["latents"] + arguments, in: $0)
    }
    expectUsageError(run, message: message)
  }

  @Test("a latent of another model has no place in a sum") func otherModel() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      let latent = LatentFile(
        program: "test", name: "other", modelFingerprint: "0123456789abcdef",
        latent: SceneLatent(code: model.latents[0]))
      try latent.write(to: folder.path(of: "b.latent.safetensors"), overwriting: false)
      expectFailure(
        try await Program.run(
          [
            "latents", "mix", "m.safetensors", "mean + b.latent.safetensors", "-o",
            "a.latent.safetensors",
          ], in: folder), code: 65,
        line: "b.latent.safetensors: found a latent of model 0123456789abcdef")
      #expect(!folder.exists("a.latent.safetensors"))
    }
  }

  @Test("a model of one scene has no directions, and everything else works") func single()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      var model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      model.configuration.scenes = ["only"]
      try Checkpoint(
        configuration: model.configuration, hypernetwork: model.hypernetwork,
        latents: LatentTable(
          names: ["only"], width: model.latents.width, values: model.latents[0].values)
      ).write(to: folder.path(of: "one.safetensors"), overwriting: false)
      expectFailure(
        try await Program.run(["latents", "directions", "one.safetensors"], in: folder), code: 65,
        line: "one.safetensors: found 1 code without any difference, expected at least two")
      for command in [
        ["list", "one.safetensors"], ["quantize", "one.safetensors"],
        ["sample", "one.safetensors", "--count", "1", "-o", "#.latent.safetensors"],
      ] {
        expectSuccess(try await Program.run(["latents"] + command, in: folder))
      }
    }
  }
}
