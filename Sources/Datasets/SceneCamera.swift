package import VolumeRendering

/// A named view of a scene, for pictures of any size.
///
/// JSON: `name`, `fov` (degrees across the width, 1…179) and `kind`:
/// - `orbit`: `azimuth` and `elevation` in degrees, `distance`, `target` = [0, 0, 0];
/// - `look-at`: `from`, `at`, `up` = [0, 0, 1].
package struct SceneCamera: Sendable, Equatable {
  package enum Placement: Sendable, Equatable {
    /// On a sphere around `target`; angles in radians as of `Camera.init(orbitAzimuth:…)`.
    case orbit(azimuth: Float, elevation: Float, distance: Float, target: SIMD3<Float>)
    case lookAt(from: SIMD3<Float>, at: SIMD3<Float>, up: SIMD3<Float>)
  }

  package var name: String
  package var placement: Placement

  /// The full angle across the width, radians, in (0, π).
  package var horizontalFieldOfView: Float

  /// The angles that files may ask for, 1…179 degrees, in radians.
  package static let fieldsOfView: ClosedRange<Float> = (.pi / 180)...(179 * .pi / 180)

  package init(name: String, placement: Placement, horizontalFieldOfView: Float) {
    self.name = name
    self.placement = placement
    self.horizontalFieldOfView = horizontalFieldOfView
  }

  /// - Parameters: the picture's size in pixels, > 0.
  package func camera(width: Int, height: Int) -> Camera {
    switch placement {
    case .orbit(let azimuth, let elevation, let distance, let target):
      Camera(
        orbitAzimuth: azimuth, elevation: elevation, distance: distance, target: target,
        horizontalFieldOfView: horizontalFieldOfView, width: width, height: height)
    case .lookAt(let from, let at, let up):
      Camera(
        lookingFrom: from, at: at, up: up, horizontalFieldOfView: horizontalFieldOfView,
        width: width, height: height)
    }
  }
}
