import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import NeuralFields
import VolumeRendering

/// Where the picture is taken from.
struct CameraOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Orbit: angle about +z from the +x axis.", valueName: "degrees"))
  var azimuth: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Orbit: angle above the horizon, -90…90.", valueName: "degrees"))
  var elevation: Float?

  @Option(help: ArgumentHelp("Orbit: distance from the target.", valueName: "scene units"))
  var distance: Float?

  @Option(help: ArgumentHelp("Horizontal field of view, 1…179.", valueName: "degrees"))
  var fov: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The point an orbiting camera looks at.", valueName: "x,y,z"))
  var target: VectorArgument?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Look-at: the camera's place.", valueName: "x,y,z"))
  var lookFrom: VectorArgument?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Look-at: the point it looks at.", valueName: "x,y,z"))
  var lookAt: VectorArgument?

  @Option(help: ArgumentHelp("Take the camera of a frame of a transforms.json.", valueName: "file"))
  var cameras: String?

  @Option(help: ArgumentHelp("Which frame of --cameras, from 0, the default.", valueName: "n"))
  var frame: Int?

  /// The coordinates that places may have, scene units: those that scenes and models may have.
  private static let coordinateLimit: Float = 1e6

  /// How far a camera must be from what it looks at, as a share of its distance from the origin: nearer,
  /// the rounding of coordinates would decide where it looks.
  private static let relativeDistance: Float = 1e-5

  private static let leastDistance =
    "at least 0.001 and a 100000th of the distance from the origin between camera and target"

  private static func areApart(_ camera: SIMD3<Float>, _ target: SIMD3<Float>) -> Bool {
    let length = max(camera.length, target.length)
    return (camera - target).length >= max(1e-3, relativeDistance * length)
  }

  /// Whether nothing is asked for.
  var isDefault: Bool {
    azimuth == nil && elevation == nil && distance == nil && fov == nil && target == nil
      && lookFrom == nil && lookAt == nil && cameras == nil && frame == nil
  }

  func validate() throws {
    func check(_ name: String, _ value: Float?, _ range: ClosedRange<Float>) throws {
      if let value, !range.contains(value) {
        throw ValidationError(
          "--\(name): found \(value), expected \(range.lowerBound)…\(range.upperBound)")
      }
    }
    try check("azimuth", azimuth, -36_000...36_000)
    try check("elevation", elevation, -90...90)
    try check("distance", distance, 1e-3...1e6)
    try check("fov", fov, 1...179)
    for (name, vector) in [("target", target), ("look-from", lookFrom), ("look-at", lookAt)] {
      for axis in 0..<3 {
        try check(name, vector?.value[axis], -Self.coordinateLimit...Self.coordinateLimit)
      }
    }
    let orbits = azimuth != nil || elevation != nil || distance != nil || target != nil
    let looks = lookFrom != nil || lookAt != nil
    if looks && (lookFrom == nil || lookAt == nil) {
      throw ValidationError("--look-from and --look-at belong together: found one of them")
    }
    if let lookFrom, lookFrom == lookAt {
      throw ValidationError("--look-from and --look-at: found one point, expected two")
    }
    if let from = lookFrom?.value, let at = lookAt?.value, !Self.areApart(from, at) {
      throw ValidationError(
        "--look-from and --look-at: found points too near, expected "
          + Self.leastDistance)
    }
    if let distance, let target = target?.value, distance < Self.relativeDistance * target.length {
      throw ValidationError("--distance: found \(distance), expected " + Self.leastDistance)
    }
    if [orbits, looks, cameras != nil].count(where: \.self) > 1 {
      throw ValidationError("found two kinds of camera, expected orbit, look-at or --cameras")
    }
    if let frame, frame < 0 { throw ValidationError("--frame: found \(frame), expected 0 or more") }
    if frame != nil && cameras == nil {
      throw ValidationError("--frame: found it alone, expected --cameras beside it")
    }
    if fov != nil && cameras != nil {
      throw ValidationError("--fov: found it beside --cameras, whose frames have their own")
    }
  }

  /// The camera asked for; what is left open is taken from a model's or scene's own view.
  ///
  /// - Parameters:
  ///   - base: the camera when nothing is asked for.
  ///   - baseTarget: the point that orbiting cameras look at.
  func camera(size: PictureSize?, base: Camera, baseTarget: SIMD3<Float>) throws -> Camera {
    if let cameras { return try frameCamera(of: cameras, size: size) }
    let width = size?.width ?? base.width
    let height = size?.height ?? base.height
    let baseAngle = 2 * atan(0.5 * Float(base.width) / base.focalX)
    let angle = fov.map { $0 * .pi / 180 } ?? baseAngle
    if let from = lookFrom?.value, let at = lookAt?.value {
      return Camera(
        lookingFrom: from, at: at, horizontalFieldOfView: angle, width: width, height: height)
    }
    guard azimuth != nil || elevation != nil || distance != nil || target != nil else {
      var camera = base
      camera.width = width
      camera.height = height
      let scale = Float(width) / Float(base.width)
      let focal = fov == nil ? base.focalX * scale : 0.5 * Float(width) / tan(angle / 2)
      camera.focalY *= focal / camera.focalX
      camera.focalX = focal
      camera.principalX *= scale
      // The picture keeps its middle when its shape changes.
      camera.principalY = 0.5 * Float(height) + (base.principalY - 0.5 * Float(base.height)) * scale
      return camera
    }
    let point = target?.value ?? baseTarget
    let offset = base.position - point
    guard distance != nil || Self.areApart(base.position, point) else {
      throw ValidationError(
        "--target: found the camera's own place, expected another point or a --distance")
    }
    let horizontal = (offset.x * offset.x + offset.y * offset.y).squareRoot()
    return Camera(
      orbitAzimuth: azimuth.map { $0 * .pi / 180 } ?? atan2(offset.y, offset.x),
      elevation: elevation.map { $0 * .pi / 180 } ?? atan2(offset.z, horizontal),
      distance: distance ?? offset.length, target: point, horizontalFieldOfView: angle,
      width: width, height: height)
  }

  private func frameCamera(of path: String, size: PictureSize?) throws -> Camera {
    try CommandFailure.wrapping {
      try Camera(
        ofFrame: frame ?? 0, inTransformsFile: path,
        size: size.map { PixelSize(width: $0.width, height: $0.height) })
    }
  }
}
