/// The reading of one shape of a scene.
import Files
import Foundation
import NeuralFields

/// What the scene says for all its shapes.
struct ShapeDefaults {
  /// Nil where every shape must give its own.
  var density: Float?
  var softness: Float
  var variationNames: [String]
  /// Nil where the version of the format has no moving parts.
  var partNames: [String]?
}

extension SceneReader {
  private enum Kind { case sphere, box, torus, capsule, cone, disc, plane }

  static func shape(
    _ value: SceneValue, defaults: ShapeDefaults
  ) throws(SceneDescriptionError) -> SceneShape {
    let object = try value.object()
    let kind = try object.required("kind").choice(of: [
      "sphere": Kind.sphere, "box": .box, "torus": .torus, "capsule": .capsule, "cone": .cone,
      "disc": .disc, "plane": .plane,
    ])
    try object.expectKeys(
      ["kind", "name", "colour", "density", "softness", "glows", "vary"]
        + (defaults.partNames == nil ? [] : ["move"]) + keys(of: kind))

    let density: Float
    if let given = try object.optional("density").map(self.density) ?? defaults.density {
      density = given
    } else {
      density = try self.density(object.required("density"))
    }
    var shape = AnalyticShape(
      geometry: .halfSpace, centre: .zero, peakDensity: density,
      softness: try object.optional("softness").map(softness) ?? defaults.softness,
      colouring: try colouring(object.required("colour")),
      glows: try object.optional("glows")?.truth() ?? false)
    try place(&shape, kind: kind, from: object)
    return SceneShape(
      name: try object.optional("name")?.text(limit: 100), shape: shape,
      variationIndices: try indices(
        object.optional("vary"), of: "a variation", defaults.variationNames),
      partIndices: try indices(
        object.optional("move"), of: "a moving part", defaults.partNames ?? []))
  }

  private static func keys(of kind: Kind) -> [String] {
    switch kind {
    case .sphere: ["centre", "radius"]
    case .box: ["centre", "size", "rounding", "rotation"]
    case .torus: ["centre", "radius", "tube_radius", "rotation"]
    case .capsule: ["from", "to", "radius"]
    case .cone: ["from", "to", "from_radius", "to_radius"]
    case .disc: ["centre", "normal", "radius", "thickness", "rounding"]
    case .plane: ["point", "normal", "thickness"]
    }
  }

  /// Fills in geometry, centre and axes.
  private static func place(
    _ shape: inout AnalyticShape, kind: Kind, from object: SceneObject
  ) throws(SceneDescriptionError) {
    func point(_ key: String) throws(SceneDescriptionError) -> SIMD3<Float> {
      try object.required(key).numbers(in: coordinates)
    }
    func length(_ key: String) throws(SceneDescriptionError) -> Float {
      try object.required(key).number("a length", in: lengths)
    }

    switch kind {
    case .sphere:
      shape.centre = try point("centre")
      shape.geometry = .sphere(radius: try length("radius"))
    case .box:
      shape.centre = try point("centre")
      let size = try object.required("size").numbers("3 lengths", in: lengths)
      shape.geometry = .box(
        halfExtent: size * 0.5, rounding: try rounding(in: object, atMost: 0.5 * size.min()))
      shape.rotate(by: try rotation(object.optional("rotation")))
    case .torus:
      shape.centre = try point("centre")
      shape.geometry = .torus(
        radius: try length("radius"), tubeRadius: try length("tube_radius"))
      shape.rotate(by: try rotation(object.optional("rotation")))
    case .capsule:
      let halfLength = try stretch(&shape, from: point("from"), to: object.required("to"))
      shape.geometry = .capsule(halfLength: halfLength, radius: try length("radius"))
    case .cone:
      let halfLength = try stretch(&shape, from: point("from"), to: object.required("to"))
      let radii = 0...lengths.upperBound
      shape.geometry = .cone(
        halfLength: halfLength,
        bottomRadius: try object.required("from_radius").number("a length", in: radii),
        topRadius: try object.required("to_radius").number("a length", in: radii))
    case .disc:
      shape.centre = try point("centre")
      shape.direct(along: try object.optional("normal").map(direction) ?? [0, 0, 1])
      let (radius, half) = (try length("radius"), try length("thickness") * 0.5)
      shape.geometry = .disc(
        radius: radius, halfThickness: half,
        rounding: try rounding(in: object, atMost: min(radius, half)))
    case .plane:
      shape.centre = try point("point")
      shape.direct(along: try object.optional("normal").map(direction) ?? [0, 0, 1])
      if object.optional("thickness") != nil {
        shape.geometry = .slab(halfThickness: try length("thickness") * 0.5)
      }
    }
  }

