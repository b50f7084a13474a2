package import Datasets
import Kernels
package import NeuralFields

/// What to train for a data set: what the data decide, and what the user did.
///
/// Defaults suit the kind of data: one model for many scenes is kept small, one scene alone may be
/// wider, and photographs look different from every side.
package struct TrainingPlan: Sendable {
  package var field: FieldArchitecture
  package var hypernetwork: HypernetworkArchitecture
  package var configuration: TrainingConfiguration
  package var bound: BoundingBox

  /// The kinds of data that want different defaults.
  package enum Kind: String, Sendable, CaseIterable {
    case manyScenes = "many scenes"
    case oneObject = "one object"
    case photographs = "photographs"
  }

  package let kind: Kind

  package init(for scenes: [SceneDataset], bound: SceneBound) {
    let kind: Kind
    if scenes.contains(where: { $0.background == .photograph }) {
      kind = .photographs
    } else {
      // Each time of a scene that moves is a scene to the hypernetwork.
      kind = scenes.count == 1 && scenes[0].span == nil ? .oneObject : .manyScenes
    }
    self.init(
      for: kind, bound: bound,
      hasVariants: scenes.allSatisfy { $0.background == .transparent && $0.span == nil })
  }

  /// - Parameter hasVariants: whether of many scenes variants can be made: what lies behind an object
  ///   would have to change with it.
  package init(for kind: Kind, bound: SceneBound, hasVariants: Bool) {
    self.kind = kind
    self.bound = bound.box
    field = FieldArchitecture()
    hypernetwork = HypernetworkArchitecture()
    configuration = TrainingConfiguration()
    configuration.near = bound.near
    switch kind {
    case .manyScenes:
      hypernetwork.latentWidth = 128
      if hasVariants { configuration.variantsPerScene = 7 }
    case .oneObject: adaptToOneScene()
    case .photographs:
      adaptToOneScene()
      field.directionOctaves = 2
      field.positionOctaves = 9
      configuration.samplesPerDiagonal = 256
      configuration.foregroundShare = 0
      configuration.finalForegroundShare = 0
    }
  }

  /// One scene has one code, so the hypernetwork needs no trunk of its own size.
  private mutating func adaptToOneScene() {
    field.width = 128
    field.positionOctaves = 8
    hypernetwork.trunkWidths = [32]
    hypernetwork.latentWidth = 8
    configuration.samplesPerDiagonal = 256
  }

  /// A new training run's state.
  ///
  /// - Parameters:
  ///   - sceneNames: of the rows of the table of codes.
  ///   - trajectories: over those rows; each begins nearly at rest.
  package func initialState(
    sceneNames: [String], trajectories: [LatentTrajectory] = []
  ) -> TrainingState {
    var random = SeededGenerator(seed: configuration.seed, 0)
    let network = Hypernetwork(
      architecture: hypernetwork, target: field.layout, generator: &random)
    var latents = LatentTable(
      names: sceneNames, width: hypernetwork.latentWidth,
      standardDeviation: hypernetwork.latentDeviation, generator: &random)
    for trajectory in trajectories { trajectory.gather(&latents, keeping: 0.1) }
    let recurrence = RecurrentPaths(
      of: trajectories, latents: latents, codeDeviation: hypernetwork.latentDeviation,
      generator: &random)
    recurrence?.unroll(into: &latents)
    var state = TrainingState(hypernetwork: network, latents: latents)
    state.recurrence = recurrence
    return state
  }
}
