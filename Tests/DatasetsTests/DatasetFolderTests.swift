import Datasets
import Files
import Foundation
import Imaging
import Testing
import VolumeRendering

@Suite("Dataset folder")
struct DatasetFolderTests {
  static func names(_ path: String, matching patterns: [String] = []) throws -> [String] {
    try DatasetFolder.open(path, matching: patterns).scenes.map(\.name)
  }

  @Test("a scene's own folder is one scene, its views by split")
  func singleScene() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene("chair", viewCount: 3)
      try fixture.writeScene("chair", split: "val", viewCount: 1)
      try fixture.writeScene("chair", split: "test", viewCount: 2)
      for path in [fixture("chair"), fixture("chair/"), fixture("chair/.")] {
        let scenes = try DatasetFolder.open(path).scenes
        #expect(scenes.map(\.name) == ["chair"])
        #expect(scenes[0].train.map(\.name) == ["train/0", "train/1", "train/2"])
        #expect(scenes[0].validation.map(\.name) == ["val/0"])
        #expect(scenes[0].test.count == 2)
      }
    }
  }

  @Test("a folder of scenes is all of them by name; other things in it are ignored")
  func manyScenes() throws {
    try SceneFixture.with { fixture in
      for name in ["b", "a", "C", ".hidden"] { try fixture.writeScene(name) }
      try fixture.write("{}", to: "objects.json")
      try fixture.write("", to: "notes/readme")
      #expect(try Self.names(fixture.path) == ["C", "a", "b"])
    }
  }

  @Test("of a folder with training and validation scenes the training scenes are taken")
  func trainingFolder() throws {
    for name in ["train", "cars_train"] {
      try SceneFixture.with { fixture in
        try fixture.writeScene("\(name)/a")
        try fixture.writeScene("val/b")
        let dataset = try DatasetFolder.open(fixture.path)
        #expect(dataset.scenes.map(\.name) == ["a"])
        #expect(dataset.path == fixture(name))
      }
    }
  }

  @Test("where it is not clear which scenes are meant, the choice is shown")
  func ambiguousFolder() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene("val/a")
      #expect(throws: DatasetError.ambiguousFolder(path: fixture.path, candidates: ["val/"])) {
        try DatasetFolder.open(fixture.path)
      }
      try fixture.writeScene("x_train/a")
      try fixture.writeScene("y_train/a")
      #expect(
        throws: DatasetError.ambiguousFolder(
          path: fixture.path, candidates: ["x_train/", "y_train/"])
      ) { try DatasetFolder.open(fixture.path) }
    }
  }

  @Test("a folder that is missing, empty, a file or of something else is refused")
  func unrecognised() throws {
    try SceneFixture.with { fixture in
      #expect(throws: DatasetError.missingFolder(path: fixture("none"))) {
        try DatasetFolder.open(fixture("none"))
      }
      #expect(throws: DatasetError.unrecognisedFolder(path: fixture.path, entries: [])) {
        try DatasetFolder.open(fixture.path)
      }
      try fixture.write("", to: "a.json")
      #expect(throws: DatasetError.notAFolder(path: fixture("a.json"))) {
        try DatasetFolder.open(fixture("a.json"))
      }
      #expect(throws: DatasetError.unrecognisedFolder(path: fixture.path, entries: ["a.json"])) {
        try DatasetFolder.open(fixture.path)
      }
    }
  }

  @Test(
    "patterns choose scenes by name",
    arguments: [
      (["kenney_*"], ["kenney_bus", "kenney_taxi"]), (["*"], ["kenney_bus", "kenney_taxi", "toy"]),
      (["toy", "*_bus"], ["kenney_bus", "toy"]), (["t?y"], ["toy"]), (["*_t*i"], ["kenney_taxi"]),
      (["*e*e*"], ["kenney_bus", "kenney_taxi"]), (["toy*"], ["toy"]), (["**y"], ["toy"]),
      (["toy", "t*"], ["toy"]),
    ])
  func patterns(patterns: [String], expected: [String]) throws {
    try SceneFixture.with { fixture in
      for name in ["kenney_bus", "kenney_taxi", "toy"] { try fixture.writeScene(name) }
      #expect(try Self.names(fixture.path, matching: patterns) == expected)
    }
  }

  @Test(
    "a pattern without scenes is refused, with the nearest name for one without wildcards",
    arguments: [
      ("kenny_bus", "kenney_bus"), ("lorry", nil), ("x*", nil), ("kenney_bu", "kenney_bus"),
      ("?toy", nil),
    ] as [(String, String?)])
  func missingPattern(pattern: String, nearest: String?) throws {
    try SceneFixture.with { fixture in
      for name in ["kenney_bus", "toy"] { try fixture.writeScene(name) }
      #expect(
        throws: DatasetError.noSceneMatches(path: fixture.path, pattern: pattern, nearest: nearest)
      ) { try DatasetFolder.open(fixture.path, matching: ["toy", pattern]) }
    }
  }

  @Test("a number of scenes is spread over all of them")
  func maximumScenes() throws {
    try SceneFixture.with { fixture in
      for index in 0..<7 { try fixture.writeScene("s\(index)") }
      func names(_ count: Int) throws -> [String] {
        try DatasetFolder.open(fixture.path, maximumScenes: count).scenes.map(\.name)
      }
      #expect(try names(1) == ["s0"])
      #expect(try names(3) == ["s0", "s2", "s4"])
      #expect(try names(7).count == 7)
      #expect(try names(8).count == 7)
    }
  }

  @Test("a single transforms.json is divided by name: every eighth view is for the test")
  func singleFile() throws {
    for count in [7, 8, 17] {
      try SceneFixture.with { fixture in
        let cameras = ring(of: count, size: 4)
        for index in 0..<count {
          try fixture.write(Image(width: 4, height: 4, channelCount: 1), to: "v\(index + 10).png")
        }
        let frames = (0..<count).map { frame("v\($0 + 10)", cameras[$0]) }
        try fixture.write(
          transforms(keys: "\"fl_x\": 5", frames: frames.reversed()), to: "transforms.json")
        let scene = try DatasetFolder.open(fixture.path).scenes[0]
        let test = count == 7 ? [] : stride(from: 0, to: count, by: 8).map { "v\($0 + 10)" }
        #expect(scene.test.map(\.name) == test)
        #expect(
          scene.train.map(\.name) == (0..<count).map { "v\($0 + 10)" }.filter { !test.contains($0) }
        )
      }
    }
  }

  @Test("files for the splits weigh more than one for all")
  func splitFilesFirst() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 2)
      try fixture.write("not read", to: "transforms.json")
      let scene = try DatasetFolder.open(fixture.path).scenes[0]
      #expect(scene.train.count == 2)
    }
  }

  @Test("only the splits that are asked for are read")
  func askedSplits() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 2)
      try fixture.writeScene(split: "test", viewCount: 1)
      try fixture.write("broken", to: "test/0.png")
      let train = try DatasetFolder.open(fixture.path, splits: [.train]).scenes[0]
      #expect(train.train.count == 2)
      #expect(train.test.isEmpty)
      #expect(throws: DatasetError.image(.notPNG(path: fixture("test/0.png")))) {
        try DatasetFolder.open(fixture.path, splits: [.test])
      }
      #expect(throws: DatasetError.noViews(path: fixture.path, split: .validation)) {
        try DatasetFolder.open(fixture.path, splits: [.validation])
      }
    }
  }

  @Test("a scene that a link leads out of the data set to is refused, one inside is read")
  func linkedScenes() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene("outside/a")
      try fixture.writeScene("set/b")
      try fixture.link("set/c", to: fixture("set/b"))
      #expect(try Self.names(fixture("set")) == ["b", "c"])
      // To Unicode this folder's name is the other's.
      try fixture.writeScene("caf\u{E9}/d")
      try fixture.writeScene("cafe\u{301}/e")
      try fixture.link("caf\u{E9}/f", to: fixture("cafe\u{301}/e"))
      try fixture.link("set/z", to: fixture("outside/a"))
      for (folder, link) in [("set", "z"), ("caf\u{E9}", "f")] {
        #expect(
          throws: DatasetError.outsideFolder(
            path: fixture(folder), location: link, found: "a link")
        ) { try Self.names(fixture(folder)) }
      }
      try fixture.write("", to: "whole/notes")
      try fixture.link("whole/train", to: fixture("outside"))
      #expect(throws: DatasetError.self) { try Self.names(fixture("whole")) }
    }
  }

  @Test("a scene without training views is refused")
  func noViews() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 0)
      #expect(throws: DatasetError.noViews(path: fixture.path, split: .train)) {
        try DatasetFolder.open(fixture.path)
      }
      try fixture.writeScene("a", split: "test", viewCount: 1)
      #expect(throws: DatasetError.noViews(path: fixture("a"), split: .train)) {
        try DatasetFolder.open(fixture("a"))
      }
      #expect(try DatasetFolder.open(fixture("a"), splits: [.test]).scenes[0].test.count == 1)
    }
  }

  @Test("the number of threads changes nothing")
  func threads() throws {
    try SceneFixture.with { fixture in
      for name in ["a", "b", "c"] { try fixture.writeScene(name, viewCount: 5) }
      func open(_ threadCount: Int) throws -> [[Camera]] {
        try DatasetFolder.open(fixture.path, threadCount: threadCount).scenes
          .map { $0.train.map(\.camera) }
      }
      let expected = try open(1)
      for threadCount in [2, 8] { #expect(try open(threadCount) == expected) }
    }
  }

  @Test("of several faults the first in the order of scenes and views is reported")
  func firstFault() throws {
    try SceneFixture.with { fixture in
      for name in ["a", "b"] { try fixture.writeScene(name, viewCount: 9) }
      for name in ["a/train/7.png", "a/train/2.png", "b/train/0.png"] {
        try fixture.write("broken", to: name)
      }
      for threadCount in [1, 2, 8] {
        #expect(throws: DatasetError.image(.notPNG(path: fixture("a/train/2.png")))) {
          try DatasetFolder.open(fixture.path, threadCount: threadCount)
        }
      }
    }
  }

  @Test("pictures beyond the memory that is allowed are refused")
  func pixelLimit() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 3, size: 8)
      let byteCount = 3 * 8 * 8 * 3
      #expect(
        throws: DatasetError.tooManyPixels(
          path: fixture.path, byteCount: byteCount, limit: byteCount - 1)
      ) { try DatasetFolder.open(fixture.path, pixelByteLimit: byteCount - 1) }
      #expect(try DatasetFolder.open(fixture.path, pixelByteLimit: byteCount).scenes.count == 1)
    }
  }
}
