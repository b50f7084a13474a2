import Datasets
import Files
import Imaging
import Testing
import VolumeRendering

@Suite("Malformed transforms file")
struct MalformedTransformsTests {
  /// A text of `transforms_train.json`, and what is wrong with it.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let location: String
    let found: String
    let expected: String

    init(
      _ name: String, keys: String = "\"fl_x\": 5", frames: [String], at location: String,
      found: String, expected: String
    ) {
      self.init(
        name, text: transforms(keys: keys, frames: frames), at: location, found: found,
        expected: expected)
    }

    init(_ name: String, text: String, at location: String, found: String, expected: String) {
      self.name = name
      self.text = text
      self.location = location
      self.found = found
      self.expected = expected
    }

    var testDescription: String { name }
  }

  static let identity: [[Float]] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 3], [0, 0, 0, 1]]
  static let good = frame("0", matrix: identity)
  static let matrixExpected = "4 rows of 4 numbers, camera to world"
  static let rotationExpected = "a rotation and a position"

  static func matrix(_ name: String, _ text: String, found: String, expected: String) -> Row {
    Row(
      name, frames: [good, "{\"file_path\": \"0\", \"transform_matrix\": \(text)}"],
      at: "frames[1].transform_matrix", found: found, expected: expected)
  }

  static func key(_ key: String, _ value: String, found: String? = nil, expected: String) -> Row {
    Row(
      "\(key) \(value)", keys: "\"fl_x\": 5, \"\(key)\": \(value)", frames: [good], at: key,
      found: found ?? value, expected: expected)
  }

  static let matrices = [
    matrix("matrix of text", "\"1\"", found: "\"1\"", expected: matrixExpected),
    matrix("empty matrix", "[]", found: "no rows", expected: matrixExpected),
    matrix(
      "matrix with a word", "[[1, 0, 0, \"a\"]]", found: "a list of 1", expected: matrixExpected),
    matrix(
      "3 by 3", "[[1,0,0],[0,1,0],[0,0,1]]", found: "3 rows of 3 numbers", expected: matrixExpected),
    matrix(
      "ragged", "[[1,0,0,0],[0,1,0,0],[0,0,1]]", found: "3 rows of unequal length",
      expected: matrixExpected),
    matrix(
      "infinite", "[[1,0,0,0],[0,1,0,1e999],[0,0,1,0]]", found: "inf in row 1",
      expected: "finite numbers of at most 1e6"),
    matrix(
      "zero", "[[0,0,0,0],[0,0,0,0],[0,0,0,0],[0,0,0,1]]", found: "axes of length 0",
      expected: rotationExpected),
    matrix(
      "singular", "[[1,1,0,0],[0,0,0,0],[0,0,1,0],[0,0,0,1]]", found: "a singular matrix",
      expected: rotationExpected),
    matrix(
      "reflection", "[[1,0,0,0],[0,1,0,0],[0,0,-1,0],[0,0,0,1]]", found: "a reflection",
      expected: rotationExpected),
    matrix(
      "sheared", "[[1,0.05,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]",
      found: "axes that are not perpendicular", expected: rotationExpected),
    matrix(
      "stretched", "[[1,0,0,0],[0,1,0,0],[0,0,2,0],[0,0,0,1]]", found: "axes of unequal length",
      expected: rotationExpected),
    matrix(
      "by columns", "[[1,0,0,0],[0,1,0,0],[0,0,1,0],[1,2,3,1]]",
      found: "the last row 1.0 2.0 3.0 1.0",
      expected: "0 0 0 1, as in a matrix that is stored by rows"),
  ]

  static let values = [
    Row("a list", text: "[]", at: "top level", found: "a list of 0", expected: "an object"),
    Row("no frames", text: "{}", at: "frames", found: "nothing", expected: "a list of frames"),
    Row(
      "frames of text", text: "{\"frames\": 3}", at: "frames", found: "3",
      expected: "a list of up to 100000 frames"),
    Row(
      "a frame of text", frames: ["\"0\""], at: "frames[0]", found: "\"0\"", expected: "an object"),
    Row(
      "no focal length", keys: "", frames: [good], at: "top level",
      found: "neither camera_angle_x nor fl_x", expected: "one of them"),
    Row(
      "no file path", frames: ["{\"transform_matrix\": \(identity)}"], at: "frames[0].file_path",
      found: "nothing", expected: "a picture's file name"),
    Row(
      "empty file path", frames: [frame("", matrix: identity)], at: "frames[0].file_path",
      found: "\"\"", expected: "a picture's file name"),
    Row(
      "no matrix", frames: [good, "{\"file_path\": \"0\"}"], at: "frames[1].transform_matrix",
      found: "nothing", expected: matrixExpected),
    key("w", "0", expected: "pixels in 1…16384"), key("h", "-4", expected: "pixels in 1…16384"),
    key("w", "16385", expected: "pixels in 1…16384"),
    key("w", "4.5", expected: "pixels in 1…16384"),
    key("fl_y", "0", expected: "pixels in 0.01…1e6"),
    key("camera_angle_x", "3.2", expected: "radians in 0.001…3.14"),
    key("camera_angle_x", "\"wide\"", expected: "radians in 0.001…3.14"),
    key("cx", "1e999", expected: "pixels in -16384…32768"),
    key("near", "-1", expected: "a distance in 0…1e6"),
    Row(
      "far before near", keys: "\"fl_x\": 5, \"near\": 2, \"far\": 2", frames: [good], at: "far",
      found: "2", expected: "a distance beyond near, 2.0, and up to 1e6"),
  ]

  @Test("a wrong value is refused by its key path", arguments: matrices + values)
  func wrongValue(row: Row) throws {
    try SceneFixture.with { fixture in
      try fixture.write(Image(width: 4, height: 4, channelCount: 3), to: "0.png")
      try fixture.write(row.text, to: "transforms_train.json")
      #expect(
        throws: DatasetError.invalidValue(
          path: fixture("transforms_train.json"), location: row.location, found: row.found,
          expected: row.expected)
      ) { try DatasetFolder.open(fixture.path) }
    }
  }

  @Test(
    "a lens that is no pinhole is refused, in the file and in a frame",
    arguments: [
      ("k1", "0.03"), ("k2", "-1e-9"), ("k3", "1"), ("k4", "1"), ("p1", "0.1"), ("p2", "0.1"),
      ("k1", "\"none\""), ("camera_model", "\"OPENCV_FISHEYE\""), ("camera_model", "3"),
      ("is_fisheye", "true"), ("latlong", "true"), ("equirectangular", "true"),
      ("orthographic", "true"), ("ftheta_p0", "0.1"), ("ftheta_p4", "1"),
    ])
  func lens(key: String, value: String) throws {
    try SceneFixture.with { fixture in
      try fixture.write(Image(width: 4, height: 4, channelCount: 3), to: "0.png")
      let path = fixture("transforms_train.json")
      let text = "\"\(key)\": \(value)"
      for (keys, frame, location) in [
        ("\"fl_x\": 5, \(text)", Self.good, key),
        ("\"fl_x\": 5", frame("0", matrix: Self.identity, keys: text), "frames[0].\(key)"),
      ] {
        try fixture.write(transforms(keys: keys, frames: [frame]), to: "transforms_train.json")
        #expect(throws: DatasetError.unmodelledLens(path: path, location: location, found: value)) {
          try DatasetFolder.open(fixture.path)
        }
      }
    }
  }

  @Test(
    "a name that leads out of the scene's folder is refused",
    arguments: ["../0", "a/../../0", "a/../0.png", "..", "/0.png", "link/0", "linked", "a\\u0000b"])
  func outsideFolder(name: String) throws {
    try SceneFixture.with { fixture in
      try fixture.write(Image(width: 4, height: 4, channelCount: 3), to: "0.png")
      try fixture.write(Image(width: 4, height: 4, channelCount: 3), to: "scene/a/0.png")
      try fixture.link("scene/link", to: fixture.path)
      try fixture.link("scene/linked.png", to: fixture("0.png"))
      let path = fixture("scene/transforms_train.json")
      try fixture.write(
        transforms(keys: "\"fl_x\": 5", frames: [frame(name, matrix: Self.identity)]),
        to: "scene/transforms_train.json")
      #expect(
        throws: DatasetError.outsideFolder(
          path: path, location: "frames[0].file_path",
          found: name.replacing("\\u0000", with: "\0"))
      ) { try DatasetFolder.open(fixture("scene")) }
    }
  }

  @Test("a picture's name is at most 4096 bytes long, and errors repeat little of any text")
  func longNames() throws {
    try SceneFixture.with { fixture in
      for (name, found) in [
        (String(repeating: "x", count: 5000), "5000 bytes, expected a file name of at most 4096"),
        ("/" + String(repeating: "x", count: 4000), "/" + String(repeating: "x", count: 199) + "…"),
      ] {
        try fixture.writeScene(frames: [frame(name, matrix: Self.identity)])
        let error = #expect(throws: DatasetError.self) { try DatasetFolder.open(fixture.path) }
        #expect(error?.description.contains("frames[0].file_path: found \(found)") == true)
      }
    }
  }

  @Test("a link that stays in the scene's folder is followed")
  func insideLink() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(frames: [frame("linked", matrix: Self.identity)])
      try fixture.link("linked.png", to: fixture("train/0.png"))
      #expect(try DatasetFolder.open(fixture.path).scenes[0].train[0].width == 4)
    }
  }

  @Test("what is not JSON is refused with its place")
  func notJSON() throws {
    try SceneFixture.with { fixture in
      try fixture.write("{\"fl_x\": 5,\n \"frames\": [NaN]}", to: "transforms_train.json")
      let path = fixture("transforms_train.json")
      let error = #expect(throws: DatasetError.self) { try DatasetFolder.open(fixture.path) }
      #expect(
        error?.description == "\(path):2:13: found \"N\", expected a value")
    }
  }

  @Test("every description is one line that begins with the path")
  func descriptions() {
    let errors: [DatasetError] = [
      .missingFolder(path: "a"), .notAFolder(path: "a"), .unreadableFolder(path: "a", reason: "b"),
      .unrecognisedFolder(path: "a", entries: []), .ambiguousFolder(path: "a", candidates: ["b\n"]),
      .file(.missing(path: "a")), .image(.notPNG(path: "a")),
      .invalidValue(path: "a", location: "b", found: "c\n", expected: "d"),
      .unmodelledLens(path: "a", location: "k1", found: "\n"),
      .outsideFolder(path: "a", location: "b", found: "\u{1b}"),
      .imageSize(
        path: "a", found: PixelSize(width: 1, height: 2), expected: PixelSize(width: 3, height: 4),
        statedBy: "b"),
      .noViews(path: "a", split: nil), .noViews(path: "a", split: .train),
      .noSceneMatches(path: "a", pattern: "\n", nearest: "b"),
      .tooManyPixels(path: "a", byteCount: 1 << 30, limit: 1 << 20),
    ]
    for error in errors {
      #expect(error.description.hasPrefix("a: "))
      #expect(error.description.onOneLine == error.description)
      #expect(error.description.contains("expected"))
    }
  }
}
