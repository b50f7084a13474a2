package import Datasets
import Foundation
package import NeuralFields
package import VolumeRendering

/// A path of cameras: places at times, and the course between them.
package struct CameraTrack: Sendable, Equatable {
  package enum Placement: Sendable, Equatable {
    /// On an orbit or looking at a point; the full angle across the width is in radians.
    case named(SceneCamera.Placement, horizontalFieldOfView: Float)
    /// A camera that is known in full, such as that of a picture.
    case known(Camera)
  }

  /// One per key.
  package var placements: [Placement]
  package var times: KeyTimes
  package var curve: PathCurve

  /// - Precondition: there is one placement per key.
  package init(placements: [Placement], times: KeyTimes, curve: PathCurve = .linear) {
    precondition(
      placements.count == times.keys.count,
      "found \(placements.count) cameras, expected one for each of \(times.keys.count) keys")
    self.placements = placements
    self.times = times
    self.curve = curve
  }

  /// A full turn about +z around what a camera orbits, in equal steps.
  ///
  /// - Parameters:
  ///   - camera: looks at the target from a distance.
  ///   - frames: of the path; the turn's last step leads back to the first frame.
  package static func turntable(
    from camera: Camera, around target: SIMD3<Float>, frames: SequenceFrames,
    over range: ClosedRange<Double>
  ) -> CameraTrack {
    let offset = camera.position - target
    let horizontal = (offset.x * offset.x + offset.y * offset.y).squareRoot()
    let azimuth = atan2(offset.y, offset.x)
    let stepCount = frames.closes ? frames.count : frames.count - 1
    let turn = 2 * Float.pi * Float(stepCount) / Float(frames.count)
    let placements = [azimuth, azimuth + turn].map { azimuth in
      Placement.named(
        .orbit(
          azimuth: azimuth, elevation: atan2(offset.z, horizontal), distance: offset.length,
          target: target),
        horizontalFieldOfView: 2 * atan(0.5 * Float(camera.width) / camera.focalX))
    }
    return CameraTrack(
      placements: placements, times: KeyTimes(count: 2, over: range, closes: false))
  }

  /// The camera at a time; at a key exactly the key's.
  ///
  /// Between orbits and between look-ats their numbers go their way: from azimuth 0 to 360 is a full
  /// turn. Between other cameras positions do, and the axes turn along the shorter way.
  ///
  /// - Parameters: the picture's size in pixels, to which known cameras are scaled.
  package func camera(at time: Double, width: Int, height: Int) -> Camera {
    let (key, share) = times.place(at: time)
    let weights = curve.weights(
      after: key, share: share, count: placements.count, closes: times.closingTime != nil,
      codes: [])
    let parts = zip(placements, weights).filter { $0.1 != 0 }
      .map { (placement: $0.0, weight: Float($0.1)) }
    if parts.count > 1, let placement = Self.blend(parts) {
      return placement.camera(width: width, height: height)
    }
    return Self.blend(
      parts.map { (camera: $0.placement.camera(width: width, height: height), weight: $0.weight) })
  }

  /// The weighted sum of placements of one kind; nil where they are of different kinds.
  private static func blend(_ parts: [(placement: Placement, weight: Float)]) -> Placement? {
    var numbers: [Float] = []
    var isOrbit: Bool?
    for (placement, weight) in parts {
      guard case .named(let named, let angle) = placement else { return nil }
      let own: [Float]
      switch named {
      case .orbit(let azimuth, let elevation, let distance, let target):
        guard isOrbit ?? true else { return nil }
        isOrbit = true
        own = [azimuth, elevation, distance, target.x, target.y, target.z, angle]
      case .lookAt(let from, let at, let up):
        guard !(isOrbit ?? false) else { return nil }
        isOrbit = false
        own = [from.x, from.y, from.z, at.x, at.y, at.z, up.x, up.y, up.z, angle]
      }
      if numbers.isEmpty { numbers = [Float](repeating: 0, count: own.count) }
      for (index, number) in own.enumerated() { numbers[index] += weight * number }
    }
    func vector(_ start: Int) -> SIMD3<Float> {
      [numbers[start], numbers[start + 1], numbers[start + 2]]
    }
    // A spline may overshoot.
    if isOrbit == true {
      return .named(
        .orbit(
          azimuth: numbers[0], elevation: numbers[1].limited(to: (-.pi / 2)...(.pi / 2)),
          distance: max(numbers[2], 1e-3),
          target: vector(3)),
        horizontalFieldOfView: numbers[6].limited(to: SceneCamera.fieldsOfView))
    }
    // Two cameras that look through each other meet the point they look at.
    guard (vector(0) - vector(3)).length > 1e-4 else { return nil }
    return .named(
      .lookAt(from: vector(0), at: vector(3), up: vector(6)),
      horizontalFieldOfView: numbers[9].limited(to: SceneCamera.fieldsOfView))
  }

  /// The weighted sum of cameras of one size.
  private static func blend(_ parts: [(camera: Camera, weight: Float)]) -> Camera {
    var camera = parts[0].camera
    guard parts.count > 1 else { return camera }
    let first = Quaternion(camera)
    var rotation = SIMD4<Float>.zero
    camera.position = .zero
    (camera.focalX, camera.focalY, camera.principalX, camera.principalY) = (0, 0, 0, 0)
    for (part, weight) in parts {
      camera.position += weight * part.position
      camera.focalX += weight * part.focalX
      camera.focalY += weight * part.focalY
      camera.principalX += weight * part.principalX
      camera.principalY += weight * part.principalY
      let own = Quaternion(part).values
      // A rotation is two quaternions: the nearer one is the shorter way.
      rotation += ((own * first.values).sum() < 0 ? -weight : weight) * own
    }
    (camera.right, camera.up, camera.backward) = Quaternion(rotation).axes
    // A spline may overshoot: to no angle that neither a key nor a file could have.
    let angles = SceneCamera.fieldsOfView
    for focal in [\Camera.focalX, \Camera.focalY] {
      let keys = parts.map { $0.camera[keyPath: focal] }
      let side = 0.5 * Float(camera.width)
      let least = keys.reduce(side / tan(angles.upperBound / 2), min)
      let most = keys.reduce(side / tan(angles.lowerBound / 2), max)
      camera[keyPath: focal] = camera[keyPath: focal].limited(to: least...most)
    }
    return camera
  }
}

