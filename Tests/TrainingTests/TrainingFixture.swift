import Datasets
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

/// Small scenes of balls, and what it takes to train on them.
enum TrainingFixture {
  /// Views of a field from around it, with transparent backgrounds.
  static func views(of field: some RadianceField, count: Int, size: Int) -> [PosedImage] {
    let renderer = Renderer(settings: RenderSettings(samplesPerDiagonal: 100, threadCount: 1))
    let grid = OccupancyGrid(of: field, resolution: 16, threadCount: 1)
    return (0..<count).map { index in
      let camera = Camera(
        orbitAzimuth: 2.4 * Float(index), elevation: 0.5 * Float(index % 3) - 0.3, distance: 3,
        horizontalFieldOfView: 0.7, width: size, height: size)
      let image = renderer.render(field, camera: camera, grid: grid).transparentPicture
      return PosedImage(image: image, camera: camera, name: "view \(index)")
    }
  }

  static func scene(
    _ name: String, of field: some RadianceField, viewCount: Int, size: Int
  ) -> TrainingScene {
    TrainingScene(SceneDataset(name: name, train: views(of: field, count: viewCount, size: size)))
  }

  /// Three balls of different places and sizes.
  static let scenes = [
    scene("middle", of: BallField(), viewCount: 3, size: 12),
    scene("left", of: BallField(centre: [-0.4, 0, 0.2], radius: 0.4), viewCount: 2, size: 9),
    scene("low", of: BallField(centre: [0, 0.2, -0.4], radius: 0.5), viewCount: 1, size: 15),
  ]

  /// Everything is set, so that no default decides a test.
  static let configuration: TrainingConfiguration = {
    var configuration = TrainingConfiguration()
    configuration.seed = 42
    configuration.scenesPerStep = 2
    configuration.samplesPerStep = 65_536
    configuration.raysPerStep = 256
    configuration.samplesPerDiagonal = 24
    configuration.near = 0
    configuration.learningRate = 1e-3
    configuration.codeLearningRate = 5e-3
    configuration.warmupSteps = 4
    configuration.finalRateShare = 0.02
    configuration.averageDecay = 0
    configuration.normalizesCodes = false
    configuration.firstSamplesPerDiagonal = nil
    configuration.latentPenalty = 1e-4
    configuration.foregroundShare = 0.5
    configuration.finalForegroundShare = 0.2
    configuration.gridResolution = 8
    configuration.gridPeriod = 4
    configuration.gridDecay = 0.9
    return configuration
  }()

  /// The beginning of a training run: enough weights that the products are cut into blocks.
  static func initialState(
    _ generator: GeneratorKind, field: FieldArchitecture, scenes: [TrainingScene]
  ) -> TrainingState {
    var random = SeededGenerator(seed: 1)
    let architecture = TinyModels.hypernetwork(generator)
    let network = Hypernetwork(
      architecture: architecture, target: field.layout, generator: &random)
    let latents = LatentTable(
      names: scenes.map(\.name), width: architecture.latentWidth, standardDeviation: 0.1,
      generator: &random)
    return TrainingState(hypernetwork: network, latents: latents)
  }

  static func trainer(
    _ generator: GeneratorKind = .perLayer,
    field: FieldArchitecture = TinyModels.field(width: 32, positionOctaves: 3),
    scenes: [TrainingScene] = TrainingFixture.scenes, state: TrainingState? = nil,
    health: TrainingGuard? = nil,
    configuration: TrainingConfiguration = TrainingFixture.configuration, threadCount: Int = 1
  ) -> Trainer {
    Trainer(
      state: state ?? initialState(generator, field: field, scenes: scenes), health: health,
      scenes: scenes, architecture: field, bound: TinyModels.cube, configuration: configuration,
      threadCount: threadCount)
  }
}

extension TrainingState {
  /// Whether two states are the same to the last bit.
  func isIdentical(to other: TrainingState) -> Bool {
    func numbers(_ state: TrainingState) -> [[UInt32]] {
      [
        state.hypernetwork.parameters, state.latents.values, state.optimizer.firstMoment,
        state.optimizer.secondMoment, state.codeOptimizer.firstMoment,
        state.codeOptimizer.secondMoment, state.average?.parameters ?? [],
        state.average?.codes ?? [], state.deviations?.logarithms ?? [],
        state.deviations?.optimizer.firstMoment ?? [],
        state.deviations?.optimizer.secondMoment ?? [],
      ].map { $0.bitPatterns }
    }
    return numbers(self) == numbers(other) && optimizer.stepCounts == other.optimizer.stepCounts
      && codeOptimizer.stepCounts == other.codeOptimizer.stepCounts
  }

  /// Every number that a saved state holds.
  var numbers: [[Float]] {
    [
      hypernetwork.parameters, latents.values, optimizer.firstMoment, optimizer.secondMoment,
      codeOptimizer.firstMoment, codeOptimizer.secondMoment, average?.parameters ?? [],
      average?.codes ?? [], deviations?.logarithms ?? [],
      [Float(samplesPerRay ?? 0), Float(smoothedLoss ?? 0)],
    ]
  }

  /// The state made anew of what a file keeps of it.
  func saved(cells: CellGrid) throws -> TrainingState {
    var state = TrainingState(
      hypernetwork: hypernetwork, latents: latents,
      optimizer: Adam(
        rowLength: optimizer.firstMoment.count, firstMoment: optimizer.firstMoment,
        secondMoment: optimizer.secondMoment, stepCounts: optimizer.stepCounts),
      codeOptimizer: Adam(
        rowLength: latents.width, firstMoment: codeOptimizer.firstMoment,
        secondMoment: codeOptimizer.secondMoment, stepCounts: codeOptimizer.stepCounts),
      step: step, skippedStepCount: skippedStepCount, average: average)
    state.occupancy = try occupancy.map {
      try #require(
        OccupancyEstimate(
          cells: cells, encodedCells: $0.encodedCells, updateCount: $0.updateCount))
    }
    state.deviations = deviations.map {
      CodeDeviations(
        logarithms: $0.logarithms, width: latents.width,
        optimizer: Adam(
          rowLength: latents.width, firstMoment: $0.optimizer.firstMoment,
          secondMoment: $0.optimizer.secondMoment, stepCounts: codeOptimizer.stepCounts))
    }
    state.visitCounts = visitCounts
    state.samplesPerRay = samplesPerRay
    state.smoothedLoss = smoothedLoss
    return state
  }
}
