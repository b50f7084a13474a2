import Datasets
import Files
import Foundation
import NeuralFields
import Testing
import VolumeRendering

@Suite("Scene description")
struct SceneDescriptionTests {
  /// A scene's text with the given JSON in its places; nil leaves a key away.
  static func text(
    version: String? = "1", description: String? = "\"A scene\"",
    bound: String? = "{\"minimum\": [-1, -1, -1], \"maximum\": [1, 1, 1]}",
    density: String? = "50",
    shapes: String? = "[]",
    cameras: String? =
      "[{\"name\": \"a\", \"kind\": \"orbit\", \"azimuth\": 0, \"elevation\": 0, "
      + "\"distance\": 3, \"fov\": 40}]",
    extra: String = ""
  ) -> String {
    let members = [
      ("hypermarch_scene", version), ("description", description), ("bound", bound),
      ("density", density), ("shapes", shapes), ("cameras", cameras),
    ]
    return "{"
      + members.compactMap { key, value in value.map { "\"\(key)\": \($0)" } }
      .joined(separator: ", ") + extra + "}"
  }

  static func read(_ text: String) throws -> SceneDescription {
    try SceneDescription(json: Array(text.utf8), path: "scenes/lamp.json")
  }

  @Test("every scene that ships is read, and says what it shows", arguments: ShippedScenes.names)
  func shippedScenes(name: String) throws {
    let scene = try ShippedScenes.named(name)
    #expect(!scene.description.isEmpty)
    #expect(!scene.shapes.isEmpty)
    #expect(scene.camera(named: scene.defaultCamera.name) == scene.cameras[0])
  }

