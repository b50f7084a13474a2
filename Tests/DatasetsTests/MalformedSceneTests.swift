import Datasets
import Testing

@Suite("Malformed scene")
struct MalformedSceneTests {
  struct Malformed: Sendable, CustomTestStringConvertible {
    let text: String
    let error: SceneDescriptionError
    var testDescription: String { error.description }

    init(_ text: String, _ keyPath: String, found: String, expected: String) {
      self.text = text
      error = .unexpectedValue(
        path: "scenes/lamp.json", keyPath: keyPath, found: found, expected: expected)
    }

    init(_ text: String, missing keyPath: String) {
      self.text = text
      error = .missingKey(path: "scenes/lamp.json", keyPath: keyPath)
    }

    init(_ text: String, unknown keyPath: String, nearest: String?, known: [String]) {
      self.text = text
      error = .unknownKey(
        path: "scenes/lamp.json", keyPath: keyPath, nearest: nearest, known: known)
    }

    init(_ text: String, version: String) {
      self.text = text
      error = .unsupportedVersion(path: "scenes/lamp.json", found: version, supported: 1...2)
    }
  }

  static func sphere(_ members: String) -> String {
    SceneDescriptionTests.text(shapes: "[{\"kind\": \"sphere\", \(members)}]")
  }

  static func ball(colour: String) -> String {
    sphere("\"centre\": [0, 0, 0], \"radius\": 1, \"colour\": \(colour)")
  }

  static func orbit(_ members: String) -> String {
    SceneDescriptionTests.text(
      cameras: "[{\"name\": \"a\", \"kind\": \"orbit\", \"azimuth\": 0, \"elevation\": 0, "
        + "\"distance\": 3, \"fov\": 40}, {\"name\": \"b\", \"kind\": \"orbit\", \(members)}]")
  }

