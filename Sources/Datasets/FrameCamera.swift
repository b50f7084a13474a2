import Imaging
package import VolumeRendering

extension Camera {
  /// The camera of one frame of a `transforms.json`.
  ///
  /// - Parameters:
  ///   - frame: counted from 0, in the file's order.
  ///   - size: the picture's size; where nil, what the file states, or the picture it names has.
  /// - Throws: `DatasetError`; `.invalidValue` at `frames` where there is no such frame.
  package init(
    ofFrame frame: Int, inTransformsFile path: String, size: PixelSize?
  ) throws(DatasetError) {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let folderPath = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    let file = try TransformsFile(reading: path, folder: SceneFolder(path: folderPath))
    guard file.views.indices.contains(frame) else {
      throw .invalidValue(
        path: path, location: "frames", found: "\(file.views.count) frames",
        expected: "more than \(frame), for --frame \(frame)")
    }
    let view = file.views[frame]
    let intrinsics = view.intrinsics
    if let width = intrinsics.width, let height = intrinsics.height {
      self = intrinsics.camera(of: PixelSize(width: width, height: height), pose: view.pose)
    } else if let size {
      self = intrinsics.camera(of: size, pose: view.pose)
    } else {
      do {
        let image = try PNGFile.read(view.imagePath)
        self = intrinsics.camera(
          of: PixelSize(width: image.width, height: image.height), pose: view.pose)
      } catch {
        throw .image(error)
      }
    }
    if let size { self = resized(width: size.width, height: size.height) }
  }
}
