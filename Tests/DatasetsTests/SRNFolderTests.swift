import Datasets
import Files
import Imaging
import NeuralFields
import Testing
import VolumeRendering

@Suite("SRN folder")
struct SRNFolderTests {
  static let intrinsics = "8.0 2. 2.5 0.\n0. 0. 0.\n1.\n4 4\n"

  /// Sixteen numbers, OpenCV axes.
  static func pose(_ camera: Camera) -> String {
    matrix(camera).map { row in [row[0], -row[1], -row[2], row[3]] }
      .joined().map { "\($0)" }.joined(separator: " ")
  }

  static func write(
    _ fixture: SceneFixture, _ scene: String, viewCount: Int = 2, size: (Int, Int) = (4, 4),
    intrinsics: String = intrinsics
  ) throws {
    for (index, camera) in ring(of: viewCount, size: 4).enumerated() {
      try fixture.write(
        Image(width: size.0, height: size.1, channelCount: 3, repeating: 1),
        to: "\(scene)/rgb/00\(index).png")
      try fixture.write(pose(camera), to: "\(scene)/pose/00\(index).txt")
    }
    try fixture.write(intrinsics, to: "\(scene)/intrinsics.txt")
  }

  @Test("poses are turned from OpenCV's axes to OpenGL's")
  func axes() throws {
    try SceneFixture.with { fixture in
      try Self.write(fixture, "a", viewCount: 3)
      let views = try DatasetFolder.open(fixture("a")).scenes[0].train
      for (view, camera) in zip(views, ring(of: 3, size: 4)) {
        #expect((view.camera.right - camera.right).length < 1e-5)
        #expect((view.camera.up - camera.up).length < 1e-5)
        #expect((view.camera.backward - camera.backward).length < 1e-5)
        #expect(view.camera.position == camera.position)
        #expect((view.camera.focalX, view.camera.focalY) == (8, 8))
        #expect((view.camera.principalX, view.camera.principalY) == (2, 2.5))
      }
      #expect(views.map(\.name) == ["rgb/000.png", "rgb/001.png", "rgb/002.png"])
    }
  }

  @Test("the intrinsics are stretched to pictures of another size with the same ratio")
  func otherSize() throws {
    try SceneFixture.with { fixture in
      try Self.write(fixture, "a", size: (2, 2))
      let camera = try DatasetFolder.open(fixture("a")).scenes[0].train[0].camera
      #expect((camera.focalX, camera.focalY) == (4, 4))
      #expect((camera.principalX, camera.principalY) == (1, 1.25))
      try Self.write(fixture, "b", size: (4, 2))
      #expect(
        throws: DatasetError.imageSize(
          path: fixture("b/rgb/000.png"), found: PixelSize(width: 4, height: 2),
          expected: PixelSize(width: 4, height: 4), statedBy: fixture("b/intrinsics.txt"))
      ) { try DatasetFolder.open(fixture("b")) }
    }
  }

  @Test("without other views beside it a scene is divided: every eighth view is for the test")
  func division() throws {
    try SceneFixture.with { fixture in
      try Self.write(fixture, "cars/a", viewCount: 9)
      let scene = try DatasetFolder.open(fixture("cars")).scenes[0]
      #expect(scene.test.map(\.name) == ["rgb/000.png", "rgb/008.png"])
      #expect(scene.train.count == 7)
    }
  }

  @Test("the release's folders beside the training folder hold the other splits")
  func siblings() throws {
    try SceneFixture.with { fixture in
      try Self.write(fixture, "cars_train/a", viewCount: 9)
      try Self.write(fixture, "cars_train_test/a", viewCount: 3)
      try Self.write(fixture, "cars_train_val/a", viewCount: 1)
      try Self.write(fixture, "cars_val/b", viewCount: 1)
      let dataset = try DatasetFolder.open(fixture.path)
      #expect(dataset.path == fixture("cars_train"))
      let scene = dataset.scenes[0]
      #expect([scene.train.count, scene.validation.count, scene.test.count] == [9, 1, 3])
      let trainOnly = try DatasetFolder.open(fixture.path, splits: [.train]).scenes[0]
      #expect(trainOnly.train.count == 9)
      #expect(trainOnly.allViews.count == 9)
    }
  }

  /// A text of `intrinsics.txt`, and what is wrong with it.
  static let malformedIntrinsics:
    [(text: String, location: String, found: String, expected: String)] =
      [
        ("", "whole file", "no numbers", "focal length, cx and cy in pixels"),
        ("8 2\n4 4\n", "line 1", "8.0 2.0", "focal length, cx and cy in pixels"),
        ("0 2 2 0\n4 4\n", "line 1", "0.0 2.0 2.0 0.0", "focal length, cx and cy in pixels"),
        ("8 2 x 0\n4 4\n", "line 1", "x", "a finite number"),
        ("8 2 nan 0\n4 4\n", "line 1", "nan", "a finite number"),
        ("8 2 2 0.\n0. 0. 0.\n1.\n", "line 3", "1.0", "height and width in 1…16384"),
        ("8 2 2 0.\n0. 0. 0.\n1.\n0 4\n", "line 4", "0.0 4.0", "height and width in 1…16384"),
        (
          "8 2 2 0.\n0. 0. 0.\n1.\n4 4\n1\n", "line 5", "1.0",
          "0 or nothing: poses are camera to world"
        ),
      ]

  @Test("wrong intrinsics are refused by their line", arguments: malformedIntrinsics)
  func wrongIntrinsics(
    row: (text: String, location: String, found: String, expected: String)
  ) throws {
    try SceneFixture.with { fixture in
      try Self.write(fixture, "a", intrinsics: row.text)
      #expect(
        throws: DatasetError.invalidValue(
          path: fixture("a/intrinsics.txt"), location: row.location, found: row.found,
          expected: row.expected)
      ) { try DatasetFolder.open(fixture("a")) }
    }
  }

  @Test(
    "a wrong pose is refused by its file",
    arguments: [
      ("1 0 0", "3 numbers", "16, camera to world by rows"),
      ("1 0 0 0 0 1 0 0 0 0 -1 0 0 0 0 1", "a reflection", "a rotation and a position"),
      ("0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1", "axes of length 0", "a rotation and a position"),
    ])
  func wrongPose(text: String, found: String, expected: String) throws {
    try SceneFixture.with { fixture in
      try Self.write(fixture, "a")
      try fixture.write(text, to: "a/pose/001.txt")
      #expect(
        throws: DatasetError.invalidValue(
          path: fixture("a/pose/001.txt"), location: "whole file", found: found,
          expected: expected)
      ) { try DatasetFolder.open(fixture("a")) }
    }
  }

  @Test("a picture without pose, and a scene without pictures, are refused")
  func missingParts() throws {
    try SceneFixture.with { fixture in
      try Self.write(fixture, "a")
      try fixture.write(Image(width: 4, height: 4, channelCount: 3), to: "a/rgb/002.png")
      #expect(throws: DatasetError.file(.missing(path: fixture("a/pose/002.txt")))) {
        try DatasetFolder.open(fixture("a"))
      }
      try fixture.write("", to: "b/rgb/notes.txt")
      try fixture.write("", to: "b/pose/notes.txt")
      try fixture.write(Self.intrinsics, to: "b/intrinsics.txt")
      #expect(throws: DatasetError.noViews(path: fixture("b"), split: .train)) {
        try DatasetFolder.open(fixture("b"))
      }
    }
  }
}
