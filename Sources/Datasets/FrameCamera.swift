import Files
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
    let file = try TransformsFile(reading: path, folder: SceneFolder(ofFile: path))
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
        let (width, height) = try PNGFile.size(of: view.imagePath)
        self = intrinsics.camera(of: PixelSize(width: width, height: height), pose: view.pose)
      } catch {
        throw .image(error)
      }
    }
    if let size { self = resized(width: size.width, height: size.height) }
  }

  /// The camera of one frame of a `transforms.json` that another file names.
  ///
  /// - Parameters:
  ///   - frame: counted from 0, in the file's order.
  ///   - name: the file's, relative to the folder of the file that names it, which it must lie in.
  ///   - path: the path of the file that names it.
  ///   - location: where it does so, for errors.
  /// - Throws: `DatasetError`; `.outsideFolder` where the name leads out of the folder.
  package init(
    ofFrame frame: Int, inTransformsFile name: String, besideFile path: String, location: String
  ) throws(DatasetError) {
    guard let file = SceneFolder(ofFile: path).path(ofFile: name) else {
      throw .outsideFolder(path: path, location: location, found: name.clipped(to: 120))
    }
    try self.init(ofFrame: frame, inTransformsFile: file, size: nil)
  }
}
