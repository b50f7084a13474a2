import Foundation
import Testing

/// Kinds of files beside models, fitted pictures and scenes that may be made to break a command.
extension HostileFilesTests {
  /// Files that a model could have been, for the other commands that read one.
  static let moreCases: [HostileFile] = {
    let latent = "bad.latent.safetensors"
    let state = "old.run/state-000009.safetensors"
    var cases: [HostileFile] = []
    for (name, bytes) in badModels {
      for (command, file) in [
        (["info", latent], latent),
        (["render", "model.safetensors", "--scene", latent, "-o", "out.png"], latent),
        (["latents", "mix", "model.safetensors", latent], latent),
        (["latents", "list", "bad"], "bad"), (["latents", "directions", "bad"], "bad"),
        (["add-scenes", "bad", Fixtures.otherCars, "-o", "new.safetensors"], "bad"),
        (["merge-models", "model.safetensors", "bad", "-o", "new.safetensors"], "bad"),
        (["train", "--resume", "old.run"], state),
      ] {
        cases.append(
          HostileFile("\(command[0]) of \(file): \(name)", command, at: file, bytes))
      }
    }
    for (name, bytes) in badPictures {
      let command = ["render", "--from", "bad.png", "-o", "out.png"]
      cases.append(HostileFile("render --from: \(name)", command, at: "bad.png", bytes))
    }
    for (name, text) in badTexts {
      for (command, file) in [
        (
          ["interpolate", "model.safetensors", "--camera-path", "bad.json", "-o", "f_##.png"],
          "bad.json"
        ),
        (["train", "--resume", "old.run"], "old.run/config.json"),
        (["inspect", "srn"], "srn/intrinsics.txt"), (["inspect", "srn"], "srn/pose/000000.txt"),
      ] {
        cases.append(
          HostileFile("\(command[0]) of \(file): \(name)", command, at: file) { _ in
            Array(text.utf8)
          })
      }
    }
    return cases
  }()

  /// What stands around the hostile file: a run without a saved state, and a folder in SRN's layout.
  private static let surroundings = Task {
    try await withTemporaryFolder { folder in
      let arguments =
        ["train", Fixtures.cars, "-o", "old.safetensors", "--steps", "1"] + Fixtures.smallTraining
      expectSuccess(try await Program.run(arguments, in: folder))
      return [
        "old.run/config.json": try folder.bytes(of: "old.run/config.json"),
        "srn/intrinsics.txt": Array("40 8 8 0\n0 0 0\n1\n16 16\n".utf8),
        "srn/pose/000000.txt": Array("1 0 0 0 0 1 0 0 0 0 1 3 0 0 0 1\n".utf8),
        "srn/rgb/000000.png": try Array(
          Data(contentsOf: URL(fileURLWithPath: Fixtures.taxi + "/train/r_0.png"))),
      ]
    }
  }

  static func surround(_ folder: TemporaryFolder) async throws {
    for name in ["old.run", "srn", "srn/pose", "srn/rgb"] { try folder.makeFolder(name) }
    for (name, bytes) in try await surroundings.value { try folder.put(bytes, at: name) }
  }
}
