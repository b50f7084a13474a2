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
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let folderPath = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    let file = try TransformsFile(reading: path, folder: SceneFolder(path: folderPath))
    return file.views.map { TransformsFrame(name: $0.name, imagePath: $0.imagePath) }
  }
}