  /// Lays the shape's z axis from one point to another.
  ///
  /// - Returns: half the distance.
  private static func stretch(
    _ shape: inout AnalyticShape, from start: SIMD3<Float>, to value: SceneValue
  ) throws(SceneDescriptionError) -> Float {
    let end = try value.numbers(in: coordinates)
    let length = (end - start).length
    guard length >= lengths.lowerBound else {
      throw value.unexpected("another point than \"from\"")
    }
    shape.centre = (start + end) * 0.5
    shape.direct(along: (end - start) / length)
    return 0.5 * length
  }

  private static func rounding(
    in object: SceneObject, atMost limit: Float
  ) throws(SceneDescriptionError) -> Float {
    try object.optional("rounding")?.number("a length", in: 0...limit) ?? 0
  }

  private static func rotation(
    _ value: SceneValue?
  ) throws(SceneDescriptionError) -> SIMD3<Float> {
    try value?.numbers("3 angles in degrees", in: -360...360) ?? .zero
  }

  /// The places of names in a list of the scene.
  private static func indices(
    _ value: SceneValue?, of kind: String, _ names: [String]
  ) throws(SceneDescriptionError) -> [Int] {
    var indices: [Int] = []
    for element in try value?.elements(count: otherCounts) ?? [] {
      let name = try element.text(limit: 100)
      guard let index = names.firstIndex(of: name), !indices.contains(index) else {
        let nearest = name.nearest(among: names).map { ", perhaps \"\($0)\"" } ?? ""
        throw element.unexpected("the name of \(kind), once" + nearest)
      }
      indices.append(index)
    }
    return indices
  }

  private static func colouring(
    _ value: SceneValue
  ) throws(SceneDescriptionError) -> ShapeColouring {
    guard case .object = value.json else { return .plain(try colour(value)) }
    let object = try value.object()
    func pair(_ value: SceneValue) throws(SceneDescriptionError) -> [SIMD3<Float>] {
      try value.elements(count: 2...2).map(colour)
    }
    if let checks = object.optional("checks") {
      try object.expectKeys(["checks", "cell"])
      let colours = try pair(checks)
      return .checks(
        colours[0], colours[1], cell: try object.required("cell").number("a length", in: lengths))
    }
    try object.expectKeys(["checks", "stripes", "width", "axis"])
    let colours = try pair(object.required("stripes"))
    return .stripes(
      colours[0], colours[1],
      width: try object.required("width").number("a length", in: lengths),
      axis: try object.required("axis").choice(of: ["x": 0, "y": 1, "z": 2]))
  }

  /// Stored sRGB values in [0, 1], from a list of them or from `#rrggbb`.
  static func colour(_ value: SceneValue) throws(SceneDescriptionError) -> SIMD3<Float> {
    if case .array = value.json { return try value.numbers(in: 0...1) }
    guard case .string(let text) = value.json, text.utf8.count == 7, text.hasPrefix("#"),
      text.dropFirst().allSatisfy(\.isHexDigit), let code = UInt32(text.dropFirst(), radix: 16)
    else {
      throw value.unexpected("\"#rrggbb\" or 3 numbers in 0…1")
    }
    return SIMD3(Float(code >> 16), Float(code >> 8 & 0xFF), Float(code & 0xFF)) / 255
  }
}
