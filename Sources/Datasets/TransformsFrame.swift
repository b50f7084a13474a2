/// A frame of a `transforms.json`, by the names it has there.
package struct TransformsFrame: Sendable, Hashable {
  /// The picture's name in the file.
  package let name: String
  /// Where the picture lies.
  package let imagePath: String

  /// The frames of a file, in its order.
  ///
  /// - Throws: `DatasetError`.
  package static func all(inTransformsFile path: String) throws(DatasetError) -> [TransformsFrame] {
    let file = try TransformsFile(reading: path, folder: SceneFolder(ofFile: path))
    return file.views.map { TransformsFrame(name: $0.name, imagePath: $0.imagePath) }
  }

  /// The frames that a file's text names.
  ///
  /// - Parameters:
  ///   - path: names the text in errors.
  ///   - folder: the scene's, which the pictures must lie in.
  /// - Throws: `DatasetError`.
  package static func all(
    inTransforms bytes: [UInt8], path: String, folder: String
  ) throws(DatasetError) -> [TransformsFrame] {
    let file = try TransformsFile(
      TransformsValue(json: bytes, path: path), path: path, folder: SceneFolder(path: folder))
    return file.views.map { TransformsFrame(name: $0.name, imagePath: $0.imagePath) }
  }
}
