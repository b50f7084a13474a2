import Foundation
import Imaging
import Testing

/// A copy of a good scene, as `taxi`, with one fault.
struct BadScene: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// How the line of error begins.
  let line: String
  var code: Int32 = 65
  /// Makes the fault, in the folder that `taxi` is in.
  let damage: @Sendable (TemporaryFolder) throws -> Void

  init(
    _ description: String, line: String, code: Int32 = 65,
    damage: @escaping @Sendable (TemporaryFolder) throws -> Void
  ) {
    testDescription = description
    self.line = line
    self.code = code
    self.damage = damage
  }

  /// A scene whose list of views is replaced.
  init(_ description: String, line: String, code: Int32 = 65, transforms: String) {
    self.init(description, line: line, code: code) { folder in
      try folder.put(transforms, at: "taxi/transforms_train.json")
    }
  }

  /// A list of one view.
  static func transforms(
    angle: String = "0.7", file: String = "./train/r_0",
    matrix: String = "[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 3], [0, 0, 0, 1]]",
    more: String = ""
  ) -> String {
    """
    {"camera_angle_x": \(angle)\(more), "frames": [
    {"file_path": "\(file)", "transform_matrix": \(matrix)}]}
    """
  }
}

@Suite("Bad scenes") struct BadSceneTests {
  @Test("a scene with a bad picture is refused", arguments: badPictures)
  func picture(scene: BadScene) async throws { try await expectRefusal(of: scene) }

  @Test("a scene with a bad transforms.json is refused", arguments: badTransforms)
  func transforms(scene: BadScene) async throws { try await expectRefusal(of: scene) }

  /// Every command that reads the scene says what is wrong in one line, and writes nothing.
  private func expectRefusal(of scene: BadScene) async throws {
    try await withTemporaryFolder { folder in
      try folder.copy(Fixtures.taxi, to: "taxi")
      try scene.damage(folder)
      let before = try folder.contents()
      for arguments in [
        ["inspect", "taxi", "--json"],
        ["train", "taxi", "-o", "m.safetensors", "--steps", "1"] + Fixtures.smallTraining,
      ] {
        let run = try await Program.run(arguments, in: folder)
        expectFailure(run, code: scene.code, line: scene.line)
        #expect(run.errors.contains("expected "), "\(run.errors)")
      }
      #expect(try folder.contents() == before)
    }
  }

  private static let badPictures: [BadScene] = [
    BadScene("missing", line: "taxi/train/r_3.png: found nothing there, expected", code: 66) {
      try $0.remove("taxi/train/r_3.png")
    },
    BadScene("empty", line: "taxi/train/r_3.png: found an empty file, expected") {
      try $0.put("", at: "taxi/train/r_3.png")
    },
    BadScene("a folder", line: "taxi/train/r_3.png: found a folder or a device", code: 66) {
      try $0.remove("taxi/train/r_3.png")
      try $0.makeFolder("taxi/train/r_3.png")
    },
    BadScene("no PNG", line: "taxi/train/r_3.png: found no PNG signature at its start") {
      try $0.put(
        [0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, 0x4A, 0x46, 0x49, 0x46], at: "taxi/train/r_3.png")
    },
    BadScene("cut short", line: "taxi/train/r_3.png: found a broken PNG picture, expected") {
      let bytes = try $0.bytes(of: "taxi/train/r_3.png")
      try $0.put(Array(bytes.prefix(bytes.count / 2)), at: "taxi/train/r_3.png")
    },
    BadScene("damaged", line: "taxi/train/r_3.png: found a broken PNG picture, expected") {
      var bytes = try $0.bytes(of: "taxi/train/r_3.png")
      bytes[bytes.count / 2] ^= 1
      try $0.put(bytes, at: "taxi/train/r_3.png")
    },
    BadScene("of another size", line: "taxi/train/r_3.png: found 16×16 pixels, expected 32×32") {
      try PNGFile.write(
        Image(width: 16, height: 16, channelCount: 4), to: $0.path(of: "taxi/train/r_3.png"),
        overwriting: true)
    },
  ]

  private static let file = "taxi/transforms_train.json: "
  private static let matrix = file + "frames[0].transform_matrix: found "