extension CameraTrack.Placement {
  fileprivate func camera(width: Int, height: Int) -> Camera {
    switch self {
    case .known(let camera):
      camera.width == width && camera.height == height
        ? camera : camera.resized(width: width, height: height)
    case .named(let placement, let angle):
      SceneCamera(name: "", placement: placement, horizontalFieldOfView: angle)
        .camera(width: width, height: height)
    }
  }
}

/// A rotation as four numbers x, y, z, w of unit length. (Shoemake 1985.)
private struct Quaternion {
  let values: SIMD4<Float>

  /// The rotation nearest to a sum of rotations; none where they cancel.
  init(_ sum: SIMD4<Float>) {
    let length = (sum * sum).sum().squareRoot()
    values = length > 1e-6 ? sum / length : [0, 0, 0, 1]
  }

  /// How a camera's axes are turned: by the largest of the four numbers, for accuracy.
  init(_ camera: Camera) {
    let (r, u, b) = (camera.right, camera.up, camera.backward)
    let trace = r.x + u.y + b.z
    if trace > max(r.x, u.y, b.z) {
      self.init([u.z - b.y, b.x - r.z, r.y - u.x, 1 + trace])
    } else if r.x >= max(u.y, b.z) {
      self.init([1 + r.x - u.y - b.z, r.y + u.x, r.z + b.x, u.z - b.y])
    } else if u.y >= b.z {
      self.init([r.y + u.x, 1 - r.x + u.y - b.z, u.z + b.y, b.x - r.z])
    } else {
      self.init([r.z + b.x, u.z + b.y, 1 - r.x - u.y + b.z, r.y - u.x])
    }
  }

  /// Right, up and backward.
  var axes: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>) {
    let (x, y, z, w) = (values.x, values.y, values.z, values.w)
    return (
      [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)],
      [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)],
      [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)]
    )
  }
}

extension Float {
  fileprivate func limited(to range: ClosedRange<Float>) -> Float {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
