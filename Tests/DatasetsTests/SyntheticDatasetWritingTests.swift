import Datasets
import Files
import Foundation
import Imaging
import NeuralFields
import Testing
import VolumeRendering

@Suite("Writing a synthetic data set")
struct SyntheticDatasetWritingTests {
  /// A picture that tells its camera: the position's coordinates as colours, half of it covered.
  static func view(_ camera: Camera) -> RenderedImage {
    var image = RenderedImage(width: camera.width, height: camera.height, hasNormals: false)
    for pixel in image.opacity.indices {
      let isCovered = pixel % 2 == 0
      image.radiance[pixel] = isCovered ? 0.5 + 0.1 * camera.position : .zero
      image.opacity[pixel] = isCovered ? 1 : 0.25
      image.depth[pixel] = 2.5 + 0.01 * Float(pixel)
    }
    return image
  }

  static func view(_ view: SyntheticDataset.View) -> RenderedImage { Self.view(view.camera) }

  static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test(
    "the transforms files hold exactly the cameras that were asked for", arguments: Split.allCases)
  func transforms(split: Split) throws {
    try Self.withFolder { folder in
      let dataset = SyntheticDatasetTests.dataset()
      try dataset.write(sceneNamed: "ball", to: folder, layout: .transforms, render: Self.view)
      let path = "\(folder)/ball/transforms_\(split.shortName).json"
      let json = try #require(
        JSONSerialization.jsonObject(with: Data(FileReader.bytes(at: path, limit: 1 << 20)))
          as? [String: Any])
      let angle = try #require(json["camera_angle_x"] as? Double)
      #expect(Float(angle) == dataset.settings.horizontalFieldOfView)
      #expect(json["w"] as? Int == 6 && json["h"] as? Int == 4)
      let near = try #require(json["near"] as? Double)
      let far = try #require(json["far"] as? Double)
      let radius = 3.0.squareRoot()
      #expect(abs((near + far) / 2 - Double(dataset.distance)) < 1e-5)
      #expect(abs((far - near) / 2 - radius) < 1e-5)

      let frames = try #require(json["frames"] as? [[String: Any]])
      let cameras = dataset.cameras(of: split)
      #expect(frames.count == dataset.viewCount(of: split) && frames.count == cameras.count)
      for (index, (frame, camera)) in zip(frames, cameras).enumerated() {
        #expect(frame["file_path"] as? String == "./\(split.shortName)/r_\(index)")
        #expect(frame["depth_file_path"] as? String == "./\(split.shortName)/r_\(index)_depth")
        let rows = try #require(frame["transform_matrix"] as? [[Double]])
        #expect(rows.count == 4 && rows[3] == [0, 0, 0, 1])
        for row in 0..<3 {
          #expect(
            rows[row].map { Float($0) } == [
              camera.right[row], camera.up[row], camera.backward[row], camera.position[row],
            ])
        }
      }
      #expect(
        try Self.files(in: "\(folder)/ball/\(split.shortName)").count == 2 * cameras.count)
    }
  }

  @Test("pictures keep their pixels, and depth its distances where a pixel is covered")
  func pictures() throws {
    try Self.withFolder { folder in
      let dataset = SyntheticDatasetTests.dataset()
      try dataset.write(sceneNamed: "ball", to: folder, layout: .transforms, render: Self.view)
      let scale = dataset.depthScale
      #expect(scale == 10_000)
      for (index, camera) in dataset.cameras(of: .test).enumerated() {
        let expected = Self.view(camera)
        let picture = try PNGFile.read("\(folder)/ball/test/r_\(index).png")
        #expect(picture.channelCount == 4)
        for (sample, other) in zip(picture.samples, expected.transparentPicture.samples) {
          #expect(abs(sample - other) <= 0.5 / 255 + 1e-6)
        }
        let (depth, _, bitDepth) = try PNGFile.readWithText(
          "\(folder)/ball/test/r_\(index)_depth.png")
        #expect(depth.channelCount == 1 && bitDepth == 16)
        for (pixel, sample) in depth.samples.enumerated() {
          let distance = sample * 65_535 / scale
          let other = pixel % 2 == 0 ? expected.depth[pixel] : 0
          #expect(abs(distance - other) <= 0.5 / scale + 1e-5)
        }
      }
    }
  }

  @Test("without depth there are neither depth pictures nor keys for them")
  func withoutDepth() throws {
    try Self.withFolder { folder in
      try SyntheticDatasetTests.dataset { $0.writesDepth = false }
        .write(sceneNamed: "ball", to: folder, layout: .transforms, render: Self.view)
      #expect(
        try Self.files(in: "\(folder)/ball/train") == ["r_0.png", "r_1.png", "r_2.png", "r_3.png"])
      let text = try FileReader.bytes(at: "\(folder)/ball/transforms_train.json", limit: 1 << 20)
      #expect(!String(decoding: text, as: UTF8.self).contains("depth"))
    }
  }

  @Test("the SRN layout turns the axes of every camera: y down, z forward")
  func srnPoses() throws {
    try Self.withFolder { folder in
      let dataset = SyntheticDatasetTests.dataset()
      try dataset.write(sceneNamed: "ball", to: folder, layout: .srn, render: Self.view)
      for (split, root) in [
        (Split.train, "train"), (.validation, "train_val"), (.test, "train_test"),
      ] {
        let scene = "\(folder)/\(root)/ball"
        #expect(try Self.files(in: scene) == ["intrinsics.txt", "pose", "rgb"])
        let cameras = dataset.cameras(of: split)
        #expect(try Self.files(in: "\(scene)/rgb").count == cameras.count)
        for (index, camera) in cameras.enumerated() {
          let text = try FileReader.bytes(at: "\(scene)/pose/00000\(index).txt", limit: 1000)
          let numbers = String(decoding: text, as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).compactMap { Float($0) }
          try #require(numbers.count == 16)
          for row in 0..<3 {
            #expect(
              Array(numbers[4 * row..<4 * row + 4]) == [
                camera.right[row], -camera.up[row], -camera.backward[row], camera.position[row],
              ])
          }
          #expect(numbers[12...] == [0, 0, 0, 1])
          let picture = try PNGFile.read("\(scene)/rgb/00000\(index).png")
          let expected = Self.view(camera).picture(over: [1, 1, 1])
          #expect(picture.channelCount == 3)
          for (sample, other) in zip(picture.samples, expected.samples) {
            #expect(abs(sample - other) <= 0.5 / 255 + 1e-6)
          }
        }
        let text = try FileReader.bytes(at: "\(scene)/intrinsics.txt", limit: 1000)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let focal = try #require(Float(lines[0].split(separator: " ")[0]))
        #expect(abs(focal - (cameras.first?.focalX ?? 0)) < 1e-5)
        #expect(lines[0].hasSuffix(" 3.0 2.0 0.") && lines[3] == "4 6")
      }
    }
  }

  @Test("a split of no views is left away", arguments: SyntheticDataset.Layout.allCases)
  func emptySplit(layout: SyntheticDataset.Layout) throws {
    try Self.withFolder { folder in
      try SyntheticDatasetTests.dataset((2, 0, 1))
        .write(sceneNamed: "ball", to: folder, layout: layout, render: Self.view)
      let found = try Self.files(in: layout == .srn ? folder : "\(folder)/ball")
      #expect(
        found
          == (layout == .srn
            ? ["train", "train_test"]
            : ["test", "train", "transforms_test.json", "transforms_train.json"]))
    }
  }

  @Test("progress counts every view once, and scenes share a folder")
  func progress() throws {
    try Self.withFolder { folder in
      var counts: [Int] = []
      for name in ["a", "b"] {
        try SyntheticDatasetTests.dataset().write(
          sceneNamed: name, to: folder, layout: .transforms, progress: { counts.append($0) },
          render: Self.view)
      }
      #expect(counts == Array(1...11) + Array(1...11))
      #expect(try Self.files(in: folder) == ["a", "b"])
    }
  }

  @Test(
    "a scene that is there already is refused before anything is rendered",
    arguments: SyntheticDataset.Layout.allCases)
  func refusal(layout: SyntheticDataset.Layout) throws {
    try Self.withFolder { folder in
      let dataset = SyntheticDatasetTests.dataset()
      try dataset.write(sceneNamed: "ball", to: folder, layout: layout, render: Self.view)
      let scene = layout == .srn ? "\(folder)/train/ball" : "\(folder)/ball"
      #expect(throws: FileError.alreadyExists(path: scene)) {
        try SyntheticDataset.check(
          sceneNamed: "ball", in: folder, layout: layout, overwriting: false)
      }
      #expect(throws: FileError.alreadyExists(path: scene)) {
        try dataset.write(sceneNamed: "ball", to: folder, layout: layout) { camera in
          Issue.record("found a render, expected none")
          return Self.view(camera)
        }
      }
      try SyntheticDataset.check(
        sceneNamed: "other", in: folder, layout: layout, overwriting: false)
      try SyntheticDataset.check(sceneNamed: "ball", in: folder, layout: layout, overwriting: true)
    }
  }

  @Test(
    "overwriting leaves no view of the earlier set, and no file that is not one",
    arguments: SyntheticDataset.Layout.allCases)
  func overwriting(layout: SyntheticDataset.Layout) throws {
    try Self.withFolder { folder in
      try SyntheticDatasetTests.dataset((6, 3, 7))
        .write(sceneNamed: "ball", to: folder, layout: layout, render: Self.view)
      let pictures = layout == .srn ? "\(folder)/train/ball/rgb" : "\(folder)/ball/train"
      try FileWriter.write([1], to: "\(pictures)/notes.png", overwriting: false)
      try SyntheticDatasetTests.dataset((2, 0, 1)) { $0.writesDepth = false }
        .write(
          sceneNamed: "ball", to: folder, layout: layout, overwriting: true, render: Self.view)
      #expect(
        try Self.files(in: pictures)
          == (layout == .srn
            ? ["000000.png", "000001.png", "notes.png"] : ["notes.png", "r_0.png", "r_1.png"]))
      let validation = layout == .srn ? "\(folder)/train_val/ball" : "\(folder)/ball"
      #expect(
        try Self.files(in: validation).filter { $0.hasSuffix(".txt") || $0.contains("_val") }
          .isEmpty)
    }
  }

  @Test("a set that could not be finished is no scene", arguments: SyntheticDataset.Layout.allCases)
  func interruption(layout: SyntheticDataset.Layout) throws {
    try Self.withFolder { folder in
      let dataset = SyntheticDatasetTests.dataset()
      try dataset.write(sceneNamed: "ball", to: folder, layout: layout, render: Self.view)
      let picture =
        layout == .srn ? "\(folder)/train/ball/rgb/000001.png" : "\(folder)/ball/train/r_1.png"
      try FileManager.default.removeItem(atPath: picture)
      try FileWriter.createFolder(picture)
      #expect(throws: FileError.self) {
        try dataset.write(
          sceneNamed: "ball", to: folder, layout: layout, overwriting: true, render: Self.view)
      }
      let lists = ["", "train/", "train_val/", "train_test/"].flatMap { root in
        Split.allCases.map { "\(folder)/\(root)ball/transforms_\($0.shortName).json" }
          + ["\(folder)/\(root)ball/intrinsics.txt"]
      }
      #expect(lists.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
    }
  }

  @Test("the same settings write the same bytes")
  func determinism() throws {
    try Self.withFolder { folder in
      for name in ["a", "b"] {
        try SyntheticDatasetTests.dataset().write(
          sceneNamed: name, to: folder, layout: .transforms, render: Self.view)
      }
      for file in ["transforms_train.json", "train/r_3.png", "test/r_0_depth.png"] {
        #expect(
          try FileReader.bytes(at: "\(folder)/a/\(file)", limit: 1 << 20)
            == FileReader.bytes(at: "\(folder)/b/\(file)", limit: 1 << 20))
      }
    }
  }

  @Test(
    "what is written is read back as a data set with the same cameras",
    arguments: SyntheticDataset.Layout.allCases)
  func roundTrip(layout: SyntheticDataset.Layout) throws {
    try Self.withFolder { folder in
      let dataset = SyntheticDatasetTests.dataset()
      try dataset.write(sceneNamed: "ball", to: folder, layout: layout, render: Self.view)
      let scene = try #require(try DatasetFolder.open(folder).scenes.first)
      #expect(scene.name == "ball")
      for (split, views) in [
        (Split.train, scene.train), (.validation, scene.validation), (.test, scene.test),
      ] {
        let cameras = dataset.cameras(of: split)
        #expect(views.count == cameras.count)
        for (view, camera) in zip(views, cameras) {
          #expect((view.camera.position - camera.position).length < 1e-6)
          #expect((view.camera.right - camera.right).length < 1e-6)
          #expect((view.camera.up - camera.up).length < 1e-6)
          #expect(abs(view.camera.focalX - camera.focalX) < 1e-5)
          #expect(abs(view.camera.focalY - camera.focalY) < 1e-5)
          #expect(view.camera.principalY == camera.principalY)
        }
      }
    }
  }
}
