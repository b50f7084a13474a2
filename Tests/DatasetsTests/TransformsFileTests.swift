import Datasets
import Files
import Foundation
import Imaging
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Transforms file")
struct TransformsFileTests {
  /// The training views of a scene of one transforms file and 4×4 pictures `0.png`….
  static func views(
    keys: String, frames: [String], pictures: [(width: Int, height: Int)] = [(4, 4)]
  ) throws -> [PosedImage] {
    try SceneFixture.with { fixture in
      for (index, size) in pictures.enumerated() {
        try fixture.write(
          Image(width: size.width, height: size.height, channelCount: 3), to: "\(index).png")
      }
      try fixture.write(transforms(keys: keys, frames: frames), to: "transforms_train.json")
      return try DatasetFolder.open(fixture.path).scenes[0].train
    }
  }

  static let pose = Camera(
    lookingFrom: [1, -2, 0.5], at: [0, 0.1, 0], horizontalFieldOfView: 1, width: 4, height: 4)

  @Test("camera_angle_x is the full angle across the width, with a centred principal point")
  func blenderForm() throws {
    let camera = try #require(
      try Self.views(
        keys: "\"camera_angle_x\": 0.8", frames: [frame("./0", Self.pose)], pictures: [(6, 4)]
      ).first?.camera)
    #expect(abs(camera.focalX - 3 / tan(0.4)) < 1e-5)
    #expect(camera.focalY == camera.focalX)
    #expect((camera.principalX, camera.principalY) == (3, 2))
    #expect((camera.width, camera.height) == (6, 4))
  }

  @Test("the matrix is camera to world: its columns are right, up, backward and position")
  func axes() throws {
    let camera = try #require(
      try Self.views(keys: "\"fl_x\": 4", frames: [frame("0.png", Self.pose)]).first?.camera)
    #expect((camera.right - Self.pose.right).length < 1e-6)
    #expect((camera.up - Self.pose.up).length < 1e-6)
    #expect((camera.backward - Self.pose.backward).length < 1e-6)
    #expect(camera.position == Self.pose.position)
  }

  @Test("focal lengths and the principal point are taken as they are stated")
  func pinholeForm() throws {
    let keys = "\"fl_x\": 5, \"fl_y\": 6, \"cx\": 1.5, \"cy\": 2.25, \"w\": 4, \"h\": 4.0"
    let camera = try #require(
      try Self.views(keys: keys, frames: [frame("0", Self.pose)]).first?.camera)
    #expect((camera.focalX, camera.focalY) == (5, 6))
    #expect((camera.principalX, camera.principalY) == (1.5, 2.25))
  }

  @Test(
    "an axis without focal length takes the other's, or its own angle's",
    arguments: [
      ("\"fl_x\": 5", 5, 5), ("\"fl_y\": 6", 6, 6), ("\"fl_x\": 5, \"camera_angle_x\": 1", 5, 5),
      ("\"fl_x\": 5, \"camera_angle_y\": 1.5707963", 5, 2),
      ("\"camera_angle_y\": 1.5707963", 2, 2),
    ] as [(String, Float, Float)])
  func focalLengths(keys: String, focalX: Float, focalY: Float) throws {
    let camera = try #require(
      try Self.views(keys: keys, frames: [frame("0", Self.pose)]).first?.camera)
    #expect(abs(camera.focalX - focalX) < 1e-5)
    #expect(abs(camera.focalY - focalY) < 1e-5)
  }

  @Test("a frame's own numbers weigh more than the file's, and its picture may differ in size")
  func frameOverrides() throws {
    let cameras = try Self.views(
      keys: "\"fl_x\": 5, \"w\": 4, \"h\": 4",
      frames: [
        frame("0", Self.pose), frame("1", Self.pose, keys: "\"fl_x\": 7, \"w\": 6, \"h\": 2"),
        frame("2", Self.pose, keys: "\"camera_angle_x\": 1.5707963"),
      ], pictures: [(4, 4), (6, 2), (4, 4)]
    ).map(\.camera)
    #expect(cameras.map(\.width) == [4, 6, 4])
    #expect(cameras.map(\.focalX).map { ($0 * 100).rounded() } == [500, 700, 200])
    #expect(cameras[1].principalX == 3)
  }

  @Test("a scale that the axes share is divided out; the position stays")
  func scaledAxes() throws {
    var rows = matrix(Self.pose)
    for row in 0..<3 { for column in 0..<3 { rows[row][column] *= 0.33 } }
    let camera = try #require(
      try Self.views(keys: "\"fl_x\": 5", frames: [frame("0", matrix: rows)]).first?.camera)
    #expect((camera.right - Self.pose.right).length < 1e-5)
    #expect((camera.backward - Self.pose.backward).length < 1e-5)
    #expect(camera.position == Self.pose.position)
  }

  @Test("axes that rounding has bent are orthonormal again, backward kept")
  func roundedAxes() throws {
    let rows = matrix(Self.pose).map { $0.map { ($0 * 1000).rounded() / 1000 } }
    let camera = try #require(
      try Self.views(keys: "\"fl_x\": 5", frames: [frame("0", matrix: rows)]).first?.camera)
    let axes = [camera.right, camera.up, camera.backward]
    for (index, axis) in axes.enumerated() {
      #expect(abs(axis.length - 1) < 1e-6)
      #expect(abs(axis.dot(axes[(index + 1) % 3])) < 1e-6)
    }
    #expect((camera.right.cross(camera.up) - camera.backward).length < 1e-6)
    #expect((camera.backward - Self.pose.backward).length < 1e-3)
  }

  @Test("a matrix of three rows is one without its last")
  func threeRows() throws {
    let rows = Array(matrix(Self.pose).prefix(3))
    let camera = try #require(
      try Self.views(keys: "\"fl_x\": 5", frames: [frame("0", matrix: rows)]).first?.camera)
    #expect(camera.position == Self.pose.position)
  }

  @Test("a lens whose distortion is zero is a pinhole; unknown keys are ignored")
  func zeroDistortion() throws {
    let keys = """
      "fl_x": 5, "camera_model": "OPENCV", "k1": 0, "k2": 0.0, "p1": -0.0, "is_fisheye": false, \
      "aabb_scale": 4, "near": null, "depth": {"a": [1]}
      """
    let frame = frame("0", Self.pose, keys: "\"k1\": 0, \"depth_file_path\": \"/nowhere\"")
    #expect(try Self.views(keys: keys, frames: [frame]).count == 1)
  }

  @Test("near and far are kept")
  func depthRange() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(keys: "\"fl_x\": 5, \"near\": 2.5, \"far\": 6")
      #expect(try DatasetFolder.open(fixture.path).scenes[0].depthRange == 2.5...6)
    }
  }

  @Test("every beginning of a file is refused as JSON")
  func truncation() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene()
      let name = "transforms_train.json"
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
      for count in 0..<bytes.count {
        try fixture.write(Array(bytes[..<count]), to: name)
        let error = #expect(throws: DatasetError.self) { try DatasetFolder.open(fixture.path) }
        guard case .malformedJSON(fixture(name), _) = error else {
          Issue.record("\(count) bytes: found \(String(describing: error))")
          return
        }
      }
    }
  }

  @Test("flipped bits of a file end in views or in one line")
  func bitFlips() {
    let identity = "[[1,0,0,0],[0,1,0,0],[0,0,1,4],[0,0,0,1]]"
    let frame = "{\"file_path\":\"./train/r_0\",\"transform_matrix\":\(identity)}"
    var bytes = Array("{\"camera_angle_x\":0.7,\"w\":9,\"h\":9,\"frames\":[\(frame)]}".utf8)
    func read() throws(DatasetError) {
      _ = try TransformsFrame.all(inTransforms: bytes, path: "t.json", folder: "/dev/null")
    }
    #expect(throws: Never.self) { try read() }
    for bit in 0..<8 * bytes.count {
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      do throws(DatasetError) {
        try read()
      } catch {
        #expect(error.description.hasPrefix("t.json:"))
        #expect(error.description == error.description.onOneLine)
      }
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    var failures = 0
    for count in bytes.indices {
      let prefix = Array(bytes[..<count])
      let error = #expect(throws: DatasetError.self) {
        try TransformsFrame.all(inTransforms: prefix, path: "t.json", folder: "/dev/null")
      }
      if error == nil { failures += 1 }
    }
    Robustness.record("every prefix: transforms.json", cases: bytes.count, failures: failures)
  }
}
