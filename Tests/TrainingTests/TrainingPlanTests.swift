import Datasets
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Training plan")
struct TrainingPlanTests {
  static let object = SceneDataset(
    name: "ball", train: TrainingFixture.views(of: BallField(), count: 2, size: 8))

  /// Pictures that are filled to the edge.
  static let photographs: SceneDataset = {
    var random = SeededGenerator(seed: 40)
    return SceneDataset(
      name: "photographs",
      train: TrainingFixture.views(of: BallField(), count: 2, size: 8).map { view in
        PosedImage(
          image: Image(
            width: 8, height: 8, channelCount: 3, samples: (0..<192).map { _ in random.uniform() }),
          camera: view.camera, name: view.name)
      })
  }()

  static func plan(_ scenes: [SceneDataset], near: Float = 0) -> TrainingPlan {
    TrainingPlan(for: scenes, bound: SceneBound(box: TinyModels.cube, near: near))
  }

  @Test("the kind follows from the number of scenes and what is behind them")
  func kinds() {
    #expect(Self.plan([Self.object]).kind == .oneObject)
    #expect(Self.plan([Self.object, Self.object]).kind == .manyScenes)
    #expect(Self.plan([Self.photographs]).kind == .photographs)
    #expect(Self.plan([Self.object, Self.photographs]).kind == .photographs)
  }

  @Test("photographs look different from every side and have no foreground; objects do not")
  func defaults() {
    let photographs = Self.plan([Self.photographs])
    #expect(photographs.field.directionOctaves != nil)
    #expect(photographs.configuration.foregroundShare == 0)
    #expect(photographs.configuration.finalForegroundShare == 0)
    for plan in [Self.plan([Self.object]), Self.plan([Self.object, Self.object])] {
      #expect(plan.field.directionOctaves == nil)
      #expect(plan.configuration.foregroundShare > 0)
    }
  }

  @Test("bound and near distance are the data's")
  func bound() {
    let plan = Self.plan([Self.object], near: 0.25)
    #expect(plan.bound == TinyModels.cube)
    #expect(plan.configuration.near == 0.25)
  }

  @Test("a new state has a code per scene, and depends on the seed alone")
  func initialState() {
    var plan = Self.plan([Self.object])
    plan.field = TinyModels.field()
    let state = plan.initialState(sceneNames: ["a", "b"])
    #expect(state.latents.names == ["a", "b"])
    #expect(state.latents.width == plan.hypernetwork.latentWidth)
    #expect(state.hypernetwork.target == plan.field.layout)
    #expect(state.step == 0 && state.skippedStepCount == 0)
    #expect(state.optimizer.stepCounts == [0] && state.codeOptimizer.stepCounts == [0, 0])
    #expect(state.optimizer.firstMoment.count == state.hypernetwork.parameters.count)
    #expect(plan.initialState(sceneNames: ["a", "b"]).isIdentical(to: state))
    plan.configuration.seed += 1
    #expect(!plan.initialState(sceneNames: ["a", "b"]).isIdentical(to: state))
  }
}
