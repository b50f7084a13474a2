import Foundation
import NeuralFields
package import VolumeRendering

/// A small rigid motion of a camera: a rotation about a pivot, then a shift.
///
///     p ↦ c + exp([ω]) (p − c) + τ
///
/// Six numbers without a singular place: what an orbit calls azimuth, elevation and roll are rotations
/// about the pivot, and distance and the picture's shift are τ.
package struct CameraMotion: Sendable, Hashable {
  /// ω, radians.
  package var rotation: SIMD3<Float>
  /// τ, scene units.
  package var shift: SIMD3<Float>

  package init(rotation: SIMD3<Float>, shift: SIMD3<Float>) {
    self.rotation = rotation
    self.shift = shift
  }

  /// The camera after the motion.
  package func applied(to camera: Camera, pivot: SIMD3<Float>) -> Camera {
    var moved = camera
    moved.position = pivot + rotated(camera.position - pivot) + shift
    // Rounding is kept from adding up: backward stays a unit vector, and right perpendicular to it.
    moved.backward = rotated(camera.backward).normalised
    let right = rotated(camera.right)
    moved.right = (right - moved.backward * right.dot(moved.backward)).normalised
    moved.up = moved.backward.cross(moved.right)
    return moved
  }

  /// Rodrigues' formula: v cos θ + (k × v) sin θ + k (k · v) (1 − cos θ).
  private func rotated(_ vector: SIMD3<Float>) -> SIMD3<Float> {
    let angle = rotation.length
    guard angle > 1e-12 else { return vector }
    let axis = rotation / angle
    return vector * cos(angle) + axis.cross(vector) * sin(angle)
      + axis * (axis.dot(vector) * (1 - cos(angle)))
  }
}

extension Camera {
  /// The angle of the rotation from one camera's axes to another's, radians, 0…π.
  ///
  ///     cos θ = (trace(RᵀR') − 1) / 2
  package func angle(to other: Camera) -> Float {
    let trace = right.dot(other.right) + up.dot(other.up) + backward.dot(other.backward)
    return acos(min(max((trace - 1) / 2, -1), 1))
  }
}