  static let malformedScenes = [
    Malformed("[]", "", found: "a list of 0", expected: "an object"),
    Malformed(SceneDescriptionTests.text(version: nil), missing: "hypermarch_scene"),
    Malformed(SceneDescriptionTests.text(version: "3", extra: ", \"planets\": 9"), version: "3"),
    Malformed(SceneDescriptionTests.text(version: "1.5"), version: "1.5"),
    Malformed(SceneDescriptionTests.text(version: "\"1\""), version: "\"1\""),
    Malformed(SceneDescriptionTests.text(description: nil), missing: "description"),
    Malformed(
      SceneDescriptionTests.text(description: "\"two\\nlines\""), "description",
      found: "\"two\\u{a}lines\"",
      expected: "one line of 1…500 bytes"),
    Malformed(
      SceneDescriptionTests.text(extra: ", \"shape\": []"), unknown: "shape", nearest: "shapes",
      known: [
        "hypermarch_scene", "description", "bound", "light", "density", "softness", "shapes",
        "cameras", "variations",
      ]),
    Malformed(
      SceneDescriptionTests.text(bound: "{\"minimum\": [0, 0, 0], \"maximum\": [1, 0, 1]}"),
      "bound",
      found: "an object", expected: "a maximum above the minimum along every axis"),
    Malformed(
      SceneDescriptionTests.text(bound: "{\"minimum\": [0, 0, 0], \"maximum\": [1, 1e4, 1]}"),
      "bound.maximum[1]",
      found: "1e4", expected: "a number in -1000…1000"),
    Malformed(
      SceneDescriptionTests.text(bound: "{\"minimum\": [0, 0], \"maximum\": [1, 1, 1]}"),
      "bound.minimum",
      found: "a list of 2", expected: "3 numbers in -1000…1000"),
    Malformed(
      SceneDescriptionTests.text(density: "0"), "density", found: "0",
      expected: "a density in 0.001…100000"),
    Malformed(
      SceneDescriptionTests.text(density: "1e999"), "density", found: "1e999",
      expected: "a density in 0.001…100000"),
    Malformed(
      SceneDescriptionTests.text(extra: ", \"softness\": -1"), "softness", found: "-1",
      expected: "a width in 0…1000"),
    Malformed(
      SceneDescriptionTests.text(extra: ", \"light\": {\"towards\": [0, 0, 0], \"ambient\": 0}"),
      "light.towards",
      found: "a list of 3", expected: "a direction other than 0"),
    Malformed(
      SceneDescriptionTests.text(extra: ", \"light\": {\"towards\": [0, 0, 1], \"ambient\": 2}"),
      "light.ambient",
      found: "2", expected: "a share in 0…1"),
    Malformed(
      SceneDescriptionTests.text(shapes: "{}"), "shapes", found: "an object",
      expected: "a list of 0…1000"),
    Malformed(SceneDescriptionTests.text(shapes: "[{}]"), missing: "shapes[0].kind"),
    Malformed(
      SceneDescriptionTests.text(shapes: "[{\"kind\": \"ball\"}]"), "shapes[0].kind",
      found: "\"ball\"",
      expected: "one of sphere, box, torus, capsule, cone, disc, plane"),
    Malformed(
      sphere("\"centre\": [0, 0, 0], \"raduis\": 1, \"colour\": \"#000000\""),
      unknown: "shapes[0].raduis", nearest: "radius",
      known: [
        "kind", "name", "colour", "density", "softness", "glows", "vary", "centre", "radius",
      ]),
    Malformed(
      sphere("\"size\": [1, 1, 1]"), unknown: "shapes[0].size", nearest: nil,
      known: [
        "kind", "name", "colour", "density", "softness", "glows", "vary", "centre", "radius",
      ]),
    Malformed(sphere("\"centre\": [0, 0, 0], \"radius\": 1"), missing: "shapes[0].colour"),
    Malformed(
      sphere("\"centre\": [0, 0, 0], \"colour\": \"#000000\""), missing: "shapes[0].radius"),
    Malformed(
      sphere("\"centre\": [0, 0, 0], \"radius\": 0, \"colour\": \"#000000\""),
      "shapes[0].radius", found: "0", expected: "a length in 0.0001…1000"),
    Malformed(
      sphere("\"centre\": [0, \"0\", 0], \"radius\": 1, \"colour\": \"#000000\""),
      "shapes[0].centre[1]", found: "\"0\"", expected: "a number in -1000…1000"),
    Malformed(
      SceneDescriptionTests.text(
        density: nil,
        shapes: "[{\"kind\": \"plane\", \"point\": [0, 0, 0], \"colour\": \"#000000\"}]"),
      missing: "shapes[0].density"),
    Malformed(
      ball(colour: "\"red\""), "shapes[0].colour", found: "\"red\"",
      expected: "\"#rrggbb\" or 3 numbers in 0…1"),
    Malformed(
      ball(colour: "\"#12345g\""), "shapes[0].colour", found: "\"#12345g\"",
      expected: "\"#rrggbb\" or 3 numbers in 0…1"),
    Malformed(
      ball(colour: "[0, 0, 255]"), "shapes[0].colour[2]", found: "255",
      expected: "a number in 0…1"),
    Malformed(
      ball(colour: "{\"checks\": [\"#000000\"], \"cell\": 1}"), "shapes[0].colour.checks",
      found: "a list of 1", expected: "a list of 2"),
    Malformed(
      ball(colour: "{\"dots\": []}"), unknown: "shapes[0].colour.dots", nearest: nil,
      known: ["checks", "stripes", "width", "axis"]),
    Malformed(
      ball(colour: "{\"stripes\": [\"#000000\", \"#ffffff\"], \"width\": 1, \"axis\": \"w\"}"),
      "shapes[0].colour.axis", found: "\"w\"", expected: "one of x, y, z"),
    Malformed(
      sphere("\"centre\": [0, 0, 0], \"radius\": 1, \"colour\": \"#000000\", \"glows\": 1"),
      "shapes[0].glows", found: "1", expected: "true or false"),
    Malformed(
      SceneDescriptionTests.text(
        shapes: "[{\"kind\": \"box\", \"centre\": [0, 0, 0], \"size\": [1, 2, 1], "
          + "\"rounding\": 0.6, \"colour\": \"#000000\"}]"),
      "shapes[0].rounding", found: "0.6", expected: "a length in 0…0.5"),
    Malformed(
      SceneDescriptionTests.text(
        shapes: "[{\"kind\": \"capsule\", \"from\": [0, 0, 1], \"to\": [0, 0, 1], "
          + "\"radius\": 1, \"colour\": \"#000000\"}]"),
      "shapes[0].to", found: "a list of 3", expected: "another point than \"from\""),
    Malformed(
      SceneDescriptionTests.text(
        shapes: "[{\"kind\": \"plane\", \"point\": [0, 0, 0], \"colour\": \"#000000\", "
          + "\"vary\": [\"haed\"]}]", extra: ", \"variations\": [{\"name\": \"head\"}]"),
      "shapes[0].vary[0]", found: "\"haed\"",
      expected: "the name of a variation, once, perhaps \"head\""),
    Malformed(
      SceneDescriptionTests.text(extra: ", \"variations\": [{\"name\": \"a\", \"size\": 1}]"),
      "variations[0].size",
      found: "1", expected: "a share in 0…0.9"),
    Malformed(
      SceneDescriptionTests.text(extra: ", \"variations\": [{\"name\": \"a\"}, {\"name\": \"a\"}]"),
      "variations[1].name", found: "\"a\"", expected: "a name that no other variation has"),
    Malformed(
      SceneDescriptionTests.text(cameras: "[]"), "cameras", found: "a list of 0",
      expected: "a list of 1…100"),
    Malformed(
      orbit("\"azimuth\": 0, \"elevation\": 0, \"distance\": 3, \"fov\": 400"),
      "cameras[1].fov", found: "400", expected: "degrees in 1…179"),
    Malformed(
      orbit("\"azimuth\": 0, \"elevation\": 91, \"distance\": 3, \"fov\": 40"),
      "cameras[1].elevation", found: "91", expected: "degrees in -90…90"),
    Malformed(
      orbit("\"azimuth\": 0, \"elevation\": 0, \"fov\": 40"), missing: "cameras[1].distance"),
    Malformed(
      orbit("\"from\": [0, 0, 0]"), unknown: "cameras[1].from", nearest: nil,
      known: ["name", "kind", "fov", "azimuth", "elevation", "distance", "target"]),
    Malformed(
      SceneDescriptionTests.text(
        cameras: "[{\"name\": \"a\", \"kind\": \"look-at\", \"from\": [1, 0, 0], "
          + "\"at\": [1, 0, 0], \"fov\": 40}]"),
      "cameras[0].at", found: "a list of 3", expected: "another point than \"from\""),
  ]

  @Test("what does not fit the format is refused at its place", arguments: malformedScenes)
  func malformed(_ row: Malformed) {
    #expect(throws: row.error) { try SceneDescriptionTests.read(row.text) }
    #expect(!row.error.description.contains("\n"))
  }

  @Test("two cameras of one name are refused")
  func twoCameras() throws {
    let camera =
      "{\"name\": \"a\", \"kind\": \"orbit\", \"azimuth\": 0, \"elevation\": 0, "
      + "\"distance\": 3, \"fov\": 40}"
    #expect(
      throws: SceneDescriptionError.unexpectedValue(
        path: "scenes/lamp.json", keyPath: "cameras[1].name", found: "\"a\"",
        expected: "a name that no other camera has")
    ) {
      try SceneDescriptionTests.read(SceneDescriptionTests.text(cameras: "[\(camera), \(camera)]"))
    }
  }
}
