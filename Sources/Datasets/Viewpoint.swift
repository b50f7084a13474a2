import Foundation
package import NeuralFields
package import VolumeRendering

/// A view that shows the scenes of a data set well, and the point that orbiting cameras look at.
package struct Viewpoint: Sendable, Hashable {
  package var camera: Camera
  package var target: SIMD3<Float>

  /// Chooses a view like those that the scenes were seen from.
  ///
  /// Objects are shown from half left in front and a little above, at the mean distance of their
  /// cameras; a photographed place as its first picture shows it.
  ///
  /// - Precondition: there is a scene with a training view.
  package init(of scenes: [SceneDataset], bound: BoundingBox) {
    let cameras = scenes.flatMap { $0.train.map(\.camera) }
    guard let first = cameras.first else { preconditionFailure("found no training view") }
    let rig = CameraRig(cameras)
    target = rig.meetingPoint ?? bound.centre
    if scenes.contains(where: { $0.background == .photograph }) {
      camera = first
      return
    }
    let distances = rig.distances(from: target)
    camera = Camera(
      orbitAzimuth: -.pi / 3, elevation: .pi / 8,
      distance: distances.reduce(0, +) / Float(distances.count), target: target,
      horizontalFieldOfView: 2 * atan(0.5 * Float(first.width) / first.focalX), width: 400,
      height: 400 * first.height / first.width)
  }
}
