/// Where the scenes of a data set are, and which of them are meant.
struct SceneLocation {
  /// The folder that holds the scenes, or the only scene's own folder.
  let path: String

  private let folders: [SceneFolder]

  /// Looks for scenes in a folder: itself, its subfolders, or those of its training folder.
  ///
  /// - Throws: `DatasetError`.
  init(_ path: String) throws(DatasetError) {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    let folder = SceneFolder(path: trimmed)
    let entries = try folder.entries()
    if ScenePlan.isScene(folder) {
      self.init(path: trimmed, folders: [folder])
      return
    }
    let scenes = try SceneLocation.scenes(in: folder, entries: entries)
    if !scenes.isEmpty {
      self.init(path: trimmed, folders: scenes)
      return
    }
    var splits: [(name: String, folder: SceneFolder, scenes: [SceneFolder])] = []
    for entry in entries where folder.containsFolder(entry) {
      let subfolder = SceneFolder(path: "\(trimmed)/\(entry)")
      let scenes = try SceneLocation.scenes(in: subfolder, entries: try subfolder.entries())
      guard try folder.folder(entry, where: { _ in !scenes.isEmpty }) != nil else { continue }
      splits.append((entry, subfolder, scenes))
    }
    let training = splits.filter { $0.name == "train" || $0.name.hasSuffix("_train") }
    if training.count == 1 {
      self.init(path: training[0].folder.path, folders: training[0].scenes)
    } else if splits.isEmpty {
      throw .unrecognisedFolder(path: trimmed, entries: entries)
    } else {
      throw .ambiguousFolder(
        path: trimmed, candidates: (training.isEmpty ? splits : training).map { "\($0.name)/" })
    }
  }

  private init(path: String, folders: [SceneFolder]) {
    self.path = path
    self.folders = folders
  }

  /// - Throws: `DatasetError.outsideFolder` for a scene that a link leads out of the folder to.
  private static func scenes(
    in folder: SceneFolder, entries: [String]
  ) throws(DatasetError) -> [SceneFolder] {
    var scenes: [SceneFolder] = []
    for entry in entries {
      if let scene = try folder.folder(entry, where: ScenePlan.isScene) { scenes.append(scene) }
    }
    return scenes
  }

  /// The scenes whose name fits one of the patterns, sorted by name; all where there is no pattern.
  ///
  /// - Throws: `DatasetError.noSceneMatches` for the first pattern that fits none.
  func scenes(matching patterns: [String]) throws(DatasetError) -> [SceneFolder] {
    guard !patterns.isEmpty else { return folders }
    var isSelected = [Bool](repeating: false, count: folders.count)
    for pattern in patterns.map(NamePattern.init) {
      let matches = folders.indices.filter { pattern.matches(folders[$0].name) }
      guard !matches.isEmpty else {
        throw .noSceneMatches(
          path: path, pattern: pattern.text,
          nearest: pattern.hasWildcards ? nil : pattern.text.nearest(among: folders.map(\.name)))
      }
      for index in matches { isSelected[index] = true }
    }
    return folders.indices.filter { isSelected[$0] }.map { folders[$0] }
  }
}
