import Datasets
import Foundation
import NeuralFields
import Sequences
import TestSupport
import Testing

@Suite("Timeline") struct TimelineTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("scenes").path

  private static let text = """
    {"hypermarch_timeline": 1, "loop": true, "duration": 6, "curve": "spline", "truncation": 0.5,
     "latent": [{"time": 0, "scene": "a", "hold": 1}, {"time": 2, "mix": {"a": 0.25, "b": -1}}],
     "camera": [{"time": 1, "kind": "orbit", "azimuth": 90, "elevation": 0, "distance": 2, "fov": 60},
                {"time": 3, "kind": "look-at", "from": [1, 2, 3], "at": [0, 0, 0], "fov": 40}]}
    """

  private func read(_ text: String) throws -> Timeline {
    try Timeline(json: Array(text.utf8), path: "t.json")
  }

  @Test("a timeline is what its text says") func reading() throws {
    let timeline = try read(Self.text)
    let latent = try #require(timeline.latent)
    #expect(latent.scenes.map(\.text) == ["a", "0.25*a-1.0*b"])
    #expect(latent.scenes.map(\.place) == ["latent[0].scene", "latent[1].mix"])
    #expect(latent.times.keys.map(\.time) == [0, 2] && latent.times.keys[0].hold == 1)
    #expect(latent.times.closingTime == 6 && latent.curve == .spline && latent.truncation == 0.5)
    #expect(timeline.camera?.placements.count == 2 && timeline.closes)
    #expect(timeline.range == 0...6)
  }

  @Test("the format's page and the shipped file show one timeline") func documentation() throws {
    let page = try String(contentsOfFile: Self.folder + "/timeline-format.md", encoding: .utf8)
    let start = try #require(page.firstRange(of: "```json\n")).upperBound
    let end = try #require(page[start...].firstRange(of: "```")).lowerBound
    let file = try Timeline(contentsOf: Self.folder + "/timelines/taxi-to-police.json")
    #expect(try read(String(page[start..<end])) == file)
    #expect(file.framesPerSecond == 24 && file.range == 0...5)
  }

  @Test(
    "what is no timeline is refused in one line, with its place",
    arguments: [
      (
        "\"loop\": true", "\"lop\": true",
        "t.json: lop: found an unknown key, expected perhaps \"loop\""
      ),
      (
        "\"hold\": 1", "\"hodl\": 1",
        "t.json: latent[0].hodl: found an unknown key, expected perhaps \"hold\""
      ),
      (
        "\"time\": 2", "\"time\": 0",
        "t.json: latent[1].time: found 0, expected a time after 0.0, the key's before it"
      ),
      (
        "\"time\": 2", "\"time\": 0.5",
        "t.json: latent[1].time: found 0.5, expected a time from 1.0 on, when the hold before ends"
      ),
      (
        "\"duration\": 6", "\"duration\": 1",
        "t.json: duration: found 1, expected a time after 2.0, the last key's"
      ),
      (
        "\"hypermarch_timeline\": 1", "\"hypermarch_timeline\": 2",
        "t.json: hypermarch_timeline: found 2, expected version 1"
      ),
      (
        "\"kind\": \"look-at\"", "\"kind\": \"look\"",
        "t.json: camera[1].kind: found \"look\", expected one of orbit, look-at, dataset"
      ),
      (
        "\"at\": [0, 0, 0]", "\"at\": [1, 2, 3]",
        "t.json: camera[1].at: found a list of 3, expected another point than \"from\""
      ),
      ("\"scene\": \"a\"", "\"scene\": 3", "t.json: latent[0].scene: found 3, expected one line"),
      (
        "\"curve\": \"spline\"", "\"curve\": \"cubic\"",
        "t.json: curve: found \"cubic\", expected one of linear, spherical, spline"
      ),
      (
        "\"fov\": 40", "\"fov\": 400", "t.json: camera[1].fov: found 400, expected degrees in 1…179"
      ),
      ("\"time\": 1, ", "", "t.json: camera[0].time: found nothing, expected a value"),
      ("\"a\": 0.25", "\"a\": 0.25, \"a\": 1", "t.json:2:"),
      ("\"loop\": true", "\"loop\": false", "t.json: duration: found 6, expected it only beside"),
    ])
  func malformed(text: String, replacement: String, message: String) throws {
    try #require(Self.text.contains(text))
    let error = #expect(throws: SceneDescriptionError.self) {
      try read(Self.text.replacing(text, with: replacement))
    }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test("a bound of a range is in it as it is written")
  func bounds() throws {
    let near = try read(Self.text.replacing("\"distance\": 2", with: "\"distance\": 0.001"))
    #expect(near.camera?.placements.count == 2)
    for distance in ["0.00099", "1000001", "1e39", "-1e999"] {
      #expect(throws: SceneDescriptionError.self) {
        try read(Self.text.replacing("\"distance\": 2", with: "\"distance\": \(distance)"))
      }
    }
  }

  @Test("a file that many keys name is read once", .timeLimit(.minutes(1)))
  func manyKeysOfAFile() throws {
    try withTemporaryFolder { folder in
      let frame = """
        {"file_path": "a", "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,3],[0,0,0,1]]}
        """
      // Some 2 MB: to read it for each key would take minutes.
      let file =
        "{\"w\":4,\"h\":4,\"fl_x\":5,\"frames\":["
        + Array(repeating: frame, count: 20_000).joined(separator: ",") + "]}"
      #expect(
        FileManager.default.createFile(atPath: "\(folder)/t.json", contents: Data(file.utf8)))
      let keys = (0..<5000).map {
        "{\"time\":\($0),\"kind\":\"dataset\",\"file\":\"t.json\",\"frame\":\($0)}"
      }
      let text = "{\"hypermarch_timeline\":1,\"camera\":[" + keys.joined(separator: ",") + "]}"
      let timeline = try Timeline(json: Array(text.utf8), path: "\(folder)/timeline.json")
      #expect(timeline.camera?.placements.count == 5000)
    }
  }

  @Test("a timeline without keys is refused", arguments: ["", ", \"latent\": []"])
  func empty(keys: String) {
    #expect(throws: SceneDescriptionError.self) { try read("{\"hypermarch_timeline\": 1\(keys)}") }
  }

  @Test(
    "a camera's file that leads out of the timeline's folder is refused",
    arguments: ["../t.json", "/t.json", "a/../../t.json", "link/t.json", "a\\u0000b"])
  func outsideFolder(name: String) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/here", withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/here/link", withDestinationPath: folder)
      #expect(FileManager.default.createFile(atPath: "\(folder)/t.json", contents: Data()))
      let text = """
        {"hypermarch_timeline": 1,
         "camera": [{"time": 0, "kind": "dataset", "file": "\(name)", "frame": 0}]}
        """
      let error = #expect(throws: (any Error).self) {
        try Timeline(json: Array(text.utf8), path: "\(folder)/here/timeline.json")
      }
      let line = try #require(error.map { "\($0)" })
      let isControl = name.contains("u0000")
      #expect(
        line.contains(isControl ? "expected one line" : "expected a file inside the folder"),
        "\(line)")
    }
  }
}