  @Test("scenes ship at all")
  func shippedNames() {
    #expect(
      ShippedScenes.names == [
        "buggy", "carousel", "hopping-robot", "lamp", "primitives", "snowman", "toy-train",
        "windmill",
      ])
  }

  @Test("a minimal scene has the values of its text")
  func minimal() throws {
    let scene = try Self.read(Self.text())
    #expect(
      scene
        == SceneDescription(
          description: "A scene",
          bound: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]), shapes: [],
          cameras: [
            SceneCamera(
              name: "a", placement: .orbit(azimuth: 0, elevation: 0, distance: 3, target: .zero),
              horizontalFieldOfView: 40 * .pi / 180)
          ]))
    #expect(scene.camera(named: "b") == nil)
  }

  @Test("each kind of shape is read into its geometry, centre and axes")
  func shapes() throws {
    let scene = try Self.read(
      Self.text(
        shapes: """
          [{"kind": "sphere", "name": "ball", "centre": [1, 2, 3], "radius": 0.5,
            "colour": "#ff8000", "density": 7, "softness": 0.1, "glows": true, "vary": ["v"]},
           {"kind": "box", "centre": [0, 0, 1], "size": [1, 2, 4], "rounding": 0.25,
            "rotation": [0, 0, 90], "colour": [0.25, 0.5, 1]},
           {"kind": "torus", "centre": [0, 0, 0], "radius": 0.5, "tube_radius": 0.125,
            "colour": {"checks": ["#000000", [1, 1, 1]], "cell": 0.5}},
           {"kind": "capsule", "from": [0, 0, -1], "to": [0, 0, 2], "radius": 0.5,
            "colour": {"stripes": ["#000000", "#ffffff"], "width": 0.5, "axis": "y"}},
           {"kind": "cone", "from": [0, 0, 0], "to": [2, 0, 0], "from_radius": 0.5, "to_radius": 0,
            "colour": "#000000"},
           {"kind": "disc", "centre": [0, 0, 0], "normal": [0, 2, 0], "radius": 0.5,
            "thickness": 0.25, "colour": "#000000"},
           {"kind": "plane", "point": [0, 0, -1], "thickness": 0.5, "colour": "#000000"},
           {"kind": "plane", "point": [0, 0, -1], "colour": "#000000"}]
          """,
        extra: ", \"softness\": 0.02, \"variations\": [{\"name\": \"v\", \"size\": 0.5}]"))
    let shapes = scene.shapes.map(\.shape)
    #expect(
      shapes.map(\.geometry) == [
        .sphere(radius: 0.5), .box(halfExtent: [0.5, 1, 2], rounding: 0.25),
        .torus(radius: 0.5, tubeRadius: 0.125), .capsule(halfLength: 1.5, radius: 0.5),
        .cone(halfLength: 1, bottomRadius: 0.5, topRadius: 0),
        .disc(radius: 0.5, halfThickness: 0.125, rounding: 0), .slab(halfThickness: 0.25),
        .halfSpace,
      ])
    #expect(
      shapes.map(\.centre) == [
        [1, 2, 3], [0, 0, 1], [0, 0, 0], [0, 0, 0.5], [1, 0, 0], [0, 0, 0], [0, 0, -1], [0, 0, -1],
      ])
    #expect(
      shapes.map(\.axisZ) == [
        [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1],
      ])
    #expect(shapes[1].axisX == [0, 1, 0])
    #expect(shapes.map(\.peakDensity) == [7, 50, 50, 50, 50, 50, 50, 50])
    #expect(shapes.map(\.softness) == [0.1, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02])
    #expect(shapes.map(\.glows) == [true] + Array(repeating: false, count: 7))
    #expect(shapes[0].colouring == .plain([1, 128.0 / 255, 0]))
    #expect(shapes[1].colouring == .plain([0.25, 0.5, 1]))
    #expect(shapes[2].colouring == .checks([0, 0, 0], [1, 1, 1], cell: 0.5))
    #expect(shapes[3].colouring == .stripes([0, 0, 0], [1, 1, 1], width: 0.5, axis: 1))
    #expect(scene.shapes.map(\.name) == ["ball"] + Array(repeating: nil, count: 7))
    #expect(scene.shapes.map(\.variationIndices) == [[0]] + Array(repeating: [], count: 7))
  }

  @Test("both kinds of camera are read, and make pictures of any size")
  func cameras() throws {
    let scene = try Self.read(
      Self.text(
        cameras: """
          [{"name": "a", "kind": "look-at", "from": [0, -2, 0], "at": [0, 0, 0], "fov": 90},
           {"name": "b", "kind": "orbit", "azimuth": 90, "elevation": 30, "distance": 2,
            "target": [0, 0, 1], "fov": 60}]
          """, extra: ", \"light\": {\"towards\": [0, 0, 5], \"ambient\": 0.5}"))
    #expect(scene.light == SceneLight(direction: [0, 0, 1], ambient: 0.5))
    let straight = try #require(scene.camera(named: "a")).camera(width: 64, height: 32)
    #expect(straight.position == [0, -2, 0])
    #expect(straight.right == [1, 0, 0] && straight.backward == [0, -1, 0])
    #expect(abs(straight.focalX - 32) < 1e-4)
    #expect(straight.width == 64 && straight.height == 32)
    let orbit = try #require(scene.camera(named: "b")).camera(width: 10, height: 10)
    let expected: SIMD3<Float> = [0, Float(3).squareRoot(), 2]
    #expect((orbit.position - expected).length < 1e-6)
  }

  @Test(
    "an error is one line: where, found, expected",
    arguments: [
      (
        SceneDescriptionError.unexpectedValue(
          path: "scenes/lamp.json", keyPath: "cameras[2].fov", found: "400",
          expected: "degrees in 1…179"),
        "scenes/lamp.json: cameras[2].fov: found 400, expected degrees in 1…179"
      ),
      (
        .unexpectedValue(path: "a.json", keyPath: "", found: "null", expected: "an object"),
        "a.json: found null, expected an object"
      ),
      (
        .unknownKey(
          path: "a.json", keyPath: "shapes[0].raduis", nearest: "radius", known: ["kind"]),
        "a.json: shapes[0].raduis: found an unknown key, expected perhaps \"radius\""
      ),
      (
        .unknownKey(path: "a.json", keyPath: "x", nearest: nil, known: ["kind", "name"]),
        "a.json: x: found an unknown key, expected one of kind, name"
      ),
      (
        .missingKey(path: "a.json", keyPath: "bound"),
        "a.json: bound: found nothing, expected a value"
      ),
      (
        .unsupportedVersion(path: "a.json", found: "3", supported: 1...2),
        "a.json: hypermarch_scene: found version 3, expected 1 or 2"
      ),
      (
        .malformedJSON(
          path: "a\n.json",
          error: .init(line: 3, column: 7, found: "\"}\"", expected: "a value")),
        "a\\u{a}.json:3:7: found \"}\", expected a value"
      ),
      (
        .file(.missing(path: "a.json")),
        FileError.missing(path: "a.json").description
      ),
    ] as [(SceneDescriptionError, String)])
  func descriptions(error: SceneDescriptionError, line: String) {
    #expect(error.description == line)
  }

  @Test("a missing file is a file error, and so is one over the size limit")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("scene.json").path
    #expect(throws: SceneDescriptionError.file(.missing(path: path))) {
      try SceneDescription(contentsOf: path)
    }
    let count = SceneDescription.byteLimit + 1
    try FileWriter.write(
      Array(repeating: UInt8(ascii: " "), count: count), to: path, overwriting: false)
    #expect(
      throws: SceneDescriptionError.file(
        .tooLarge(path: path, byteCount: count, limit: SceneDescription.byteLimit))
    ) {
      try SceneDescription(contentsOf: path)
    }
  }

  @Test("a scene cut short anywhere is refused as text that is not JSON")
  func truncation() throws {
    let bytes = try FileReader.bytes(
      at: ShippedScenes.path(of: "snowman"), limit: SceneDescription.byteLimit)
    let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
    for count in stride(from: 0, through: end, by: 17) {
      #expect {
        try SceneDescription(json: Array(bytes[..<count]), path: "a.json")
      } throws: { error in
        guard case .malformedJSON(let path, _)? = error as? SceneDescriptionError else {
          return false
        }
        return path == "a.json"
      }
    }
  }

  @Test("any changed byte ends in a scene or an error of this format")
  func changedBytes() throws {
    let text = Self.text(
      shapes: "[{\"kind\": \"cone\", \"from\": [0, 0, 0], \"to\": [0, 0, 1], "
        + "\"from_radius\": 1, \"to_radius\": 0, \"colour\": \"#aabbcc\"}]")
    let bytes = Array(text.utf8)
    var refusedCount = 0
    for index in bytes.indices {
      for change in [0x01, 0x02, 0x10, 0x80] as [UInt8] {
        var changed = bytes
        changed[index] ^= change
        do throws(SceneDescriptionError) {
          _ = try SceneDescription(json: changed, path: "a.json")
        } catch {
          refusedCount += 1
        }
      }
    }
    #expect(refusedCount > bytes.count)
  }
}
