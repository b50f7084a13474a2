import Foundation

/// The cameras of a `transforms.json`, in the forms of NeRF's Blender scenes, instant-ngp and
/// nerfstudio.
///
/// `camera_angle_x` or `fl_x` (with `fl_y`, `cx`, `cy`, `w`, `h`) for the file or for single frames;
/// `transform_matrix` is camera to world, OpenGL axes. `time` in 0…1, of all frames or of none, says when
/// a moving scene was seen (Pumarola et al. 2021, D-NeRF, https://arxiv.org/abs/2011.13961). `near` and `far` are kept, keys that the
/// cameras do not need are ignored, and a lens that is no pinhole is refused.
struct TransformsFile {
  let views: [ViewDescription]

  /// `near`…`far` along the views' rays, scene units, where the file states them.
  let depthRange: ClosedRange<Float>?

  /// What the frames' times run over; nil where the frames have none.
  let span: TimeSpan?

  /// The longest name of a picture's file, bytes: no path may be longer.
  private static let nameLimit = 4096

  /// Reads a file.
  ///
  /// - Parameter folder: the scene's folder, which the pictures must lie in.
  /// - Throws: `DatasetError`, located by the key.
  init(reading path: String, folder: SceneFolder) throws(DatasetError) {
    try self.init(TransformsValue(reading: path, limit: 64 << 20), path: path, folder: folder)
  }

  /// Reads the values of a file.
  init(
    _ root: TransformsValue, path: String, folder: SceneFolder
  ) throws(DatasetError) {
    let frames = try root.requiredMember("frames", expected: "a list of frames")
    guard let elements = frames.elements(count: 0...100_000) else {
      throw frames.invalid(expected: "a list of up to 100000 frames")
    }
    depthRange = try TransformsFile.depthRange(of: root)
    let shared = try TransformsFile.intrinsics(of: root, defaults: PinholeIntrinsics())
    var views: [ViewDescription] = []
    for frame in elements {
      let intrinsics = try TransformsFile.intrinsics(of: frame, defaults: shared)
      guard intrinsics.hasFocalLength else {
        throw root.invalid(
          found: "neither camera_angle_x nor fl_x", expected: "one of them")
      }
      let file = try frame.requiredMember("file_path", expected: "a picture's file name")
      guard let name = file.text, !name.isEmpty else {
        throw file.invalid(expected: "a picture's file name")
      }
      guard name.utf8.count <= Self.nameLimit else {
        throw file.invalid(
          found: "\(name.utf8.count) bytes", expected: "a file name of at most \(Self.nameLimit)")
      }
      guard let imagePath = folder.path(ofPicture: name) else {
        throw .outsideFolder(path: path, location: file.location, found: name)
      }
      views.append(
        ViewDescription(
          name: name, imagePath: imagePath, intrinsics: intrinsics,
          // Views that bring their own camera may differ in size; the others share one.
          sharesSize: intrinsics == shared, pose: try TransformsFile.pose(of: frame),
          time: try TransformsFile.time(of: frame, after: views.last), statedBy: path))
    }
    span = views.first?.time == nil ? nil : try TimeSpan(of: root)
    self.views = views
  }

  /// When a frame was taken, which all frames of a file say or none does.
  ///
  /// - Parameter last: the frame before it.
  private static func time(
    of frame: TransformsValue, after last: ViewDescription?
  ) throws(DatasetError) -> Float? {
    let expected = "a time in 0…1"
    let time = try frame.number("time", expected: expected) { (0...1).contains($0) }
    guard let last, (last.time == nil) != (time == nil) else { return time.map(Float.init) }
    if let member = try frame.member("time") {
      throw member.invalid(expected: "no time, as of the frame before: all frames have one or none")
    }
    _ = try frame.requiredMember("time", expected: "\(expected), as of the frame before")
    return nil
  }

  private static func pose(of frame: TransformsValue) throws(DatasetError) -> CameraPose {
    let expected = "4 rows of 4 numbers, camera to world"
    let matrix = try frame.requiredMember("transform_matrix", expected: expected)
    guard let rows = matrix.rows else { throw matrix.invalid(expected: expected) }
    do {
      return try CameraPose(rows: rows, axes: .openGL)
    } catch {
      throw matrix.invalid(found: error.found, expected: error.expected)
    }
  }

  /// The camera's numbers in the file's top level or in a frame.
  ///
  /// - Parameter defaults: what holds where nothing is stated.
  private static func intrinsics(
    of value: TransformsValue, defaults: PinholeIntrinsics
  ) throws(DatasetError) -> PinholeIntrinsics {
    try refuseLens(of: value)
    var result = defaults
    for (key, side) in [("w", \PinholeIntrinsics.width), ("h", \.height)] {
      let length = try value.number(key, expected: "pixels in 1…16384") {
        (1...16_384).contains($0) && $0.rounded() == $0
      }
      if let length { result[keyPath: side] = Int(length) }
    }
    for (key, angle, focal) in [
      ("camera_angle_x", \PinholeIntrinsics.angleX, \PinholeIntrinsics.focalX),
      ("camera_angle_y", \.angleY, \.focalY),
    ] {
      let radians = try value.number(key, expected: "radians in 0.001…3.14") {
        (0.001...3.14).contains($0)
      }
      guard let radians else { continue }
      result[keyPath: angle] = radians
      // A frame's own angle weighs more than the file's focal length.
      result[keyPath: focal] = nil
    }
    for (key, focal) in [("fl_x", \PinholeIntrinsics.focalX), ("fl_y", \.focalY)] {
      let length = try value.number(key, expected: "pixels in 0.01…1e6") {
        (0.01...1e6).contains($0)
      }
      if let length { result[keyPath: focal] = length }
    }
    for (key, principal) in [("cx", \PinholeIntrinsics.principalX), ("cy", \.principalY)] {
      let point = try value.number(key, expected: "pixels in -16384…32768") {
        (-16_384...32_768).contains($0)
      }
      if let point { result[keyPath: principal] = point }
    }
    return result
  }

  /// Refuses every lens that bends rays: other camera models, and distortion that is not zero.
  private static func refuseLens(of value: TransformsValue) throws(DatasetError) {
    // The models that are pinholes once their distortion is zero.
    let models = ["PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "RADIAL", "SIMPLE_RADIAL"]
    if let model = try value.member("camera_model"), !models.contains(model.text ?? "") {
      throw model.unmodelledLens
    }
    for key in ["k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2"] {
      if let coefficient = try value.member(key), coefficient.number != 0 {
        throw coefficient.unmodelledLens
      }
    }
    for key in ["ftheta_p0", "ftheta_p1", "ftheta_p2", "ftheta_p3", "ftheta_p4"] {
      if let coefficient = try value.member(key), coefficient.number != 0 {
        throw coefficient.unmodelledLens
      }
    }
    for key in ["is_fisheye", "latlong", "equirectangular", "orthographic"] {
      if let lens = try value.member(key), lens.isTrue { throw lens.unmodelledLens }
    }
  }

  private static func depthRange(
    of root: TransformsValue
  ) throws(DatasetError) -> ClosedRange<Float>? {
    let near = try root.number("near", expected: "a distance in 0…1e6") { (0...1e6).contains($0) }
    guard let far = try root.member("far"), let near else { return nil }
    guard let number = far.number, number <= 1e6, Float(number) > Float(near) else {
      throw far.invalid(expected: "a distance beyond near, \(near), and up to 1e6")
    }
    return Float(near)...Float(number)
  }
}
