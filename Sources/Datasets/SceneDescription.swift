import Files
package import NeuralFields

/// A small scene in closed form: what a file of `scenes/` holds.
///
/// The format is one JSON object, `"hypermarch_scene": 1`, or 2 with the key `motion`, z up, lengths in scene units, angles in
/// degrees, colours as the sRGB values of pictures. Keys that the format does not have are refused.
///
///     {
///       "hypermarch_scene": 1,
///       "description": "one line for people",
///       "bound": {"minimum": [-1, -1, -1], "maximum": [1, 1, 1]},
///       "light": {"towards": [1, -1, 2], "ambient": 0.4},
///       "density": 60, "softness": 0.02,
///       "shapes": [{"kind": "sphere", "centre": [0, 0, 0], "radius": 0.5, "colour": "#d04a35"}],
///       "cameras": [{"name": "front", "kind": "orbit", "azimuth": -60, "elevation": 20,
///                    "distance": 3.2, "fov": 40}],
///       "variations": [{"name": "ball", "size": 0.2, "position": [0.1, 0.1, 0], "hue": 30}]
///     }
///
/// - `bound`: nothing is seen outside it.
/// - `light`, optional: see ``SceneLight``. Without it colours are seen as given.
/// - `density`, `softness`, optional: of shapes that do not give their own.
/// - `shapes`: see ``SceneShape``. The density of the scene is the sum over the shapes, its radiance
///   their mean weighted by density.
/// - `cameras`: see ``SceneCamera``. The first is the default.
/// - `variations`, optional: see ``SceneVariation``.
/// - `motion`, optional, of version 2: see ``SceneMotion``.
package struct SceneDescription: Sendable, Equatable {
  /// The versions of the format: 1 for scenes at rest, 2 for scenes that may move.
  package static let formatVersions = 1...2

  /// The largest file that is read, bytes.
  package static let byteLimit = 1 << 20

  /// One line for people.
  package var description: String
  package var bound: BoundingBox
  package var light: SceneLight?
  package var shapes: [SceneShape]

  /// Never empty; names differ.
  package var cameras: [SceneCamera]
  package var variations: [SceneVariation]

  /// Nil for a scene at rest; the shapes are as they are before it acts.
  package var motion: SceneMotion?

  package init(
    description: String, bound: BoundingBox, light: SceneLight? = nil, shapes: [SceneShape],
    cameras: [SceneCamera], variations: [SceneVariation] = [], motion: SceneMotion? = nil
  ) {
    precondition(!cameras.isEmpty, "found a scene without cameras, expected at least one")
    self.description = description
    self.bound = bound
    self.light = light
    self.shapes = shapes
    self.cameras = cameras
    self.variations = variations
    self.motion = motion
  }

  /// Reads a scene file.
  ///
  /// - Throws: ``SceneDescriptionError`` at the first thing that does not fit the format.
  package init(contentsOf path: String) throws(SceneDescriptionError) {
    let bytes: [UInt8]
    do {
      bytes = try FileReader.bytes(at: path, limit: Self.byteLimit)
    } catch {
      throw .file(error)
    }
    try self.init(json: bytes, path: path)
  }

  /// Reads the text of a scene file.
  ///
  /// - Parameter path: names the text in errors.
  /// - Throws: ``SceneDescriptionError`` at the first thing that does not fit the format.
  package init(json bytes: [UInt8], path: String) throws(SceneDescriptionError) {
    let json: StrictJSON
    do {
      json = try StrictJSON(parsing: bytes)
    } catch {
      throw .malformedJSON(path: path, error: error)
    }
    self = try SceneReader.scene(SceneValue(json: json, path: path, keyPath: ""))
  }

  package var defaultCamera: SceneCamera { cameras[0] }

  /// The camera of that name.
  package func camera(named name: String) -> SceneCamera? { cameras.first { $0.name == name } }
}

/// One solid of a scene.
///
/// Every kind has the keys `kind` and `colour` and, where needed,
/// - `name`, for people;
/// - `density`, the peak per scene unit, and `softness`, the width of its fall across the surface;
/// - `glows`: true keeps the light away from its colour;
/// - `vary`, a list of names of `variations`;
/// - `move`, a list of names of parts of `motion`.
///
/// A colour is `"#rrggbb"` or `[r, g, b]` in 0…1. The key `colour` holds one, or a pattern in the
/// shape's own axes: `{"checks": [colour, colour], "cell": length}` or
/// `{"stripes": [colour, colour], "width": length, "axis": "x" | "y" | "z"}`.
///
/// | kind | keys |
/// | --- | --- |
/// | `sphere` | `centre`, `radius` |
/// | `box` | `centre`, `size` (full edges), `rounding` = 0, `rotation` = [0, 0, 0] |
/// | `torus` | `centre`, `radius` (to the middle of the tube), `tube_radius`, `rotation`; flat in z |
/// | `capsule` | `from`, `to`, `radius` |
/// | `cone` | `from`, `to`, `from_radius`, `to_radius`; cut flat at both ends |
/// | `disc` | `centre`, `radius`, `thickness`, `normal` = [0, 0, 1], `rounding` = 0 |
/// | `plane` | `point`, `normal` = [0, 0, 1], `thickness`: none fills the half-space below |
///
/// `rotation` turns about the scene's x axis, then y, then z.
package struct SceneShape: Sendable, Equatable {
  /// For people and errors.
  package var name: String?
  package var shape: AnalyticShape

  /// Which of the scene's variations move this shape.
  package var variationIndices: [Int]

  /// Which of the scene's moving parts it belongs to.
  package var partIndices: [Int]

  package init(
    name: String? = nil, shape: AnalyticShape, variationIndices: [Int] = [],
    partIndices: [Int] = []
  ) {
    self.name = name
    self.shape = shape
    self.variationIndices = variationIndices
    self.partIndices = partIndices
  }
}

/// A light far away that shades every shape, without shadows.
///
/// JSON: `towards`, the direction from the scene to the light, and `ambient` in 0…1, the share of a
/// colour that is left on the side turned away.
package struct SceneLight: Sendable, Equatable {
  /// From the scene to the light, unit length.
  package var direction: SIMD3<Float>
  /// In [0, 1].
  package var ambient: Float

  package init(direction: SIMD3<Float>, ambient: Float) {
    self.direction = direction
    self.ambient = ambient
  }
}
