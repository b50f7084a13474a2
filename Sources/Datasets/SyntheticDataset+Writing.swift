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
  /// - Throws: `FileError.alreadyExists` where the scene has a folder already, unless overwriting.
  package static func check(
    sceneNamed name: String, in folder: String, layout: Layout, overwriting: Bool
  ) throws(FileError) {
    guard !overwriting else { return }
    for split in Split.allCases {
      let path = sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      guard !FileManager.default.fileExists(atPath: path) else { throw .alreadyExists(path: path) }
    }
  }

  /// Renders all views of a scene and writes them.
  ///
  /// The files that make a folder a scene, `transforms_train.json` or `intrinsics.txt` of the training
  /// views, come last: a folder that holds them is whole. Overwriting takes them away first, and all
  /// numbered pictures of an earlier set, so that none of them is taken for one of this.
  ///
  /// - Parameters:
  ///   - name: of the scene's folder: one path component, not hidden.
  ///   - folder: of the data set; made where it is missing.
  ///   - render: makes what a camera sees, of the camera's size.
  ///   - progress: called with the number of views written so far, after each.
  /// - Throws: `FileError`.
  package func write(
    sceneNamed name: String, to folder: String, layout: Layout, overwriting: Bool = false,
    progress: (Int) -> Void = { _ in }, render: (Camera) -> RenderedImage
  ) throws(FileError) {
    precondition(
      !name.isEmpty && !name.hasPrefix(".") && !name.contains("/"),
      "found scene name “\(name)”, expected one path component that is not hidden")
    try Self.check(sceneNamed: name, in: folder, layout: layout, overwriting: overwriting)
    var viewCount = 0
    // Readers look for the training views: their list comes last.
    let splits = [Split.test, .validation, .train].filter { self.viewCount(of: $0) > 0 }
    if overwriting { try removeEarlierSet(named: name, in: folder, layout: layout) }
    for split in splits {
      let scene = Self.sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      for subfolder in Self.subfolders(of: split, layout: layout) {
        try FileWriter.createFolder("\(scene)/\(subfolder)")
      }
      for (index, camera) in cameras(of: split).enumerated() {
        let view = render(camera)
        precondition(
          view.width == camera.width && view.height == camera.height,
          "found \(view.width)×\(view.height) pixels, expected \(camera.width)×\(camera.height)")
        switch layout {
        case .transforms: try writeTransformsView(view, index: index, of: split, in: scene)
        case .srn: try Self.writeSRNView(view, camera: camera, index: index, in: scene)
        }
        viewCount += 1
        progress(viewCount)
      }
    }
    for split in splits {
      let scene = Self.sceneFolder(of: split, sceneName: name, in: folder, layout: layout)
      try FileWriter.write(
        Array(listing(of: split, layout: layout).utf8),
        to: "\(scene)/\(Self.listingName(of: split, layout: layout))", overwriting: true)
    }
  }

  private func writeTransformsView(
    _ view: RenderedImage, index: Int, of split: Split, in scene: String
  ) throws(FileError) {
    let path = "\(scene)/\(split.shortName)/r_\(index)"
    try Self.writePNG(view.transparentPicture, to: "\(path).png", bitDepth: 8)
    guard settings.writesDepth else { return }
    try Self.writePNG(
      view.depthPicture(scale: depthScale), to: "\(path)_depth.png", bitDepth: 16)
  }

  private static func writeSRNView(
    _ view: RenderedImage, camera: Camera, index: Int, in scene: String
  ) throws(FileError) {
    let name = String(repeating: "0", count: max(0, 6 - String(index).count)) + String(index)
    try writePNG(view.picture(over: [1, 1, 1]), to: "\(scene)/rgb/\(name).png", bitDepth: 8)
    try FileWriter.write(
      Array((matrix(of: camera, axes: .openCV).joined().joined(separator: " ") + "\n").utf8),
      to: "\(scene)/pose/\(name).txt", overwriting: true)
  }

  /// Pictures are replaced without question: what may stand in a folder is settled before.
  private static func writePNG(
    _ image: Image, to path: String, bitDepth: Int
  ) throws(FileError) {
    do {
      try PNGFile.write(image, to: path, bitDepth: bitDepth, overwriting: true)
    } catch {
      guard case .file(let error) = error else {
        preconditionFailure("found \(error), expected writing to fail by the file alone")
      }
      throw error
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
    for path in lists + numbered {
      do {
        try files.removeItem(atPath: path)
      } catch {
        throw .cannotCreate(path: path, reason: "found no right to replace it")
      }
    }
  }

  /// Whether a file is called like the pictures and poses of a layout.
  private static func isNumbered(_ name: String, layout: Layout) -> Bool {
    switch layout {
    case .transforms: name.wholeMatch(of: /r_[0-9]+(_depth)?\.png/) != nil
    case .srn: name.wholeMatch(of: /[0-9]{6,}\.(png|txt)/) != nil
    }
  }
}
