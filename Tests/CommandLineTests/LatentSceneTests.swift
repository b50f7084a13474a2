import Checkpoints
import Imaging
import NeuralFields
import Testing

@Suite("Latent files as scenes") struct LatentSceneTests {
  /// Runs a test in a folder with a model and a latent file that holds the code of one of its scenes.
  private func withLatent(
    fingerprint: String? = nil, _ body: (TemporaryFolder) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      try write("kenney_taxi", in: folder, fingerprint: fingerprint)
      try await body(folder)
    }
  }

  private func write(
    _ scene: String, in folder: TemporaryFolder, fingerprint: String? = nil
  ) throws {
    let model = try Checkpoint.read(folder.path(of: "cars.safetensors"))
    let latent = LatentFile(
      program: "hypermarch 0.1.0", name: "taxi",
      modelFingerprint: fingerprint ?? model.fingerprint,
      latent: SceneLatent(code: try #require(model.latents[scene])))
    try latent.write(to: folder.path(of: "my taxi.latent.safetensors"), overwriting: true)
  }

  private static let render = ["render", "cars.safetensors", "--size", "16", "--overwrite"]

  @Test("a latent file renders as the scene whose code it holds, alone and in a mix")
  func scene() async throws {
    try await withLatent { folder in
      for (file, name) in [
        ("my taxi.latent.safetensors", "kenney_taxi"),
        ("my taxi.latent.safetensors*0.5+kenney_race*0.5", "kenney_taxi*0.5+kenney_race*0.5"),
      ] {
        for (scene, output) in [(file, "f.png"), (name, "n.png")] {
          expectSuccess(
            try await Program.run(Self.render + ["--scene", scene, "-o", output], in: folder))
        }
        #expect(
          try PNGFile.read(folder.path(of: "f.png")) == PNGFile.read(folder.path(of: "n.png")))
      }
    }
  }

  @Test("a latent file that has changed since is not what a picture was made from")
  func changed() async throws {
    try await withLatent { folder in
      expectSuccess(
        try await Program.run(
          Self.render + ["--scene", "my taxi.latent.safetensors", "-o", "p.png"], in: folder))
      let again = ["render", "--from", "p.png", "-o", "q.png"]
      expectSuccess(try await Program.run(again, in: folder))
      try write("kenney_race", in: folder)
      expectFailure(
        try await Program.run(again + ["--overwrite"], in: folder), code: 65,
        line: "my taxi.latent.safetensors: found a latent with CRC-32 ")
    }
  }

  @Test("a latent of another model is refused, by a picture and by a sequence")
  func otherModel() async throws {
    try await withLatent(fingerprint: "0123456789abcdef") { folder in
      for command in [
        Self.render + ["--scene", "my taxi.latent.safetensors"],
        ["interpolate", "cars.safetensors", "--scenes", "mean,my taxi.latent.safetensors"],
      ] {
        expectFailure(
          try await Program.run(command, in: folder), code: 65,
          line: "my taxi.latent.safetensors: found a latent of model 0123456789abcdef")
        #expect(try folder.names() == ["cars.safetensors", "my taxi.latent.safetensors"])
      }
    }
  }
}
