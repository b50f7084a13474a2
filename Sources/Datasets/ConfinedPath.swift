/// Names of files that come from other files.
package enum ConfinedPath {
  /// Where a file lies that is named by a file.
  ///
  /// - Parameters:
  ///   - name: as it was found; not trusted.
  ///   - folder: which it must lie in.
  /// - Returns: nil where the name, or a link behind it, leads out of the folder.
  package static func path(_ name: String, inside folder: String) -> String? {
    SceneFolder(path: folder).path(ofFile: name)
  }
}
