import Checkpoints
import Datasets
import Foundation
import Kernels
import NeuralFields
import Training

/// The pictures that scenes are added from, read and found to fit the model.
struct AdditionInput {
  /// The data set's own name, without its path.
  let name: String
  let scenes: [SceneDataset]
  /// Scenes of the model whose pictures are at hand.
  let oldScenes: [SceneDataset]

  /// Of the pixels that show something, so many must lie before the model's bound: what lies outside of it
  /// cannot be learned.
  private static let leastContentShare = 0.98

  /// - Parameters:
  ///   - modelPath: for what is said of the model.
  ///   - allowsAnyBound: whether scenes may lie otherwise than the model's own.
  ///   - beforeReading: called with what a data set's pictures will take; what it throws ends it.
  /// - Throws: `CommandFailure` for scenes that the model has already, or that do not fit into its bound.
  init(
    dataset: String, scenes patterns: [String], oldDataset: String?, model: Checkpoint,
    modelPath: String, variantsPerScene: Int, allowsAnyBound: Bool, threadCount: Int, isQuiet: Bool,
    beforeReading: (DatasetMemory) throws -> Void
  ) throws {
    func open(_ path: String, _ patterns: [String]) throws -> [SceneDataset] {
      try ProgressReporter.waiting(for: "reading \(path)", isQuiet: isQuiet) {
        try CommandFailure.wrapping {
          try beforeReading(
            DatasetMemory(
              of: path, splits: [.train, .test], matching: patterns, threadCount: threadCount))
          return try DatasetFolder.open(
            path, splits: [.train, .test], matching: patterns, threadCount: threadCount
          ).scenes
        }
      }
    }
    name = URL(fileURLWithPath: dataset).standardizedFileURL.lastPathComponent
    let scenes = try open(dataset, patterns)
    self.scenes = scenes
    let names = scenes.map(\.name)
    if let scene = scenes.first(where: { $0.span != nil }) {
      throw CommandFailure(
        "\(dataset): \(scene.name): found a scene that moves, expected scenes at rest: fit "
          + "--sequence makes a latent of it", .badData)
    }
    try CommandFailure.wrapping(place: modelPath, names: []) { () throws(LibraryError) in
      try model.checkNew(
        TrainingScene.familyNames(of: names, variantsPerScene: variantsPerScene), ownNames: names)
    }
    if variantsPerScene > 0, let scene = scenes.first(where: { $0.background != .transparent }) {
      throw CommandFailure(
        "--variants: found \(scene.name) with a background in \(dataset), expected objects before "
          + "nothing", .badData)
    }
    if !allowsAnyBound {
      try Self.checkPlaces(of: scenes, dataset, model.configuration, threadCount: threadCount)
    }
    let known = Set(LibraryScene.scenes(of: model).map(\.name))
    oldScenes =
      try oldDataset.map { try open($0, []) }?.filter { scene in
        let isMoving = model.configuration.trajectory(of: scene.name) != nil
        return known.contains(scene.name) && isMoving == (scene.span != nil)
      } ?? []
    if let oldDataset, oldScenes.isEmpty {
      throw CommandFailure(
        "\(oldDataset): found no scene of the model, expected some", .badData)
    }
  }

  /// Refuses scenes of another place, scale or axes than the model's.
  private static func checkPlaces(
    of scenes: [SceneDataset], _ dataset: String, _ model: ModelConfiguration, threadCount: Int
  ) throws {
    let bound = SceneBound(box: model.bound, near: model.near)
    let advice =
      ": a data set of the model's own place, scale and axes, or --any-bound"
    let places = ParallelLoop.map(count: scenes.count, threadCount: threadCount) {
      ScenePlacement(of: scenes[$0])
    }
    for (scene, place) in zip(scenes, places) {
      do throws(ScenePlacement.Fault) {
        try place.check(
          within: model.bound, view: model.defaultView.camera, target: model.defaultView.target)
      } catch {
        throw CommandFailure("\(dataset): \(scene.name): \(error)" + advice, .badData)
      }
    }
    for scene in scenes {
      let share = BoundCoverage(of: bound, in: [scene], threadCount: threadCount).contentShare
      guard share >= leastContentShare else {
        throw CommandFailure(
          "\(dataset): \(scene.name): found \(Int(100 * share)) % of what its pictures show within "
            + "the model's bound, expected \(Int(100 * leastContentShare)) % or more" + advice,
          .badData)
      }
    }
  }

  /// Old scenes that can be learned from again; those that move are held.
  var replayedScenes: [SceneDataset] { oldScenes.filter { $0.span == nil } }

  /// What a scene is measured by: test views, or training views where it has no others.
  static func views(of scene: SceneDataset) -> [PosedImage] {
    scene.test.isEmpty ? scene.train : scene.test
  }

  /// Views of old scenes by name.
  var oldViews: [String: [PosedImage]] {
    Dictionary(
      oldScenes.map { ($0.name, Self.views(of: $0)) }, uniquingKeysWith: { first, _ in first })
  }
}
