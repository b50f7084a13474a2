import Files
import Foundation

/// A folder on the disk, and which of the files named in it are really inside.
struct SceneFolder {
  let path: String

  /// The path with every link followed.
  private let resolvedPath: String

  init(path: String) {
    self.path = path
    resolvedPath = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  /// The folder that a file lies in.
  init(ofFile path: String) {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    self.init(path: folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder)
  }

  /// The folder's own name, also where the path ends in a dot.
  var name: String { URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent }

  /// Whether a file or folder of this name is in the folder.
  func contains(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/\(name)")
  }

  func containsFolder(_ name: String) -> Bool { SceneFolder.isFolder("\(path)/\(name)") }

  /// The names in the folder except hidden ones, in the order of their bytes.
  ///
  /// - Throws: `DatasetError.missingFolder`, `.notAFolder` or `.unreadableFolder`.
  func entries() throws(DatasetError) -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { throw .missingFolder(path: path) }
    guard SceneFolder.isFolder(path) else { throw .notAFolder(path: path) }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw .unreadableFolder(path: path, reason: "no right to list it")
    }
  }

  /// Where the picture lies that a file of this folder names.
  ///
  /// `.png` is added where the name lacks it, as Blender's exports do. Whether the picture exists is
  /// seen when it is read.
  ///
  /// - Returns: nil where the name, or a link behind it, leads out of the folder.
  func path(ofPicture name: String) -> String? {
    guard let relativePath = SceneFolder.relativePath(name) else { return nil }
    let isComplete =
      relativePath.lowercased().hasSuffix(".png")
      || (contains(relativePath) && !containsFolder(relativePath)
        && !contains(relativePath + ".png"))
    return confined(relativePath + (isComplete ? "" : ".png"))
  }

  /// Where a file lies that the folder or a file in it names.
  ///
  /// - Returns: nil where the name, or a link behind it, leads out of the folder.
  func path(ofFile name: String) -> String? {
    SceneFolder.relativePath(name).flatMap(confined)
  }

  /// A name without steps that stay; nil where it could lead out of a folder by itself.
  private static func relativePath(_ name: String) -> String? {
    // By bytes, as the system reads names: to Unicode a slash with an accent is no slash.
    let slash = UInt8(ascii: "/")
    let parts = name.utf8.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
    guard name.utf8.first != slash, !parts.contains(".."), !name.utf8.contains(0) else {
      return nil
    }
    return parts.filter { $0 != "." }.joined(separator: "/")
  }

  private func confined(_ relativePath: String) -> String? {
    let result = "\(path)/\(relativePath)"
    let resolved = URL(fileURLWithPath: result).resolvingSymlinksInPath().path
    let root = resolvedPath.hasSuffix("/") ? resolvedPath : resolvedPath + "/"
    // Folders whose names Unicode holds to be equal are two folders.
    return resolved.utf8.starts(with: root.utf8) ? result : nil
  }

  /// The same scene's folder for another split: `cars_train_test/SCENE` of `cars_train/SCENE`.
  ///
  /// - Throws: `DatasetError.outsideFolder` for a link that leads out of the split's folder.
  func sibling(besideTrainingFolder split: Split) throws(DatasetError) -> SceneFolder? {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let parent = url.deletingLastPathComponent()
    guard parent.lastPathComponent.hasSuffix("train") else { return nil }
    return try SceneFolder(path: "\(parent.path)_\(split.shortName)")
      .folder(url.lastPathComponent, where: SRNFolder.isScene)
  }

  /// A folder of this name, if it is wanted.
  ///
  /// - Throws: `DatasetError.outsideFolder` for one that is wanted and that a link leads out to.
  func folder(
    _ name: String, where isWanted: (SceneFolder) -> Bool
  ) throws(DatasetError) -> SceneFolder? {
    let folder = SceneFolder(path: "\(path)/\(name)")
    guard isWanted(folder) else { return nil }
    guard confined(name) != nil else {
      throw .outsideFolder(path: path, location: name, found: "a link")
    }
    return folder
  }

  /// A name that ends in `/.` is found only where the part before it is a folder.
  private static func isFolder(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/.")
  }
}
