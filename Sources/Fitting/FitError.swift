import NeuralFields
package import VolumeRendering

/// Why there is nothing to fit.
package enum FitError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No pixel of a picture differs from its background.
  case nothingShown(picture: String)
  /// A mask has another size than its picture.
  case maskSize(mask: String, found: PictureExtent, expected: PictureExtent)
  /// A camera stands where the scene is.
  case cameraInside(picture: String)
  /// No ray of a camera meets the part of space that the model's scenes lie in.
  case cameraLooksAway(picture: String)

  package struct PictureExtent: Equatable, Sendable {
    package let width: Int
    package let height: Int

    package init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  package var description: String {
    switch self {
    case .nothingShown(let picture):
      "\(picture): found no pixel that differs from the background, expected an object"
    case .maskSize(let mask, let found, let expected):
      "\(mask): found a mask of \(found.width)×\(found.height), expected the picture's "
        + "\(expected.width)×\(expected.height)"
    case .cameraInside(let picture):
      "\(picture): found a camera inside the model's bound, expected one outside: check the unit and "
        + "the origin of its position"
    case .cameraLooksAway(let picture):
      "\(picture): found a camera that looks past the model's bound, expected it in view: cameras "
        + "look along -z"
    }
  }
}

extension FitPicture {
  /// The least share of the pixels that an object must cover.
  private static let leastCoverage: Float = 0.002

  /// Refuses a picture that shows nothing.
  package func check(_ name: String) throws(FitError) {
    guard coveredShare >= Self.leastCoverage else { throw .nothingShown(picture: name) }
  }
}

extension FitModel {
  /// Refuses a camera that cannot see the model's scenes.
  package func check(_ camera: Camera, of name: String) throws(FitError) {
    if bound.contains(camera.position) { throw .cameraInside(picture: name) }
    let (columns, rows) = (min(32, camera.width), min(32, camera.height))
    let small = camera.resized(width: columns, height: rows)
    for pixel in 0..<columns * rows {
      let (row, column) = pixel.quotientAndRemainder(dividingBy: columns)
      if small.ray(throughColumn: column, row: row, within: bound, near: near) != nil { return }
    }
    throw .cameraLooksAway(picture: name)
  }
}
