import Datasets
import Imaging
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Trainer")
struct TrainerTests {
  /// The field that a trainer has made of a scene, and where it has density.
  static func field(of scene: Int, in trainer: Trainer) -> CoordinateMLP {
    CoordinateMLP(
      architecture: trainer.architecture, bound: trainer.bound,
      weights: trainer.state.hypernetwork.weights(for: trainer.state.latents[scene]))
  }

  static func evaluation(of scene: Int, in trainer: Trainer, views: [PosedImage]) -> Evaluation {
    let field = field(of: scene, in: trainer)
    return Evaluation(
      of: field, grid: OccupancyGrid(of: field, resolution: 32, threadCount: 2), views: views,
      renderer: Renderer(settings: RenderSettings(samplesPerDiagonal: 100, threadCount: 2)))
  }

  static func train(_ trainer: inout Trainer, steps: Int) -> Int {
    (0..<steps).count { trainer.step(progress: Float($0) / Float(steps)).wasSkipped }
  }

  @Test("a small model learns one view of 8×8 pixels by heart", arguments: TinyModels.generators)
  func oneView(generator: GeneratorKind) {
    let views = TrainingFixture.views(of: BallField(), count: 1, size: 8)
    var configuration = TrainingFixture.configuration
    configuration.samplesPerDiagonal = 48
    configuration.learningRate = 5e-3
    var trainer = TrainingFixture.trainer(
      generator, scenes: [TrainingScene(SceneDataset(name: "ball", train: views))],
      configuration: configuration, threadCount: 2)
    let before = Self.evaluation(of: 0, in: trainer, views: views)
    #expect(Self.train(&trainer, steps: 300) == 0)
    let after = Self.evaluation(of: 0, in: trainer, views: views)
    #expect(before.psnr < 20)
    #expect(after.psnr > 30)
  }

  @Test("views of several balls teach how each looks from elsewhere")
  func severalScenes() {
    let fields = [BallField(), BallField(centre: [-0.3, 0, 0.2], radius: 0.45)]
    let views = fields.map { TrainingFixture.views(of: $0, count: 14, size: 12) }
    let scenes = views.enumerated().map { index, views in
      TrainingScene(SceneDataset(name: "\(index)", train: Array(views.dropLast(2))))
    }
    var configuration = TrainingFixture.configuration
    configuration.samplesPerDiagonal = 48
    configuration.raysPerStep = 512
    configuration.learningRate = 5e-3
    var trainer = TrainingFixture.trainer(
      scenes: scenes, configuration: configuration, threadCount: 2)
    #expect(Self.train(&trainer, steps: 400) == 0)
    for scene in 0..<2 {
      let unseen = Self.evaluation(of: scene, in: trainer, views: views[scene].suffix(2))
      #expect(unseen.psnr > 27)
    }
  }

  @Test("a step reports its rays, its samples and its loss, and is counted")
  func report() {
    var trainer = TrainingFixture.trainer()
    let report = trainer.step(progress: 0)
    #expect(report.rayCount == 256)
    // No ray has more samples than fit into the diagonal.
    #expect(report.sampleCount > 0 && report.sampleCount <= 256 * 25)
    #expect(report.loss > 0 && report.loss < 1)
    #expect(!report.wasSkipped)
    #expect(trainer.state.step == 1 && trainer.state.skippedStepCount == 0)
  }

  @Test("every scene takes part once in a round, and codes at rest stay where they are")
  func scenesTakeTurns() {
    var configuration = TrainingFixture.configuration
    configuration.scenesPerStep = 1
    var trainer = TrainingFixture.trainer(configuration: configuration)
    for round in 1...4 {
      for _ in 0..<3 {
        let before = trainer.state
        _ = trainer.step(progress: 0)
        let after = trainer.state
        let moved = (0..<3).filter { before.latents[$0] != after.latents[$0] }
        let stepped = (0..<3).filter {
          before.codeOptimizer.stepCounts[$0] != after.codeOptimizer.stepCounts[$0]
        }
        #expect(moved == stepped && moved.count == 1)
      }
      #expect(trainer.state.codeOptimizer.stepCounts == [round, round, round])
    }
    #expect(trainer.state.optimizer.stepCounts == [12])
  }

  @Test("samples become fewer once the grids know where nothing is")
  func grids() {
    var configuration = TrainingFixture.configuration
    configuration.learningRate = 5e-3
    configuration.gridResolution = 16
    configuration.gridDecay = 0.5
    configuration.finalForegroundShare = 0.5
    let small = TrainingFixture.scene(
      "small", of: BallField(radius: 0.3), viewCount: 6, size: 12)
    var trainer = TrainingFixture.trainer(
      scenes: [small], configuration: configuration, threadCount: 2)
    let first = trainer.step(progress: 0).sampleCount
    #expect(Self.train(&trainer, steps: 150) == 0)
    let last = trainer.step(progress: 1).sampleCount
    #expect(last > 0 && last < first / 2)
  }

  @Test("a scene that fades to nothing comes back")
  func fading() {
    var configuration = TrainingFixture.configuration
    // Few rays meet the ball, so emptiness is learned first, and fast.
    configuration.learningRate = 5e-3
    configuration.gridResolution = 16
    configuration.gridDecay = 0.5
    configuration.foregroundShare = 0
    configuration.finalForegroundShare = 0
    let small = TrainingFixture.scene(
      "small", of: BallField(radius: 0.3), viewCount: 6, size: 12)
    var trainer = TrainingFixture.trainer(
      scenes: [small], configuration: configuration, threadCount: 2)
    #expect(Self.train(&trainer, steps: 600) == 0)
    // An empty field has a loss of 0.01.
    let last = trainer.step(progress: 1).loss
    #expect(last < 1e-3)
  }

  @Test("a run goes on from its state in a new trainer", arguments: TinyModels.generators)
  func resume(generator: GeneratorKind) {
    var configuration = TrainingFixture.configuration
    configuration.learningRate = 5e-3
    var first = TrainingFixture.trainer(generator, configuration: configuration)
    let losses = (0..<30).map { _ in first.step(progress: 0).loss }
    func resumed() -> (losses: [Double], state: TrainingState) {
      var trainer = TrainingFixture.trainer(
        generator, state: first.state, configuration: configuration)
      let losses = (0..<5).map { _ in trainer.step(progress: 0).loss }
      return (losses, trainer.state)
    }
    let (next, state) = resumed()
    #expect(state.step == 35 && state.skippedStepCount == 0)
    #expect(state.optimizer.stepCounts == [35])
    #expect(next.allSatisfy { $0.isFinite && $0 < losses[0] })
    #expect(resumed().state.isIdentical(to: state))
  }
}
