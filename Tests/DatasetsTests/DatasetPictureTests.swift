import Datasets
import Files
import Foundation
import Imaging
import Testing
import VolumeRendering

@Suite("Pictures of a data set")
struct DatasetPictureTests {
  @Test("a picture that is missing, empty, a folder or no PNG is refused by its path")
  func unreadable() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 2)
      let path = fixture("train/1.png")
      func expect(_ error: PNGError, isMissing: Bool) {
        let found = #expect(throws: DatasetError.image(error)) {
          try DatasetFolder.open(fixture.path)
        }
        #expect(found?.isMissingInput == isMissing)
      }
      try fixture.write([], to: "train/1.png")
      expect(.empty(path: path), isMissing: false)
      try fixture.write("GIF89a, not a PNG at all", to: "train/1.png")
      expect(.notPNG(path: path), isMissing: false)
      try FileManager.default.removeItem(atPath: path)
      expect(.file(.missing(path: path)), isMissing: true)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      expect(.file(.notAFile(path: path)), isMissing: true)
    }
  }

  @Test("a picture that is cut short is refused by its path")
  func truncated() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 2, size: 16)
      let path = fixture("train/1.png")
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      for count in stride(from: 9, to: bytes.count - 12, by: 5) {
        try fixture.write(Array(bytes[..<count]), to: "train/1.png")
        let error = #expect(throws: DatasetError.self) { try DatasetFolder.open(fixture.path) }
        guard case .image(.malformed(path, _)) = error else {
          Issue.record("\(count) bytes: found \(String(describing: error))")
          return
        }
      }
    }
  }

  @Test("a picture of another size than the file states is refused")
  func statedSize() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(size: 8, keys: "\"fl_x\": 5, \"w\": 16, \"h\": 8")
      #expect(
        throws: DatasetError.imageSize(
          path: fixture("train/0.png"), found: PixelSize(width: 8, height: 8),
          expected: PixelSize(width: 16, height: 8), statedBy: fixture("transforms_train.json"))
      ) { try DatasetFolder.open(fixture.path) }
    }
  }

  @Test("pictures that share a camera must be of one size")
  func sharedSize() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 3, size: 8)
      try fixture.write(Image(width: 8, height: 9, channelCount: 3), to: "train/2.png")
      #expect(
        throws: DatasetError.imageSize(
          path: fixture("train/2.png"), found: PixelSize(width: 8, height: 9),
          expected: PixelSize(width: 8, height: 8), statedBy: fixture("train/0.png"))
      ) { try DatasetFolder.open(fixture.path) }
    }
  }

  @Test("pictures of the splits, and of several scenes, may differ in size")
  func differingSplits() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene("a", size: 8)
      try fixture.writeScene("a", split: "test", size: 16)
      try fixture.writeScene("b", size: 4)
      let scenes = try DatasetFolder.open(fixture.path).scenes
      #expect(scenes[0].test[0].camera.focalX == 2 * scenes[0].train[0].camera.focalX)
      #expect(scenes[1].train[0].width == 4)
    }
  }

  @Test(
    "a name without its ending, with it, and with a dot in it is found",
    arguments: [
      ("a", "a.png"), ("./b/a", "b/a.png"), ("a.png", "a.png"), ("a.PNG", "a.PNG"),
      ("r_0.5", "r_0.5.png"), ("picture", "picture"),
    ])
  func endings(name: String, file: String) throws {
    try SceneFixture.with { fixture in
      try fixture.write(Image(width: 4, height: 4, channelCount: 3), to: file)
      try fixture.writeScene(frames: [
        frame(name, ring(of: 1, size: 4)[0])
      ])
      #expect(try DatasetFolder.open(fixture.path).scenes[0].train[0].path == fixture(file))
    }
  }

  @Test("every kind of PNG is a view", arguments: [1, 2, 3, 4], [8, 16])
  func kinds(channelCount: Int, bitDepth: Int) throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene()
      try fixture.write(
        Image(width: 4, height: 4, channelCount: channelCount, repeating: 0.2),
        to: "train/0.png", bitDepth: bitDepth)
      let view = try DatasetFolder.open(fixture.path).scenes[0].train[0]
      #expect(view.channels == PosedImage.Channels.allCases[channelCount - 1])
      let (colour, alpha) = view.pixel(column: 3, row: 3)
      #expect(colour == [0.2, 0.2, 0.2])
      #expect(alpha == (channelCount % 2 == 0 ? 0.2 : 1))
    }
  }
}
