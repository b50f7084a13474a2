import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Training of nested widths")
struct NestedTrainingTests {
  private static let architecture = TinyModels.field(width: 32, positionOctaves: 3)
  private static let widths = [5, 16]

  private static func configuration(widths: [Int] = widths) -> TrainingConfiguration {
    var configuration = TrainingFixture.configuration
    configuration.nestedWidths = widths
    configuration.precision = .float32
    return configuration
  }

  private static func train(
    _ trainer: inout Trainer, to step: Int, of count: Int
  ) -> [Double] {
    (trainer.state.step..<step).map {
      trainer.step(progress: Float($0) / Float(count)).loss
    }
  }

  @Test(
    "the same bytes for any number of threads, interrupted or not",
    arguments: TinyModels.generators)
  func sameBytes(generator: GeneratorKind) throws {
    var configuration = Self.configuration()
    configuration.averageDecay = 0.9
    var alone = TrainingFixture.trainer(generator, configuration: configuration)
    let losses = Self.train(&alone, to: 12, of: 12)
    #expect(losses.allSatisfy { $0.isFinite })
    let cells = CellGrid(bound: TinyModels.cube, resolution: configuration.gridResolution)
    for threadCount in [1, 2, 3] {
      var first = TrainingFixture.trainer(
        generator, configuration: configuration, threadCount: threadCount)
      var found = Self.train(&first, to: 7, of: 12)
      var second = TrainingFixture.trainer(
        generator, state: try first.state.saved(cells: cells),
        health: TrainingGuard(
          lastGood: try first.health.lastGood.saved(cells: cells), record: first.health.record),
        configuration: configuration, threadCount: 4 - threadCount)
      found += Self.train(&second, to: 12, of: 12)
      #expect(found == losses)
      #expect(second.state.isIdentical(to: alone.state))
    }
  }

  /// The gradient of the first step's field weights.
  private static func firstGradient(widths: [Int]) -> [Float] {
    var trainer = TrainingFixture.trainer(configuration: configuration(widths: widths))
    var found: [Float] = []
    _ = trainer.step(progress: 0) { found = $0 }
    return found
  }

  @Test("narrower widths add to the gradient of their own units' weights, and of no others")
  func share() {
    let (plain, nested) = (Self.firstGradient(widths: []), Self.firstGradient(widths: [16]))
    let field = NestedField(width: 16, in: Self.architecture)
    let length = Self.architecture.layout.count
    #expect(plain.count == 2 * length && nested.count == plain.count)
    var mask = [Float](repeating: 0, count: length)
    var span = mask.mutableSpan
    field.add(
      FieldWeights([Float](repeating: 1, count: field.architecture.layout.count)), to: &span)
    var changed = 0
    for index in plain.indices where plain[index] != nested[index] {
      #expect(mask[index % length] == 1)
      changed += 1
    }
    // Units that are silent everywhere have no gradient.
    #expect(changed > field.architecture.layout.count)
  }

