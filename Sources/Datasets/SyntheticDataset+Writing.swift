/// Rendering a synthetic data set into a folder.
package import Files
import Foundation
import Imaging
package import VolumeRendering

extension SyntheticDataset {
  /// How a scene's files are laid out within the data set's folder.
  package enum Layout: Sendable, Hashable, CaseIterable {
    /// `SCENE/transforms_{train,val,test}.json` in the form of NeRF's Blender scenes, with RGBA
    /// pictures `SCENE/train/r_0.png` and depth `SCENE/train/r_0_depth.png`.
    case transforms

    /// `train/SCENE/{rgb,pose}/000000.*` and `intrinsics.txt` in the form of Scene Representation
    /// Networks, over white; `train_val` and `train_test` beside `train` hold the other views.
    case srn
  }

  /// Checks that a scene of this name could be written into a folder, before long work.
  ///
  /// - Parameter request: as for writing.
  /// - Throws: `FileError.alreadyExists` where the scene has a folder already, unless overwriting, and
  ///   unless the same request has begun it.
  package static func check(
    sceneNamed name: String, in folder: String, layout: Layout, overwriting: Bool,
    request: String? = nil
  ) throws(FileError) {
    guard !overwriting else { return }
    let main = sceneFolder(of: .train, sceneName: name, in: folder, layout: layout)
    if let request, SyntheticDatasetRequest.read(in: main) == request { return }
    for split in Split.allCases {
      let path = sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      guard FileManager.default.fileExists(atPath: path) else { continue }
      // A folder that a request was killed in before it could leave its name.
      if request != nil, SyntheticDatasetRequest.isUnused(path) { continue }
      throw .alreadyExists(path: path)
    }
  }

  /// Renders all views of a scene and writes them.
  ///
  /// The files that make a folder a scene, `transforms_train.json` or `intrinsics.txt` of the training
  /// views, come last: a folder that holds them is whole. Overwriting takes them away first, and all
  /// numbered pictures of an earlier set, so that none of them is taken for one of this. Files get their
  /// names many at a time, as waiting for the disk takes as long for one as for many.
  ///
  /// - Parameters:
  ///   - name: of the scene's folder: one path component, not hidden.
  ///   - folder: of the data set; made where it is missing.
  ///   - request: tells all that decides the files, in ASCII without quotes; is kept with them. The same
  ///     request again makes what is missing, and nothing where all is there.
  ///   - render: makes what is seen in a view, of its camera's size.
  ///   - progress: called with the number of views written so far, after each.
  /// - Precondition: a scene that moves has the transforms layout, the only one that tells time.
  /// - Throws: `FileError`.
  package func write(
    sceneNamed name: String, to folder: String, layout: Layout, overwriting: Bool = false,
    request: String? = nil, progress: (Int) -> Void = { _ in },
    render: (View) -> RenderedImage
  ) throws(FileError) {
    precondition(
      !name.isEmpty && !name.hasPrefix(".") && !name.contains("/"),
      "found scene name “\(name)”, expected one path component that is not hidden")
    precondition(
      settings.timing == nil || layout == .transforms,
      "found a moving scene in SRN's layout, expected transforms")
    try Self.check(
      sceneNamed: name, in: folder, layout: layout, overwriting: overwriting, request: request)
    // Readers look for the training views: their list comes last.
    let splits = [Split.test, .validation, .train].filter { self.viewCount(of: $0) > 0 }
    let main = Self.sceneFolder(of: .train, sceneName: name, in: folder, layout: layout)
    for split in splits {
      let listing = Self.listingName(of: split, layout: layout)
      FileWriter.removeLeftovers(
        in: Self.sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      ) { [listing, SyntheticDatasetRequest.fileName].contains($0) }
    }
    let goesOn =
      !overwriting && request != nil && SyntheticDatasetRequest.read(in: main) == request
    if goesOn,
      FileManager.default.fileExists(
        atPath: "\(main)/\(Self.listingName(of: .train, layout: layout))")
    {
      return
    }
    if overwriting { try removeEarlierSet(named: name, in: folder, layout: layout) }
    if let request, !goesOn {
      try FileWriter.createFolder(main)
      try SyntheticDatasetRequest.write(request, in: main)
    }
    var batch = SyntheticDatasetBatch()
    var viewCount = 0
    for split in splits {
      let scene = Self.sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      for subfolder in Self.subfolders(of: split, layout: layout) {
        try FileWriter.createFolder("\(scene)/\(subfolder)")
        FileWriter.removeLeftovers(in: "\(scene)/\(subfolder)") {
          Self.isNumbered($0, layout: layout)
        }
      }
      for (index, place) in views(of: split).enumerated() {
        let camera = place.camera
        let paths = self.paths(ofView: index, of: split, in: scene, layout: layout)
        if !goesOn || !paths.allSatisfy(FileManager.default.fileExists) {
          let view = render(place)
          precondition(
            view.width == camera.width && view.height == camera.height,
            "found \(view.width)×\(view.height) pixels, expected \(camera.width)×\(camera.height)")
          switch layout {
          case .transforms:
            try batch.add(view.transparentPicture, at: paths[0], bitDepth: 8)
            if settings.writesDepth {
              try batch.add(view.depthPicture(scale: depthScale), at: paths[1], bitDepth: 16)
            }
          case .srn:
            try batch.add(view.picture(over: [1, 1, 1]), at: paths[0], bitDepth: 8)
            let pose = Self.matrix(of: camera, axes: .openCV).joined().joined(separator: " ")
            try batch.add(Array((pose + "\n").utf8), at: paths[1])
          }
        }
        viewCount += 1
        progress(viewCount)
      }
    }
    try batch.publish()
    for split in splits {
      let scene = Self.sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      try FileWriter.write(
        Array(listing(of: split, layout: layout).utf8),
        to: "\(scene)/\(Self.listingName(of: split, layout: layout))", overwriting: true)
    }
  }

