import Foundation
package import NeuralFields

/// A pinhole camera: which ray passes through which pixel.
///
/// Camera axes are those of OpenGL and NeRF: x right, y up, looking along −z. Pixel (0, 0) is top
/// left, and the centre of pixel (column, row) is at (column + ½, row + ½).
package struct Camera: Sendable, Hashable {
  /// The picture's size, pixels.
  package var width: Int
  package var height: Int

  /// Focal lengths, pixels.
  package var focalX: Float
  package var focalY: Float

  /// The principal point, pixels from the top left corner of the picture.
  package var principalX: Float
  package var principalY: Float

  /// The camera's axes in world coordinates: right, up, backward; orthonormal.
  package var right: SIMD3<Float>
  package var up: SIMD3<Float>
  package var backward: SIMD3<Float>

  /// The centre of projection, scene units.
  package var position: SIMD3<Float>

  package init(
    width: Int, height: Int, focalX: Float, focalY: Float, principalX: Float, principalY: Float,
    right: SIMD3<Float>, up: SIMD3<Float>, backward: SIMD3<Float>, position: SIMD3<Float>
  ) {
    self.width = width
    self.height = height
    self.focalX = focalX
    self.focalY = focalY
    self.principalX = principalX
    self.principalY = principalY
    self.right = right
    self.up = up
    self.backward = backward
    self.position = position
  }

  /// A camera at `position` that looks at `target`, with square pixels and a centred principal point.
  ///
  /// - Parameters:
  ///   - horizontalFieldOfView: the full angle across the width, radians, in (0, π).
  ///   - up: a direction that shall point upwards in the picture; where it is parallel to the view
  ///     direction another axis takes its place.
  /// - Precondition: `position` differs from `target`.
  package init(
    lookingFrom position: SIMD3<Float>, at target: SIMD3<Float>,
    up worldUp: SIMD3<Float> = [0, 0, 1], horizontalFieldOfView: Float, width: Int, height: Int
  ) {
    self.init(
      at: position, backward: (position - target).normalised, up: worldUp,
      horizontalFieldOfView: horizontalFieldOfView, width: width, height: height)
  }

  private init(
    at position: SIMD3<Float>, backward: SIMD3<Float>, up worldUp: SIMD3<Float>,
    horizontalFieldOfView: Float, width: Int, height: Int
  ) {
    var right = worldUp.cross(backward)
    if right.length < 1e-4 {
      let other: SIMD3<Float> = abs(backward.y) < 0.9 ? [0, 1, 0] : [1, 0, 0]
      right = other.cross(backward)
    }
    right = right.normalised
    let focal = 0.5 * Float(width) / tan(0.5 * horizontalFieldOfView)
    self.init(
      width: width, height: height, focalX: focal, focalY: focal, principalX: 0.5 * Float(width),
      principalY: 0.5 * Float(height), right: right, up: backward.cross(right), backward: backward,
      position: position)
  }

  /// A camera on a sphere around `target`, looking at it; the world's up is +z.
  ///
  /// - Parameters:
  ///   - azimuth: radians about +z, 0 on the +x axis, counter-clockwise seen from above.
  ///   - elevation: radians above the horizontal plane, −π/2…π/2.
  ///   - distance: from `target`, scene units, > 0.
  ///   - horizontalFieldOfView: the full angle across the width, radians, in (0, π).
  package init(
    orbitAzimuth azimuth: Float, elevation: Float, distance: Float,
    target: SIMD3<Float> = .zero, horizontalFieldOfView: Float, width: Int, height: Int
  ) {
    let direction = SIMD3(
      cos(elevation) * cos(azimuth), cos(elevation) * sin(azimuth), sin(elevation))
    // Seen from a pole the horizontal direction away from the viewer takes the part of "up".
    let up = SIMD3(
      -sin(elevation) * cos(azimuth), -sin(elevation) * sin(azimuth), cos(elevation))
    let position = target + direction * distance
    let offset = position - target
    self.init(
      at: position,
      // Far from the origin a short distance may be rounded away.
      backward: offset.length > 0 ? offset.normalised : direction, up: up,
      horizontalFieldOfView: horizontalFieldOfView, width: width, height: height)
  }

  /// The unit direction of the ray through a point of the picture, in world coordinates.
  ///
  /// - Parameter point: pixels from the top left corner; a pixel's centre is at + ½.
  package func direction(throughPoint point: SIMD2<Float>) -> SIMD3<Float> {
    let x = (point.x - principalX) / focalX
    let y = -(point.y - principalY) / focalY
    return (right * x + up * y - backward).normalised
  }

  /// The ray through the centre of a pixel, cut to a box.
  ///
  /// - Parameter near: the distance before which nothing is seen, scene units, ≥ 0.
  /// - Returns: nil where the ray misses the box.
  package func ray(
    throughColumn column: Int, row: Int, within bound: BoundingBox, near: Float = 0
  ) -> Ray? {
    Ray(
      origin: position,
      direction: direction(throughPoint: [Float(column) + 0.5, Float(row) + 0.5]), within: bound,
      near: near)
  }

  /// Where a world point appears in the picture, in pixels; nil behind the camera.
  package func projection(of point: SIMD3<Float>) -> SIMD2<Float>? {
    let offset = point - position
    let depth = -offset.dot(backward)
    guard depth > 1e-6 else { return nil }
    return [
      principalX + focalX * offset.dot(right) / depth,
      principalY - focalY * offset.dot(up) / depth,
    ]
  }

  /// The same view at another picture size, the picture scaled to the new size.
  package func resized(width newWidth: Int, height newHeight: Int) -> Camera {
    let scaleX = Float(newWidth) / Float(width)
    let scaleY = Float(newHeight) / Float(height)
    var camera = self
    camera.width = newWidth
    camera.height = newHeight
    camera.focalX *= scaleX
    camera.focalY *= scaleY
    camera.principalX *= scaleX
    camera.principalY *= scaleY
    return camera
  }
}
