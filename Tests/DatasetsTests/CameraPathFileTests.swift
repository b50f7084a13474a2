import Datasets
import Files
import TestSupport
import Testing
import VolumeRendering

@Suite("Camera path file") struct CameraPathFileTests {
  private static let path = CameraPathFile(
    cameras: (0..<3).map {
      Camera(
        orbitAzimuth: Float($0), elevation: 0.2, distance: 2.5, target: [0.1, 0.2, 0.3],
        horizontalFieldOfView: 0.8, width: 32, height: 24)
    }, framesPerSecond: 12.5, closes: true)

  private func read(_ text: String) throws -> CameraPathFile {
    try withTemporaryFolder { folder in
      try FileWriter.write(Array(text.utf8), to: "\(folder)/path.json", overwriting: false)
      return try CameraPathFile(reading: "\(folder)/path.json")
    }
  }

  private static var text: String { String(decoding: path.bytes, as: UTF8.self) }

  @Test("what is written is read") func roundTrip() throws {
    let found = try read(Self.text)
    #expect(found.framesPerSecond == 12.5 && found.closes && found.cameras.count == 3)
    for (camera, expected) in zip(found.cameras, Self.path.cameras) {
      #expect((camera.width, camera.height) == (32, 24))
      #expect(abs(camera.focalX - expected.focalX) < 1e-4)
      #expect(abs(camera.focalY - expected.focalY) < 1e-4)
      #expect(camera.position == expected.position)
      #expect((camera.backward - expected.backward).max() < 1e-6)
    }
  }

  @Test("the angle is that across the height, as nerfstudio's viewers write it") func angle() throws
  {
    let found = try read(
      """
      {"camera_type": "perspective", "render_width": 20, "render_height": 10, "seconds": 1,
       "keyframes": [], "camera_path": [{"fov": 90, "aspect": 2,
       "camera_to_world": [1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1]}]}
      """)
    #expect(abs(found.cameras[0].focalY - 5) < 1e-5 && abs(found.cameras[0].focalX - 5) < 1e-5)
    #expect(found.cameras[0].position == [1, 2, 3] && found.framesPerSecond == 24)
  }

  @Test(
    "what makes no pinhole camera is refused, with its place",
    arguments: [
      ("\"perspective\"", "\"fisheye\"", "camera_type"),
      ("\"render_width\" : 32", "\"render_width\" : 0", "render_width"),
      ("\"render_height\" : 24", "\"height\" : 24", "render_height"),
      ("\"camera_to_world\" : [", "\"camera_to_world\" : [1,", "camera_path[0].camera_to_world"),
      ("\"fov\" : ", "\"fov\" : 9", "camera_path[0].fov"),
      ("\"camera_path\"", "\"cameras\"", "camera_path"),
    ])
  func malformed(text: String, replacement: String, place: String) throws {
    try #require(Self.text.contains(text))
    let error = #expect(throws: DatasetError.self) {
      try read(Self.text.replacing(text, with: replacement))
    }
    #expect(error?.description.contains(": \(place): ") == true, "\(error?.description ?? "")")
  }
}