  private static let badTransforms: [BadScene] = [
    BadScene("empty", line: "taxi/transforms_train.json:1:1: found ", transforms: ""),
    BadScene(
      "cut short", line: "taxi/transforms_train.json:2:",
      transforms: String(BadScene.transforms().dropLast(30))),
    BadScene("a list", line: file + "top level: found ", transforms: "[]"),
    BadScene(
      "without frames", line: file + "frames: found nothing, expected a list",
      transforms: "{\"camera_angle_x\": 0.7}"),
    BadScene(
      "with an empty list of frames", line: "taxi: found no train views, expected at least one",
      transforms: "{\"camera_angle_x\": 0.7, \"frames\": []}"),
    BadScene(
      "without a focal length", line: file + "top level: found neither camera_angle_x nor fl_x",
      transforms: BadScene.transforms(angle: "null")),
    BadScene(
      "with an angle beyond a half turn", line: file + "camera_angle_x: found 3.5, expected",
      transforms: BadScene.transforms(angle: "3.5")),
    BadScene(
      "without a matrix", line: matrix + "nothing, expected 4 rows",
      transforms: BadScene.transforms(matrix: "null")),
    BadScene(
      "with too few rows", line: matrix,
      transforms: BadScene.transforms(matrix: "[[1, 0, 0, 0], [0, 1, 0, 0]]")),
    BadScene(
      "with a singular matrix", line: matrix,
      transforms: BadScene.transforms(
        matrix: "[[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 3], [0, 0, 0, 1]]")),
    BadScene(
      "with a matrix of zeros", line: matrix,
      transforms: BadScene.transforms(
        matrix: "[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]")),
    BadScene(
      "with an infinite number", line: matrix,
      transforms: BadScene.transforms(
        matrix: "[[1, 0, 0, 1e999], [0, 1, 0, 0], [0, 0, 1, 3], [0, 0, 0, 1]]")),
    BadScene(
      "with a word that is no number", line: "taxi/transforms_train.json:2:",
      transforms: BadScene.transforms(
        matrix: "[[NaN, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 3], [0, 0, 0, 1]]")),
    BadScene(
      "with a picture in the folder above", line: file + "frames[0].file_path: found ../r_0.png",
      transforms: BadScene.transforms(file: "../r_0.png")),
    BadScene(
      "with a picture by its full path", line: file + "frames[0].file_path: found /r_0.png",
      transforms: BadScene.transforms(file: "/r_0.png")),
    BadScene(
      "with a link out of the folder", line: file + "frames[0].file_path: found out/r_0.png"
    ) {
      try FileManager.default.createSymbolicLink(
        atPath: $0.path(of: "taxi/out"), withDestinationPath: "..")
      try $0.copy(Fixtures.taxi + "/train/r_0.png", to: "r_0.png")
      try $0.put(BadScene.transforms(file: "out/r_0.png"), at: "taxi/transforms_train.json")
    },
    BadScene(
      "with a lens that bends rays", line: file + "k1: found 0.1, expected a pinhole camera",
      transforms: BadScene.transforms(more: ", \"k1\": 0.1")),
    BadScene(
      "with a size that its pictures do not have",
      line: "taxi/train/r_0.png: found 32×32 pixels, expected 64×64",
      transforms: BadScene.transforms(more: ", \"w\": 64, \"h\": 64")),
  ]

  @Test(
    "a folder that is no data set is refused",
    arguments: [
      ("nothing", 66, "nothing: found nothing there, expected a folder"),
      ("file", 66, "file: found a file, expected the folder of a scene or of scenes"),
      ("empty", 65, "empty: found an empty folder, expected transforms_train.json"),
    ] as [(String, Int32, String)])
  func folder(name: String, code: Int32, line: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put("text", at: "file")
      try folder.makeFolder("empty")
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let before = try folder.contents()
      for arguments in [
        ["inspect", name], ["train", name, "-o", "m.safetensors"],
        ["evaluate", "cars.safetensors", name],
      ] {
        let run = try await Program.run(arguments, in: folder)
        expectFailure(run, code: code, line: line)
      }
      #expect(try folder.contents() == before)
    }
  }
}
