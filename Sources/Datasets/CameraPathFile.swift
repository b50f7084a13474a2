import Foundation
package import VolumeRendering

/// A path of cameras in nerfstudio's form, one camera per frame.
///
/// `camera_path` lists the frames: `camera_to_world`, 16 numbers row by row, OpenGL axes, and `fov`,
/// the full angle across the height in degrees. `render_width`, `render_height` and `fps` are the
/// file's; what else viewers write there is passed over. A camera that is no pinhole is refused.
package struct CameraPathFile: Sendable, Equatable {
  /// One per frame, all of one size.
  package var cameras: [Camera]

  package var framesPerSecond: Double

  /// Whether the path's end joins its beginning.
  package var closes: Bool

  /// The most frames that are read.
  private static let frameLimit = 100_000

  package init(cameras: [Camera], framesPerSecond: Double, closes: Bool) {
    precondition(!cameras.isEmpty, "found no cameras, expected some")
    self.cameras = cameras
    self.framesPerSecond = framesPerSecond
    self.closes = closes
  }

  /// Reads a file.
  ///
  /// - Throws: `DatasetError`, located by the key.
  package init(reading path: String) throws(DatasetError) {
    try self.init(TransformsValue(reading: path, limit: 64 << 20))
  }

  /// Reads the text of a file.
  ///
  /// - Parameter path: names the text in errors.
  /// - Throws: `DatasetError`, located by the key.
  package init(json bytes: [UInt8], path: String) throws(DatasetError) {
    try self.init(TransformsValue(json: bytes, path: path))
  }

  private init(_ root: TransformsValue) throws(DatasetError) {
    if let type = try root.member("camera_type"), type.text != "perspective" {
      throw type.unmodelledLens
    }
    func pixels(_ key: String) throws(DatasetError) -> Int {
      let expected = "pixels in 1…16384"
      let value = try root.requiredMember(key, expected: expected)
      guard let number = value.number, (1...16_384).contains(number), number == number.rounded()
      else { throw value.invalid(expected: expected) }
      return Int(number)
    }
    let size = PixelSize(width: try pixels("render_width"), height: try pixels("render_height"))
    let expected = "a list of 1…\(Self.frameLimit) cameras"
    let frames = try root.requiredMember("camera_path", expected: expected)
    guard let elements = frames.elements(count: 1...Self.frameLimit) else {
      throw frames.invalid(expected: expected)
    }
    var cameras: [Camera] = []
    for element in elements { cameras.append(try Self.camera(element, size: size)) }
    self.cameras = cameras
    framesPerSecond =
      try root.number("fps", expected: "frames a second in 0.01…1000") {
        (0.01...1000).contains($0)
      } ?? 24
    closes = try root.member("is_cycle")?.isTrue ?? false
  }

  private static func camera(
    _ value: TransformsValue, size: PixelSize
  ) throws(DatasetError) -> Camera {
    let expected = "16 numbers, camera to world, row by row"
    let matrix = try value.requiredMember("camera_to_world", expected: expected)
    let numbers = matrix.elements(count: 16...16)?.compactMap(\.number) ?? []
    guard numbers.count == 16 else {
      throw matrix.invalid(expected: expected)
    }
    let pose: CameraPose
    do {
      pose = try CameraPose(
        rows: (0..<4).map { Array(numbers[$0 * 4..<$0 * 4 + 4]) }, axes: .openGL)
    } catch {
      throw matrix.invalid(found: error.found, expected: error.expected)
    }
    let degrees = "degrees in 0.1…179"
    _ = try value.requiredMember("fov", expected: degrees)
    let angle = try value.number("fov", expected: degrees) { angles.contains($0) } ?? 50
    var intrinsics = PinholeIntrinsics()
    intrinsics.angleY = angle * .pi / 180
    return intrinsics.camera(of: size, pose: pose)
  }

  /// Of `fov`, degrees.
  private static let angles = 0.1...179.0

  /// The file's text; pixels count as square, as the form has one angle per camera.
  package var bytes: [UInt8] {
    func numbers(_ camera: Camera) -> [Double] {
      let columns = [camera.right, camera.up, camera.backward, camera.position]
      return (0..<3).flatMap { row in columns.map { Double($0[row]) } } + [0, 0, 0, 1]
    }
    let first = cameras[0]
    let content = Content(
      cameraPath: cameras.map { camera in
        Content.Frame(
          aspect: Double(camera.width) / Double(camera.height), cameraToWorld: numbers(camera),
          fov: Self.angle(of: camera))
      }, fps: framesPerSecond, isCycle: closes, renderHeight: first.height,
      renderWidth: first.width, seconds: Double(cameras.count) / framesPerSecond)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    guard let data = try? encoder.encode(content) else {
      preconditionFailure("found a number that is not finite, expected none in a camera")
    }
    return Array(data) + [0x0A]
  }

  /// The full angle across a picture's height in degrees, within what the form may say.
  private static func angle(of camera: Camera) -> Double {
    let angle = 2 * atan(0.5 * Double(camera.height) / Double(camera.focalY)) * 180 / .pi
    return min(max(angle, angles.lowerBound), angles.upperBound)
  }

  private struct Content: Encodable {
    struct Frame: Encodable {
      let aspect: Double
      let cameraToWorld: [Double]
      let fov: Double
    }

    let cameraPath: [Frame]
    var cameraType = "perspective"
    let fps: Double
    let isCycle: Bool
    /// What viewers edit; the frames above are complete without.
    var keyframes: [Frame] = []
    let renderHeight: Int
    let renderWidth: Int
    let seconds: Double
    var smoothnessValue = 0.5
  }
}
