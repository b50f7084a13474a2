import Foundation
import Imaging
import NeuralFields
import Synchronization
import Testing
import VolumeRendering

/// Tiny scenes on the disk, in a folder that lives as long as a test's closure.
struct SceneFixture {
  let path: String

  static func with<Value>(_ body: (SceneFixture) throws -> Value) throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(
      path: "hypermarch-scenes-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(SceneFixture(path: path))
  }

  /// A file's whole path.
  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ bytes: [UInt8], to name: String) throws {
    let url = URL(fileURLWithPath: self(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// Writes a picture as its PNG, which is made only once for equal pictures: `PNGFile` waits for the
  /// disk with each file that it writes.
  func write(_ image: Image, to name: String, bitDepth: Int = 8) throws {
    let picture = EncodedPictures.Picture(
      width: image.width, channelCount: image.channelCount, samples: image.samples,
      bitDepth: bitDepth)
    if let bytes = EncodedPictures.shared.bytes(of: picture) {
      try write(bytes, to: name)
      return
    }
    try write([], to: name)
    try PNGFile.write(image, to: self(name), bitDepth: bitDepth, overwriting: true)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: self(name))))
    EncodedPictures.shared.insert(bytes, of: picture)
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: self(name), withDestinationPath: target)
  }

  /// A scene in Blender's form: plain grey pictures `train/0.png`… from a ring of cameras.
  ///
  /// - Parameter frames: what to write instead of the ring's frames.
  func writeScene(
    _ name: String = "", split: String = "train", viewCount: Int = 1, size: Int = 4,
    keys: String = "\"camera_angle_x\": 0.7", frames: [String]? = nil
  ) throws {
    let folder = name.isEmpty ? "" : "\(name)/"
    for index in 0..<viewCount {
      try write(
        Image(width: size, height: size, channelCount: 3, repeating: 0.4),
        to: "\(folder)\(split)/\(index).png")
    }
    let ring = ring(of: viewCount, size: size).enumerated().map { index, camera in
      frame("\(split)/\(index)", camera)
    }
    try write(
      transforms(keys: keys, frames: frames ?? ring), to: "\(folder)transforms_\(split).json")
  }
}

/// The bytes of the PNG files that have been made so far.
private final class EncodedPictures: Sendable {
  struct Picture: Hashable {
    let width: Int
    let channelCount: Int
    let samples: [Float]
    let bitDepth: Int
  }

  static let shared = EncodedPictures()

  private let known = Mutex<[Picture: [UInt8]]>([:])

  func bytes(of picture: Picture) -> [UInt8]? { known.withLock { $0[picture] } }

  func insert(_ bytes: [UInt8], of picture: Picture) { known.withLock { $0[picture] = bytes } }
}

/// The text of a transforms file.
func transforms(keys: String, frames: [String]) -> String {
  "{\(keys)\(keys.isEmpty ? "" : ", ")\"frames\": [\(frames.joined(separator: ", "))]}"
}

/// The text of a frame.
func frame(_ name: String, _ camera: Camera, keys: String = "") -> String {
  frame(name, matrix: matrix(camera), keys: keys)
}

func frame(_ name: String, matrix: [[Float]], keys: String = "") -> String {
  "{\(keys.isEmpty ? "" : keys + ", ")\"file_path\": \"\(name)\", \"transform_matrix\": \(matrix)}"
}

/// Camera to world, OpenGL axes.
func matrix(_ camera: Camera) -> [[Float]] {
  (0..<3).map { [camera.right[$0], camera.up[$0], camera.backward[$0], camera.position[$0]] }
    + [[0, 0, 0, 1]]
}

/// Cameras around the origin, high and low in turns.
func ring(of count: Int, size: Int, distance: Float = 3.2) -> [Camera] {
  (0..<count).map { index in
    Camera(
      orbitAzimuth: 2.4 * Float(index), elevation: [0.3, 0.9, -0.1, 0.6][index % 4],
      distance: distance, horizontalFieldOfView: 0.7, width: size, height: size)
  }
}
