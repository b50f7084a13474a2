/// A scene's views as its files describe them, before the pictures are read.
struct ScenePlan {
  let name: String
  let path: String
  let depthRange: ClosedRange<Float>?

  /// What the views' times run over; nil where they have none.
  let span: TimeSpan?

  /// Views of the splits that were asked for, split after split.
  let views: [(split: Split, view: ViewDescription)]

  /// Whether a folder holds a scene of any layout.
  static func isScene(_ folder: SceneFolder) -> Bool {
    hasTransforms(folder) || SRNFolder.isScene(folder)
  }

  /// Reads the files of a scene's folder.
  ///
  /// `transforms_train.json`, `transforms_val.json` and `transforms_test.json` say which view belongs
  /// to which split. Where there is only `transforms.json`, or an SRN scene without
  /// other views beside it, every eighth view is a test view.
  ///
  /// - Throws: `DatasetError`.
  init(reading folder: SceneFolder, splits: Set<Split>) throws(DatasetError) {
    name = folder.name
    path = folder.path
    var views: [(split: Split, view: ViewDescription)] = []
    var depthRange: ClosedRange<Float>?
    var span: TimeSpan?
    if folder.contains(ScenePlan.fileName(of: .train)) || !folder.contains("transforms.json"),
      ScenePlan.hasTransforms(folder)
    {
      for split in Split.allCases where splits.contains(split) {
        let fileName = ScenePlan.fileName(of: split)
        guard folder.contains(fileName) else { continue }
        let file = try ScenePlan.transforms(fileName, in: folder)
        // Splits of one scene either all tell time or none does.
        if let first = views.first, let own = file.views.first,
          (first.view.time == nil) != (own.time == nil)
        {
          throw .invalidValue(
            path: own.statedBy, location: "frames[0].time",
            found: own.time == nil ? "nothing" : "a time",
            expected: "all frames of a scene with a time or none, as in \(first.view.statedBy)")
        }
        views += file.views.map { (split, $0) }
        span = span ?? file.span
        depthRange = depthRange ?? file.depthRange
      }
    } else if folder.contains("transforms.json") {
      let file = try ScenePlan.transforms("transforms.json", in: folder)
      (depthRange, span) = (file.depthRange, file.span)
      // The order in a file depends on who wrote it; that of the names does not.
      let sorted = file.views.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      views = ScenePlan.divided(sorted)
    } else {
      views = try ScenePlan.srnViews(of: folder, splits: splits)
    }
    self.depthRange = depthRange
    self.span = span
    self.views = views.filter { splits.contains($0.split) }
    if splits.contains(.train), !self.views.contains(where: { $0.split == .train }) {
      throw .noViews(path: folder.path, split: .train)
    }
    if self.views.isEmpty {
      throw .noViews(path: folder.path, split: splits.count == 1 ? splits.first : nil)
    }
  }

  private static func transforms(
    _ name: String, in folder: SceneFolder
  ) throws(DatasetError) -> TransformsFile {
    guard let path = folder.path(ofFile: name) else {
      throw .outsideFolder(path: folder.path, location: name, found: "a link")
    }
    return try TransformsFile(reading: path, folder: folder)
  }

  private static func hasTransforms(_ folder: SceneFolder) -> Bool {
    folder.contains("transforms.json")
      || Split.allCases.contains { folder.contains(fileName(of: $0)) }
  }

  private static func fileName(of split: Split) -> String { "transforms_\(split.shortName).json" }

  /// Views without splits: of eight and more, the first and every eighth after it are for the test.
  private static func divided(
    _ views: [ViewDescription]
  ) -> [(split: Split, view: ViewDescription)] {
    views.enumerated().map { index, view in
      (views.count >= 8 && index % 8 == 0 ? .test : .train, view)
    }
  }

  /// The views of an SRN scene.
  ///
  /// In the SRN release the folder `cars_train` holds the training views of the training scenes, and
  /// its siblings `cars_train_val` and `cars_train_test` hold other views of the same scenes.
  private static func srnViews(
    of folder: SceneFolder, splits: Set<Split>
  ) throws(DatasetError) -> [(split: Split, view: ViewDescription)] {
    let own = try SRNFolder(reading: folder).views
    var siblings: [(split: Split, folder: SceneFolder)] = []
    for split in [Split.validation, .test] {
      guard let sibling = try folder.sibling(besideTrainingFolder: split) else { continue }
      siblings.append((split, sibling))
    }
    guard !siblings.isEmpty else { return divided(own) }
    var views = own.map { (split: Split.train, view: $0) }
    for sibling in siblings where splits.contains(sibling.split) {
      views += try SRNFolder(reading: sibling.folder).views.map { (sibling.split, $0) }
    }
    return views
  }
}
