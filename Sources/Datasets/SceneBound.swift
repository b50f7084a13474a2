import Foundation
import Kernels
package import NeuralFields
import VolumeRendering

/// The part of space that a field is to be defined over, estimated from cameras and pictures.
package struct SceneBound: Sendable, Hashable, Codable {
  package var box: BoundingBox

  /// The distance from a camera before which nothing is seen, scene units; 0 for things that are seen
  /// before a transparent or plain background.
  package var near: Float

  /// What the box was made from.
  package var source: Source

  package enum Source: String, Sendable, Codable {
    /// The silhouettes before a transparent or plain background.
    case silhouettes
    /// All that the cameras frame between the file's `near` and `far`.
    case depthRange
    /// The point that the cameras look at, and their distance from it.
    case meetingPoint
    /// All that the cameras frame at depths where they see a point at different places.
    case parallax
    /// Given by the caller.
    case given
  }

  package init(box: BoundingBox, near: Float = 0, source: Source = .given) {
    self.box = box
    self.near = near
    self.source = source
  }

  /// Estimates the bound of a scene.
  ///
  /// Things before a transparent or plain background: the box around the visual hull, which holds
  /// everything that the pictures show. Photographs fill the frame, and their bound is what the
  /// cameras frame between `near` and `far`, if stated. Without them, a cube around the point that
  /// the optical axes meet in, reaching a quarter farther than the cameras stand on average, so that
  /// it holds the cameras and as much behind the point as before it; or, of cameras that look in one
  /// direction, what they frame at the depths that their parallax can tell apart.
  ///
  /// - Precondition: the scene has a view.
  package init(of scene: SceneDataset) {
    let views = scene.guidingViews
    let rig = CameraRig(views.map(\.camera))
    if scene.background != .photograph {
      let region = SceneBound.region(of: rig, depthRange: scene.depthRange)
      // The margin is for what thinner than a pixel and for views that are still to come.
      if let box = Self.hull(of: scene, within: region.box)?.expanded(byShare: 0.01) {
        self.init(box: box, source: .silhouettes)
        return
      }
    }
    self = SceneBound.region(of: rig, depthRange: scene.depthRange, ofPhotographs: true)
  }

  /// Estimates the bounds of several scenes.
  ///
  /// - Parameter threadCount: scenes that are looked at together, ≥ 1.
  package static func bounds(
    of scenes: [SceneDataset], threadCount: Int = ProcessInfo.processInfo.activeProcessorCount
  ) -> [SceneBound] {
    ParallelLoop.map(count: scenes.count, threadCount: threadCount) { SceneBound(of: scenes[$0]) }
  }

  /// The bound that holds all the others.
  ///
  /// - Precondition: there is one.
  package static func union(of bounds: [SceneBound]) -> SceneBound {
    guard var result = bounds.first else {
      preconditionFailure("found no bound, expected at least one")
    }
    for bound in bounds.dropFirst() {
      result.box = result.box.union(bound.box)
      result.near = min(result.near, bound.near)
    }
    return result
  }
}

extension SceneBound {
  /// Views of one time without which their silhouettes say too little.
  private static let viewsPerTime = 4

  /// The box around what the silhouettes allow; of a moving scene at all its times together.
  ///
  /// Nil where nothing is left, or where too few views of some time tell what is there.
  private static func hull(of scene: SceneDataset, within region: BoundingBox) -> BoundingBox? {
    var result: BoundingBox?
    for (_, views) in Dictionary(grouping: scene.guidingViews, by: \.time) {
      if scene.span != nil, views.count < viewsPerTime { return nil }
      let hull = SilhouetteHull(views: views, background: scene.background)
      guard let box = hull.box(within: region) else { continue }
      result = result?.union(box) ?? box
    }
    return result
  }

  /// All that a scene can fill, before its pictures are looked at.
  ///
  /// - Parameter ofPhotographs: whether the scene fills the frame, so that `near` and `far` matter
  ///   more than where the axes meet, and the cameras may stand in the midst of it.
  private static func region(
    of rig: CameraRig, depthRange: ClosedRange<Float>?, ofPhotographs: Bool = false
  ) -> SceneBound {
    if let depthRange, ofPhotographs || rig.meetingPoint == nil {
      return SceneBound(
        box: rig.frustumBox(depthRange), near: depthRange.lowerBound, source: .depthRange)
    }
    guard let centre = rig.meetingPoint else {
      let range = rig.parallaxRange
      return SceneBound(
        box: rig.frustumBox(range), near: range.lowerBound, source: .parallax)
    }
    let distances = rig.distances(from: centre)
    let halfExtent: Float
    if ofPhotographs {
      halfExtent = 1.25 * distances.reduce(0, +) / Float(distances.count)
    } else {
      // What a camera frames at the distance of the centre, and a quarter more.
      halfExtent = zip(rig.cameras, distances).map { 1.25 * $0.widestTangent * $1 }.max() ?? 0
    }
    let half = SIMD3(repeating: halfExtent)
    return SceneBound(
      box: BoundingBox(atLeastAround: centre - half, centre + half),
      near: 0.25 * (distances.min() ?? 0), source: .meetingPoint)
  }
}
