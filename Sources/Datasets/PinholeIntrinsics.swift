import Foundation
import VolumeRendering

/// How a camera's picture is laid out, as a file states it: before the picture's size is known.
struct PinholeIntrinsics: Equatable {
  /// The picture's size, pixels, where the file states it.
  var width: Int?
  var height: Int?

  /// Focal lengths, pixels; or full fields of view, radians, of a picture of any size.
  var focalX: Double?
  var focalY: Double?
  var angleX: Double?
  var angleY: Double?

  /// The principal point, pixels from the top left corner; the centre where it is not stated.
  var principalX: Double?
  var principalY: Double?

  /// Whether all of this is stretched to pictures of another size than the stated one.
  var fitsOtherSizes = false

  /// Whether anything says how wide the view is.
  var hasFocalLength: Bool {
    focalX != nil || focalY != nil || angleX != nil || angleY != nil
  }

  /// The size that a picture must have, or nil where the camera suits a picture of this size.
  func sizeConflict(with size: PixelSize) -> PixelSize? {
    let stated = PixelSize(width: width ?? size.width, height: height ?? size.height)
    if stated == size { return nil }
    // A stretched camera still has to see the whole picture: the sides must keep their ratio.
    let ratio = Double(size.width * stated.height) / Double(size.height * stated.width)
    return fitsOtherSizes && abs(ratio - 1) < 0.01 ? nil : stated
  }

  /// The camera of a picture.
  ///
  ///     f = ½ w / tan(½ angle)
  ///
  /// One focal length or angle serves both axes where only one is stated: pixels are square.
  ///
  /// - Parameter size: the picture's size, without conflict.
  /// - Precondition: there is a focal length or an angle.
  func camera(of size: PixelSize, pose: CameraPose) -> Camera {
    let width = width ?? size.width
    let height = height ?? size.height
    let statedX = focalX ?? angleX.map { 0.5 * Double(width) / tan(0.5 * $0) }
    let statedY = focalY ?? angleY.map { 0.5 * Double(height) / tan(0.5 * $0) }
    guard let focalX = statedX ?? statedY, let focalY = statedY ?? statedX else {
      preconditionFailure("found no focal length, expected one")
    }
    return Camera(
      width: width, height: height, focalX: Float(focalX), focalY: Float(focalY),
      principalX: Float(principalX ?? 0.5 * Double(width)),
      principalY: Float(principalY ?? 0.5 * Double(height)), right: pose.right, up: pose.up,
      backward: pose.backward, position: pose.position
    ).resized(width: size.width, height: size.height)
  }
}
