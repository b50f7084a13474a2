import Checkpoints
import Kernels
import NeuralFields

/// Models of a few hundred parameters.
enum TinyModel {
  /// Every generator kind, with and without a view branch.
  static let kinds: [(GeneratorKind, directionOctaves: Int?)] = [
    (.perLayer, nil), (.perLayer, 1),
    (.lowRank(rank: 2), nil), (.lowRank(rank: 2), 1),
    (.chunked(chunkLength: 7, embeddingWidth: 2), nil),
    (.chunked(chunkLength: 7, embeddingWidth: 2), 1),
  ]

  static let training = ModelConfiguration.TrainingRecord(
    dataset: "cars", seed: .max, steps: 300, skippedSteps: 1, budgetMinutes: 0.1, samples: 12_345,
    trainingPsnr: 27.125, options: ["learningRate": "0.01", "rays_per_step": "512"])

  static func configuration(
    _ generator: GeneratorKind = .perLayer, directionOctaves: Int? = nil,
    training: ModelConfiguration.TrainingRecord? = nil
  ) -> ModelConfiguration {
    ModelConfiguration(
      program: "hypermarch 0.1.0",
      field: FieldArchitecture(
        positionOctaves: 1, hiddenLayerCount: 2, width: 4, directionOctaves: directionOctaves,
        colourWidth: 3),
      hypernetwork: HypernetworkArchitecture(
        latentWidth: 3, trunkWidths: [5], generator: generator),
      bound: BoundingBox(minimum: [-1, -0.5, 0], maximum: [1, 0.5, 0.7]), near: 0.1,
      scenes: ["red car", "κόκκινο"],
      defaultView: ModelConfiguration.DefaultView(
        width: 40, height: 30, fieldOfView: 50,
        worldFromCamera: [[1, 0, 0, 0], [0, 0, -1, -2], [0, 1, 0, 0.5]], target: [0, 0, 0.25]),
      training: training)
  }

  static func checkpoint(
    _ generator: GeneratorKind = .perLayer, directionOctaves: Int? = nil,
    training: ModelConfiguration.TrainingRecord? = nil
  ) -> Checkpoint {
    let configuration = configuration(
      generator, directionOctaves: directionOctaves, training: training)
    var random = SeededGenerator(seed: 7)
    let hypernetwork = Hypernetwork(
      architecture: configuration.hypernetwork, target: configuration.field.layout,
      generator: &random)
    return Checkpoint(
      configuration: configuration, hypernetwork: hypernetwork,
      latents: LatentTable(
        names: configuration.scenes, width: configuration.hypernetwork.latentWidth,
        standardDeviation: 0.1, generator: &random))
  }

  static func snapshot() -> TrainingSnapshot {
    let model = checkpoint(training: training)
    let parameterCount = model.hypernetwork.parameters.count
    func ramp(_ count: Int, from start: Float) -> [Float] { (0..<count).map { start + Float($0) } }
    var point = TrainingSnapshot.Point(
      parameters: model.hypernetwork.parameters, codes: model.latents.values,
      firstMoment: ramp(parameterCount, from: -3),
      secondMoment: ramp(parameterCount, from: 0), codeFirstMoment: ramp(6, from: -9),
      codeSecondMoment: ramp(6, from: 0.5), optimizerStep: 298, codeSteps: [150, 1 << 24],
      step: 300, skippedSteps: 1)
    point.cells = [
      TrainingSnapshot.Cells(visits: 150, updates: 20, bytes: [0, 255, 3, 128]),
      TrainingSnapshot.Cells(visits: 149, updates: 19, bytes: [7]),
    ]
    point.samplesPerRay = 1 / 3
    point.smoothedLoss = 1e-300
    return TrainingSnapshot(
      configuration: model.configuration, point: point, health: health, seconds: 0.1 + 0.2,
      samples: 12_345)
  }

  static let health: TrainingSnapshot.Health = {
    var health = TrainingSnapshot.Health()
    health.norms = [0.5, 1e-30]
    health.losses = [0.25]
    health.explodedSteps = 3
    health.badBatches = [280, 290]
    health.skippedBatches = 12
    health.slowSteps = 4
    health.rollbacks = 2
    return health
  }()

  /// A snapshot whose good state is another one.
  static func snapshotWithGood() -> TrainingSnapshot {
    var snapshot = snapshot()
    var good = snapshot.point
    for index in good.parameters.indices { good.parameters[index] += 0.5 }
    good.codes = [6, 5, 4, 3, 2, 1]
    good.firstMoment[2] = 9
    good.step = 200
    good.optimizerStep = 199
    good.skippedSteps = 0
    good.samplesPerRay = nil
    good.cells[1].bytes = [9, 9]
    snapshot.lastGood = good
    return snapshot
  }
}
