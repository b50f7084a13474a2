import Checkpoints
import Datasets
import Foundation
import VolumeRendering

/// A model's own view, between its file's form and a camera.
extension ModelConfiguration.DefaultView {
  init(_ viewpoint: Viewpoint) {
    self.init(camera: viewpoint.camera, target: viewpoint.target)
  }

  /// What of a camera is not a centred principal point or square pixels is left out, and an angle that no
  /// model can have is the nearest that one can.
  init(camera: Camera, target: SIMD3<Float>) {
    self.init(
      width: camera.width, height: camera.height,
      fieldOfView: min(
        max(2 * atan(0.5 * Float(camera.width) / camera.focalX) * 180 / .pi, 0.01), 179.9),
      worldFromCamera: (0..<3).map {
        [camera.right[$0], camera.up[$0], camera.backward[$0], camera.position[$0]]
      },
      target: target)
  }

  var camera: Camera {
    func column(_ index: Int) -> SIMD3<Float> {
      [worldFromCamera[0][index], worldFromCamera[1][index], worldFromCamera[2][index]]
    }
    let focal = 0.5 * Float(width) / tan(0.5 * fieldOfView * .pi / 180)
    return Camera(
      width: width, height: height, focalX: focal, focalY: focal,
      principalX: 0.5 * Float(width), principalY: 0.5 * Float(height), right: column(0),
      up: column(1), backward: column(2), position: column(3))
  }
}