  @Test("the gradient of a whole and a narrower field's loss agrees with finite differences")
  func gradient() {
    let fixture = ChainFixture(.perLayer, view: 1, rayCount: 25)
    let positions = fixture.positions
    let nested = NestedField(width: 7, in: fixture.architecture)
    let weights = fixture.network.weights(for: LatentCode(fixture.code))
    var whole = FieldWeights([Float](repeating: 0, count: weights.values.count))
    _ = fixture.worker.accumulate(
      rays: fixture.rays, interval: fixture.interval,
      field: CoordinateMLP(
        architecture: fixture.architecture, bound: fixture.bound, weights: weights),
      occupied: fixture.occupied, weightGradient: &whole)
    var narrow = FieldWeights(
      [Float](repeating: 0, count: nested.architecture.layout.count))
    let worker = Backpropagation(
      shape: nested.architecture.kernelShape(over: fixture.bound), samplesPerDiagonal: 40)
    _ = worker.accumulate(
      rays: fixture.rays, interval: fixture.interval,
      field: nested.field(of: weights.values.span, over: fixture.bound),
      occupied: fixture.occupied, weightGradient: &narrow)
    var span = whole.values.mutableSpan
    nested.add(narrow, to: &span)

    func loss(_ point: [Double]) -> Double {
      // What is not narrow is silent.
      var silent = point
      for entry in fixture.architecture.layout.entries where entry.name.hasPrefix("hidden.") {
        let columns = entry.shape.count == 2 ? entry.shape[1] : 1
        for index in 7 * columns..<entry.count { silent[entry.offset + index] = 0 }
      }
      return fixture.loss(fieldWeights: point, positions: positions)
        + fixture.loss(fieldWeights: silent, positions: positions)
    }
    var random = SeededGenerator(seed: 8)
    let sampled = (0..<60).map { _ in random.index(below: weights.values.count) }
    let slopes = FiniteDifference.derivatives(
      of: loss, at: weights.values.inDouble, entries: sampled)
    #expect(
      Tolerance.errorOfLargest(sampled.map { whole.values[$0] }, slopes) < 1e-5)
  }

  /// How well a width shows the first scene, dB.
  private static func psnr(of state: TrainingState, width: Int) -> Double {
    let renderer = Renderer(settings: RenderSettings(samplesPerDiagonal: 48, threadCount: 1))
    let views = TrainingFixture.views(of: BallField(), count: 3, size: 12)
    let field = NestedField(width: width, in: Self.architecture).field(
      of: state.hypernetwork.weights(for: state.latents[0]).values.span, over: TinyModels.cube)
    let grid = OccupancyGrid(
      fullyOccupied: CellGrid(bound: TinyModels.cube, resolution: 8))
    return Evaluation(of: field, grid: grid, views: views, renderer: renderer).psnr
  }

  @Test("all widths learn: each shows a scene better than a training of the whole field leaves it")
  func learns() {
    var configuration = Self.configuration()
    configuration.learningRate = 5e-3
    var nested = TrainingFixture.trainer(configuration: configuration)
    configuration.nestedWidths = []
    var plain = TrainingFixture.trainer(configuration: configuration)
    _ = Self.train(&nested, to: 250, of: 250)
    _ = Self.train(&plain, to: 250, of: 250)
    for width in Self.widths {
      let (found, other) = (
        Self.psnr(of: nested.state, width: width), Self.psnr(of: plain.state, width: width)
      )
      #expect(found > other + 2, "width \(width): \(found), \(other)")
    }
  }

  @Test("a cell in which only a narrower field is dense is occupied")
  func occupancy() throws {
    let layout = Self.architecture.layout
    // Unit 20 of both layers is 10 max(x, 0); it makes the whole field empty where x > 0, and the
    // narrow one has no part in it.
    var weights = [Float](repeating: 0, count: layout.count)
    func set(_ name: String, row: Int, column: Int, _ value: Float) throws {
      let entry = try #require(layout.entries.first { $0.name == name })
      let columns = entry.shape.count == 2 ? entry.shape[1] : 1
      weights[entry.offset + row * columns + column] = value
    }
    try set("hidden.0.weight", row: 20, column: 0, 10)
    try set("hidden.1.weight", row: 20, column: 20, 1)
    try set("output.weight", row: 0, column: 20, -100)
    try set("output.bias", row: 0, column: 0, 3)
    func occupiedCount(widths: [Int]) -> Int {
      var state = TrainingFixture.initialState(
        .perLayer, field: Self.architecture, scenes: TrainingFixture.scenes)
      let parameterCount = state.hypernetwork.parameters.count
      state.hypernetwork.parameters =
        [Float](repeating: 0, count: parameterCount - layout.count) + weights
      var configuration = Self.configuration(widths: widths)
      configuration.scenesPerStep = 3
      (configuration.learningRate, configuration.codeLearningRate) = (0, 0)
      var trainer = TrainingFixture.trainer(state: state, configuration: configuration)
      for _ in 0..<4 { _ = trainer.step(progress: 0) }
      return trainer.state.occupancy[0].mask.indices.count
    }
    let (plain, nested) = (occupiedCount(widths: []), occupiedCount(widths: [16]))
    // Eight cells a side; a ring of neighbours is occupied too.
    #expect(plain < 7 * 8 * 8 && nested == 8 * 8 * 8, "\(plain), \(nested)")
  }
}
