import Files
import Imaging
package import VolumeRendering

/// The cameras of a `transforms.json`, read once for any number of frames.
package struct FrameCameras {
  private let file: TransformsFile
  private let path: String

  /// - Throws: `DatasetError`.
  package init(inTransformsFile path: String) throws(DatasetError) {
    file = try TransformsFile(reading: path, folder: SceneFolder(ofFile: path))
    self.path = path
  }

  /// Where a `transforms.json` lies that another file names.
  ///
  /// - Parameters:
  ///   - name: the file's, relative to the folder of the file that names it, which it must lie in.
  ///   - path: the path of the file that names it.
  ///   - location: where it does so, for errors.
  /// - Throws: `DatasetError.outsideFolder` where the name leads out of the folder.
  package static func path(
    ofTransformsFile name: String, besideFile path: String, location: String
  ) throws(DatasetError) -> String {
    guard let file = SceneFolder(ofFile: path).path(ofFile: name) else {
      throw .outsideFolder(path: path, location: location, found: name.clipped(to: 120))
    }
    return file
  }

  /// The camera of one frame.
  ///
  /// - Parameters:
  ///   - frame: counted from 0, in the file's order.
  ///   - size: the picture's size; where nil, what the file states, or the picture it names has.
  /// - Throws: `DatasetError`; `.invalidValue` at `frames` where there is no such frame.
  package func camera(ofFrame frame: Int, size: PixelSize?) throws(DatasetError) -> Camera {
    guard file.views.indices.contains(frame) else {
      throw .invalidValue(
        path: path, location: "frames", found: "\(file.views.count) frames",
        expected: "more than \(frame), for --frame \(frame)")
    }
    let view = file.views[frame]
    var camera: Camera
    if let width = view.intrinsics.width, let height = view.intrinsics.height {
      camera = view.intrinsics.camera(
        of: PixelSize(width: width, height: height), pose: view.pose)
    } else if let size {
      camera = view.intrinsics.camera(of: size, pose: view.pose)
    } else {
      do {
        let (width, height) = try PNGFile.size(of: view.imagePath)
        camera = view.intrinsics.camera(
          of: PixelSize(width: width, height: height), pose: view.pose)
      } catch {
        throw .image(error)
      }
    }
    if let size { camera = camera.resized(width: size.width, height: size.height) }
    return camera
  }
}

extension Camera {
  /// The camera of one frame of a `transforms.json`, as ``FrameCameras`` has it.
  ///
  /// - Throws: `DatasetError`.
  package init(
    ofFrame frame: Int, inTransformsFile path: String, size: PixelSize?
  ) throws(DatasetError) {
    self = try FrameCameras(inTransformsFile: path).camera(ofFrame: frame, size: size)
  }
}
