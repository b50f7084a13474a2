import Foundation
package import NeuralFields
import VolumeRendering

/// What a data set holds, and whether a bound suits it: what `hypermarch inspect` reports.
package struct DatasetInspection: Sendable, Hashable, Codable {
  /// The version of this form of report.
  package let schema: Int

  /// The folder that the scenes are in.
  package let path: String

  package let scenes: [Scene]

  /// The cameras of all views that were read.
  package let cameras: CameraRing

  /// The bound that was given, or the one estimated from cameras and pictures.
  package let bound: SceneBound

  /// The estimated bound, whichever was given.
  package let suggestedBound: SceneBound

  package let coverage: BoundCoverage

  /// One line each; empty where nothing is wrong.
  package let warnings: [String]

  /// One scene of the data set.
  package struct Scene: Sendable, Hashable, Codable {
    package let name: String

    /// Views that were read, by split.
    package let trainCount: Int
    package let validationCount: Int
    package let testCount: Int

    /// Different times of the views that were read; nil for a scene at rest.
    package let timeCount: Int?

    /// The sizes and kinds of the pictures, each once.
    package let sizes: [PixelSize]
    package let channels: [PosedImage.Channels]

    /// `transparent`, `plain` or `photograph`.
    package let background: String

    /// The colour of a plain background, in [0, 1].
    package let backgroundColour: SIMD3<Float>?

    /// What the scene's file states, scene units.
    package let near: Float?
    package let far: Float?

    /// Estimated from the scene's own cameras and pictures.
    package let bound: SceneBound
  }

  /// Looks at a data set.
  ///
  /// - Parameters:
  ///   - box: a bound to check instead of the estimated one.
  ///   - threadCount: ≥ 1.
  package init(
    of dataset: DatasetFolder, bound box: BoundingBox? = nil,
    threadCount: Int = ProcessInfo.processInfo.activeProcessorCount
  ) {
    let bounds = SceneBound.bounds(of: dataset.scenes, threadCount: threadCount)
    let suggested = SceneBound.union(of: bounds)
    let bound = box.map { SceneBound(box: $0, near: suggested.near) } ?? suggested
    let views = dataset.scenes.flatMap(\.allViews)
    let rig = CameraRig(views.map(\.camera))
    schema = 2
    path = dataset.path
    scenes = zip(dataset.scenes, bounds).map(Scene.init)
    cameras = CameraRing(
      positions: views.map(\.camera.position), around: rig.meetingPoint ?? suggested.box.centre)
    self.bound = bound
    suggestedBound = suggested
    coverage = BoundCoverage(of: bound, in: dataset.scenes, threadCount: threadCount)
    warnings =
      InspectionWarnings(
        scenes: scenes, bound: bound, suggestedBound: suggested, coverage: coverage
      ).lines
  }
}

extension DatasetInspection.Scene {
  init(of scene: SceneDataset, bound: SceneBound) {
    let views = scene.allViews
    name = scene.name
    trainCount = scene.train.count
    validationCount = scene.validation.count
    testCount = scene.test.count
    timeCount = scene.span.map { _ in Set(views.map(\.time)).count }
    sizes = Set(views.map(\.size)).sorted { ($0.width, $0.height) < ($1.width, $1.height) }
    channels = PosedImage.Channels.allCases.filter { kind in
      views.contains { $0.channels == kind }
    }
    switch scene.background {
    case .transparent: (background, backgroundColour) = ("transparent", nil)
    case .plain(let colour): (background, backgroundColour) = ("plain", colour)
    case .photograph: (background, backgroundColour) = ("photograph", nil)
    }
    near = scene.depthRange?.lowerBound
    far = scene.depthRange?.upperBound
    self.bound = bound
  }
}
