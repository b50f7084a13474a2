import Foundation
import Kernels
package import NeuralFields
package import VolumeRendering

/// The cameras of a data set that is rendered instead of photographed.
///
/// The protocol of Scene Representation Networks (Sitzmann et al. 2019, sec. 4,
/// https://arxiv.org/abs/1906.01618): training views from all around, test views on a spiral, every
/// camera at one distance from the middle of the scene and looking at it.
package struct SyntheticDataset: Sendable, Equatable {
  package struct Settings: Sendable, Equatable {
    /// The pictures' size, pixels, > 0.
    package var width = 64
    package var height = 64

    /// Of a scene that moves, so many at each of the training times.
    package var trainingViewCount = 50
    package var validationViewCount = 10
    package var testViewCount = 251

    /// When a scene that moves is seen; nil for a scene at rest.
    package var timing: Timing?

    /// The full angle across the width, radians, in (0, π); unless set, that of NeRF's scenes.
    package var horizontalFieldOfView: Float = 0.691_111_2

    /// From the middle of the bound, scene units, > 0.
    ///
    /// Where nil, the distance at which the largest ball in a cubic bound fills most of the picture.
    package var distance: Float?

    /// Training and validation views lie between this and straight down, radians.
    package var lowestTrainingElevation: Float = -.pi / 2

    /// Where the spiral of the test views ends, radians; it starts straight down.
    package var lowestTestElevation: Float = 0

    /// How often the spiral goes around.
    package var spiralTurnCount: Float = 4

    /// Of the directions of training and validation views.
    ///
    /// Scenes that are learned together are best seen from directions of their own, each by another
    /// seed.
    package var seed: UInt64 = 42

    /// Whether every view of the transforms layout gets a depth picture.
    package var writesDepth = true

    package init() {}
  }

  package var settings: Settings

  /// The part of space that the pictures show.
  package var bound: BoundingBox

  package init(bound: BoundingBox, settings: Settings = Settings()) {
    precondition(
      settings.width > 0 && settings.height > 0,
      "found \(settings.width)×\(settings.height) pixels, expected a positive size")
    self.bound = bound
    self.settings = settings
  }

  /// From the middle of the bound to every camera, scene units.
  package var distance: Float {
    if let distance = settings.distance { return distance }
    let tangent = tan(0.5 * settings.horizontalFieldOfView)
    let shorterSide = Float(min(settings.width, settings.height)) / Float(settings.width)
    // Twelve of thirteen parts of the picture for the ball, the rest for a margin around it.
    return 13 / 12 * 0.5 * bound.extent.max() / sin(atan(tangent * shorterSide))
  }

  package func viewCount(of split: Split) -> Int {
    switch split {
    case .train: settings.trainingViewCount * (settings.timing?.count ?? 1)
    case .validation: settings.validationViewCount
    case .test: settings.testViewCount
    }
  }

  /// So many views of one time come from all around by themselves; fewer do so only with those of other
  /// times.
  private static let scatteredViewCount = 4

  /// One camera per view.
  package func cameras(of split: Split) -> [Camera] {
    let perTime = settings.trainingViewCount
    if split == .train, let timing = settings.timing,
      !timing.camerasMove || perTime >= Self.scatteredViewCount
    {
      return (0..<timing.count).flatMap { time in
        scatteredCameras(of: split, count: perTime, time: timing.camerasMove ? time : 0)
      }
    }
    return switch split {
    case .train, .validation: scatteredCameras(of: split, count: viewCount(of: split))
    case .test: spiralCameras()
    }
  }

  /// Views from all around, one in each of as many bands of equal area.
  ///
  ///     zₖ = z_low + (1 − z_low) (k + u) / n,   azimuthₖ = 2π (u₀ + k / golden ratio)
  ///
  /// for the height z of the unit direction, with uniform draws u: a jittered spherical Fibonacci
  /// lattice, whose neighbours in height are far apart in azimuth. The order is shuffled, so that the
  /// first few views already come from all around.
  ///
  /// - Parameter time: another number gives other views.
  private func scatteredCameras(of split: Split, count: Int, time: Int = 0) -> [Camera] {
    var generator = SeededGenerator(seed: settings.seed, split == .train ? 0 : 1)
    if time > 0 { generator = generator.split(UInt64(time)) }
    let lowestHeight = sin(settings.lowestTrainingElevation)
    let start = generator.uniform()
    var cameras = (0..<count).map { band in
      let share = (Float(band) + generator.uniform()) / Float(count)
      let turns = Double(start) + Double(band) * 0.618_033_988_749_895
      return camera(
        azimuth: Float(2 * Double.pi * (turns - turns.rounded(.down))),
        elevation: asin(min(lowestHeight + (1 - lowestHeight) * share, 1)))
    }
    for last in stride(from: count - 1, to: 0, by: -1) {
      cameras.swapAt(last, generator.index(below: last + 1))
    }
    return cameras
  }

  /// An Archimedean spiral on the sphere, from straight above downwards.
  ///
  /// Azimuth and elevation both change by equal steps.
  private func spiralCameras() -> [Camera] {
    let count = viewCount(of: .test)
    return (0..<count).map { step in
      let share = count > 1 ? Float(step) / Float(count - 1) : 0
      return camera(
        azimuth: 2 * .pi * settings.spiralTurnCount * share,
        elevation: .pi / 2 + (settings.lowestTestElevation - .pi / 2) * share)
    }
  }

  private func camera(azimuth: Float, elevation: Float) -> Camera {
    Camera(
      orbitAzimuth: azimuth, elevation: elevation, distance: distance, target: bound.centre,
      horizontalFieldOfView: settings.horizontalFieldOfView, width: settings.width,
      height: settings.height)
  }
}