  /// The files of one view.
  private func paths(
    ofView index: Int, of split: Split, in scene: String, layout: Layout
  ) -> [String] {
    switch layout {
    case .transforms:
      let stem = "\(scene)/\(split.shortName)/r_\(index)"
      return ["\(stem).png"] + (settings.writesDepth ? ["\(stem)_depth.png"] : [])
    case .srn:
      let name = String(repeating: "0", count: max(0, 6 - String(index).count)) + String(index)
      return ["\(scene)/rgb/\(name).png", "\(scene)/pose/\(name).txt"]
    }
  }
}

extension SyntheticDataset {
  static func sceneFolder(
    of split: Split, sceneName: String, in folder: String, layout: Layout
  ) -> String {
    switch layout {
    case .transforms: "\(folder)/\(sceneName)"
    case .srn:
      folder + (split == .train ? "/train/" : "/train_\(split.shortName)/") + sceneName
    }
  }

  private static func subfolders(of split: Split, layout: Layout) -> [String] {
    switch layout {
    case .transforms: [split.shortName]
    case .srn: ["rgb", "pose"]
    }
  }

  /// Takes away the lists of an earlier set of the same name, and then its numbered files.
  ///
  /// Files of other names stay.
  private func removeEarlierSet(
    named name: String, in folder: String, layout: Layout
  ) throws(FileError) {
    let files = FileManager.default
    var lists: [String] = []
    var numbered: [String] = []
    for split in Split.allCases {
      let scene = Self.sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      let list = "\(scene)/\(Self.listingName(of: split, layout: layout))"
      if files.fileExists(atPath: list) { lists.append(list) }
      for subfolder in Self.subfolders(of: split, layout: layout) {
        let path = "\(scene)/\(subfolder)"
        guard let names = try? files.contentsOfDirectory(atPath: path) else { continue }
        numbered += names.filter { Self.isNumbered($0, layout: layout) }.map { "\(path)/\($0)" }
          // A folder of such a name is not of this program's making.
          .filter { !files.fileExists(atPath: "\($0)/.") }
      }
    }
    try FileWriter.remove(lists)
    try FileWriter.remove(numbered)
  }

  /// Whether a file is called like the pictures and poses of a layout.
  private static func isNumbered(_ name: String, layout: Layout) -> Bool {
    switch layout {
    case .transforms: name.wholeMatch(of: /r_[0-9]+(_depth)?\.png/) != nil
    case .srn: name.wholeMatch(of: /[0-9]{6,}\.(png|txt)/) != nil
    }
  }
}
