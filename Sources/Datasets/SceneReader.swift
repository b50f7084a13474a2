/// The reading of a scene's JSON: which keys there are, and what each may hold.
import Files
import Foundation
import NeuralFields

enum SceneReader {
  /// Of coordinates, scene units.
  static let coordinates: ClosedRange<Float> = -1000...1000
  /// Of radii, edges and distances, scene units.
  static let lengths: ClosedRange<Float> = 0.0001...1000
  static let shapeCounts = 0...1000
  static let otherCounts = 0...100

  static func scene(_ value: SceneValue) throws(SceneDescriptionError) -> SceneDescription {
    let object = try value.object()
    // Another version may have other keys, so it is named before they are.
    let version = try version(object.required("hypermarch_scene"))
    try object.expectKeys(
      [
        "hypermarch_scene", "description", "bound", "light", "density", "softness", "shapes",
        "cameras", "variations",
      ] + (version > 1 ? ["motion"] : []))
    let variations = try variations(object.optional("variations"))
    let motion = try object.optional("motion").map(motion)
    let defaults = ShapeDefaults(
      density: try object.optional("density").map(density),
      softness: try object.optional("softness").map(softness) ?? 0,
      variationNames: variations.map(\.name),
      partNames: version > 1 ? motion?.parts.map(\.name) ?? [] : nil)
    return SceneDescription(
      description: try object.required("description").text(limit: 500),
      bound: try bound(object.required("bound")),
      light: try object.optional("light").map(light),
      shapes: try object.required("shapes").elements(count: shapeCounts)
        .map { value throws(SceneDescriptionError) in try shape(value, defaults: defaults) },
      cameras: try cameras(object.required("cameras")),
      variations: variations, motion: motion)
  }

  static func density(_ value: SceneValue) throws(SceneDescriptionError) -> Float {
    try value.number("a density", in: 0.001...100_000)
  }

  static func softness(_ value: SceneValue) throws(SceneDescriptionError) -> Float {
    try value.number("a width", in: 0...1000)
  }

  /// A direction of unit length.
  static func direction(_ value: SceneValue) throws(SceneDescriptionError) -> SIMD3<Float> {
    let vector = try value.numbers(in: coordinates)
    guard vector.length > 1e-6 else { throw value.unexpected("a direction other than 0") }
    return vector.normalised
  }

  static func radians(
    _ value: SceneValue, degrees range: ClosedRange<Float>
  ) throws(SceneDescriptionError) -> Float {
    try value.number("degrees", in: range) * .pi / 180
  }

  private static func version(_ value: SceneValue) throws(SceneDescriptionError) -> Int {
    let versions = SceneDescription.formatVersions
    guard case .number(let number, _) = value.json,
      let version = Int(exactly: number), versions.contains(version)
    else {
      throw .unsupportedVersion(
        path: value.path, found: value.json.summary, supported: versions)
    }
    return version
  }

  private static func bound(_ value: SceneValue) throws(SceneDescriptionError) -> BoundingBox {
    let object = try value.object()
    try object.expectKeys(["minimum", "maximum"])
    let minimum = try object.required("minimum").numbers(in: coordinates)
    let maximum = try object.required("maximum").numbers(in: coordinates)
    guard (maximum - minimum).min() >= lengths.lowerBound else {
      throw value.unexpected("a maximum above the minimum along every axis")
    }
    return BoundingBox(minimum: minimum, maximum: maximum)
  }

  private static func light(_ value: SceneValue) throws(SceneDescriptionError) -> SceneLight {
    let object = try value.object()
    try object.expectKeys(["towards", "ambient"])
    return SceneLight(
      direction: try direction(object.required("towards")),
      ambient: try object.required("ambient").number("a share", in: 0...1))
  }

  private static func cameras(
    _ value: SceneValue
  ) throws(SceneDescriptionError) -> [SceneCamera] {
    var cameras: [SceneCamera] = []
    for element in try value.elements(count: 1...otherCounts.upperBound) {
      let object = try element.object()
      let name = try object.required("name")
      let camera = try camera(object, name: try name.text(limit: 100))
      guard !cameras.contains(where: { $0.name == camera.name }) else {
        throw name.unexpected("a name that no other camera has")
      }
      cameras.append(camera)
    }
    return cameras
  }

  private static func camera(
    _ object: SceneObject, name: String
  ) throws(SceneDescriptionError) -> SceneCamera {
    let isOrbit = try object.required("kind").choice(of: ["orbit": true, "look-at": false])
    try object.expectKeys(
      ["name", "kind", "fov"]
        + (isOrbit ? ["azimuth", "elevation", "distance", "target"] : ["from", "at", "up"]))
    let placement: SceneCamera.Placement
    if isOrbit {
      placement = .orbit(
        azimuth: try radians(object.required("azimuth"), degrees: -360...360),
        elevation: try radians(object.required("elevation"), degrees: -90...90),
        distance: try object.required("distance").number("a distance", in: lengths),
        target: try object.optional("target")?.numbers(in: coordinates) ?? .zero)
    } else {
      let from = try object.required("from").numbers(in: coordinates)
      let at = try object.required("at")
      let target = try at.numbers(in: coordinates)
      guard (target - from).length >= lengths.lowerBound else {
        throw at.unexpected("another point than \"from\"")
      }
      placement = .lookAt(
        from: from, at: target, up: try object.optional("up").map(direction) ?? [0, 0, 1])
    }
    return SceneCamera(
      name: name, placement: placement,
      horizontalFieldOfView: try radians(object.required("fov"), degrees: 1...179))
  }

  private static func variations(
    _ value: SceneValue?
  ) throws(SceneDescriptionError) -> [SceneVariation] {
    var variations: [SceneVariation] = []
    for element in try value?.elements(count: otherCounts) ?? [] {
      let object = try element.object()
      try object.expectKeys(["name", "size", "position", "hue"])
      let name = try object.required("name")
      let variation = SceneVariation(
        name: try name.text(limit: 100),
        sizeShare: try object.optional("size")?.number("a share", in: 0...0.9) ?? 0,
        positionRange: try object.optional("position")?.numbers(in: 0...1000) ?? .zero,
        hueRange: try object.optional("hue")
          .map { value throws(SceneDescriptionError) in try radians(value, degrees: 0...180) } ?? 0)
      guard !variations.contains(where: { $0.name == variation.name }) else {
        throw name.unexpected("a name that no other variation has")
      }
      variations.append(variation)
    }
    return variations
  }
}
