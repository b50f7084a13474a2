import Kernels
import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Adding scenes") struct SceneAdditionTests {
  static let field = TinyModels.field(width: 32, positionOctaves: 3)

  /// A model of four scenes, two of them variants, that has seen no picture.
  static let model: (hypernetwork: Hypernetwork, latents: LatentTable) = {
    var random = SeededGenerator(seed: 1)
    let network = Hypernetwork(
      architecture: TinyModels.hypernetwork(.perLayer), target: field.layout, generator: &random)
    let latents = LatentTable(
      names: ["one", "two", "one~1", "two~1"], width: 5, standardDeviation: 0.1,
      generator: &random)
    return (network, latents)
  }()

  static func settings(hold: Float, codeSteps: Int = 3, jointSteps: Int = 6)
    -> SceneAddition.Settings
  {
    var settings = SceneAddition.Settings()
    settings.codeSteps = codeSteps
    settings.jointSteps = jointSteps
    settings.hold = hold
    settings.heldPerStep = 3
    return settings
  }

  static func addition(
    _ settings: SceneAddition.Settings, replaying replayed: [TrainingScene] = [],
    threadCount: Int = 1
  ) -> SceneAddition {
    SceneAddition(
      to: model.hypernetwork, latents: model.latents, scenes: TrainingFixture.scenes,
      replaying: replayed, architecture: field, bound: TinyModels.cube,
      configuration: TrainingFixture.configuration, settings: settings, threadCount: threadCount)
  }

  static func run(
    _ settings: SceneAddition.Settings, replaying replayed: [TrainingScene] = [],
    threadCount: Int = 1
  ) -> (addition: SceneAddition, reports: [Trainer.StepReport]) {
    var addition = addition(settings, replaying: replayed, threadCount: threadCount)
    let reports = (0..<settings.stepCount).map { _ in addition.takeStep() }
    return (addition, reports)
  }

  /// The mean squared change of the weights of the old scenes' fields.
  static func change(of addition: SceneAddition) -> Double {
    let (before, after) = (model.hypernetwork, addition.hypernetwork)
    let pairs = model.latents.names.indices.flatMap { row in
      zip(
        before.weights(for: model.latents[row]).values,
        after.weights(for: addition.latents[row]).values)
    }
    return pairs.reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / Double(pairs.count)
  }

  @Test("held by an infinite weight nothing old changes, to the last bit")
  func infiniteWeight() {
    let addition = Self.run(Self.settings(hold: .infinity)).addition
    #expect(
      addition.hypernetwork.parameters.bitPatterns == Self.model.hypernetwork.parameters.bitPatterns
    )
    let old = addition.latents.rows([0, 1, 2, 3])
    #expect(old.names == Self.model.latents.names)
    #expect(old.values.bitPatterns == Self.model.latents.values.bitPatterns)
    // The new codes have learned all the same.
    let beginning = Self.addition(Self.settings(hold: .infinity)).latents
    #expect(beginning.names == addition.latents.names)
    for row in 4..<7 { #expect(beginning[row] != addition.latents[row]) }
  }

  @Test("held by a finite weight old codes rest, and the hypernetwork learns")
  func finiteWeight() {
    let (addition, reports) = Self.run(Self.settings(hold: 1))
    #expect(addition.latents.names == ["one", "two", "one~1", "two~1", "middle", "left", "low"])
    let old = addition.latents.rows([0, 1, 2, 3])
    #expect(old.values.bitPatterns == Self.model.latents.values.bitPatterns)
    #expect(addition.hypernetwork.parameters != Self.model.hypernetwork.parameters)
    // The codes' own steps change nothing that is held, and the next begins with rounding alone.
    #expect(reports.prefix(3).allSatisfy { $0.change == 0 } && reports[3].change < 1e-9)
    #expect(reports.suffix(4).allSatisfy { $0.change > 0 })
    #expect(addition.step == 9 && addition.skippedStepCount == 0)
  }

  /// The model's second to fourth codes as the coefficients of a path.
  static let path = LatentTrajectory(
    scene: "mill", curve: .fourier, firstRow: 1, rowCount: 3, loops: true)

  /// How much the moments of the path have changed, as `change(of:)`.
  static func momentChange(holding motion: [LatentTrajectory], hold: Float) -> Double {
    let settings = settings(hold: hold, jointSteps: 60)
    var addition = SceneAddition(
      to: model.hypernetwork, latents: model.latents, motion: motion,
      scenes: TrainingFixture.scenes, architecture: field, bound: TinyModels.cube,
      configuration: TrainingFixture.configuration, settings: settings, threadCount: 1)
    for _ in 0..<settings.stepCount { _ = addition.takeStep() }
    let pairs = [0, 0.13, 0.4, 0.71, 0.9].flatMap { time in
      zip(
        model.hypernetwork.weights(for: model.latents.code(of: path, at: time)).values,
        addition.hypernetwork.weights(for: addition.latents.code(of: path, at: time)).values)
    }
    return pairs.reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / Double(pairs.count)
  }

  @Test("a path is held at its moments, which holds them better than its rows would")
  func moments() {
    let (held, rows) = (
      Self.momentChange(holding: [Self.path], hold: 1), Self.momentChange(holding: [], hold: 1)
    )
    #expect(held > 0 && held < 0.7 * rows, "\(held) \(rows)")
    #expect(Self.momentChange(holding: [Self.path], hold: .infinity) == 0)
  }

  @Test("the more weight, the less the old fields change")
  func weights() {
    let changes = [0, 0.01, 1].map { hold in
      Self.change(of: Self.run(Self.settings(hold: hold, jointSteps: 60)).addition)
    }
    #expect(changes[0] > 1.5 * changes[1] && changes[1] > 1.5 * changes[2], "\(changes)")
  }

  @Test("without codes' own steps the hypernetwork learns from the first on")
  func noCodeSteps() {
    let addition = Self.run(Self.settings(hold: 1, codeSteps: 0, jointSteps: 1)).addition
    #expect(addition.hypernetwork.parameters != Self.model.hypernetwork.parameters)
    let resting = Self.run(Self.settings(hold: 1, codeSteps: 1, jointSteps: 0)).addition
    #expect(resting.hypernetwork.parameters == Self.model.hypernetwork.parameters)
  }

  @Test("a replayed scene learns its code anew, and keeps its place; the others rest")
  func replay() {
    let replayed = [TrainingFixture.scene("two", of: BallField(), viewCount: 2, size: 9)]
    let addition = Self.run(Self.settings(hold: 1), replaying: replayed).addition
    #expect(addition.latents.names == ["one", "two", "one~1", "two~1", "middle", "left", "low"])
    let isSame = (0..<4).map { addition.latents[$0] == Self.model.latents[$0] }
    #expect(isSame == [true, false, true, true])
  }

  @Test("the same bytes for any number of threads", arguments: [2, 3, 8])
  func threads(threadCount: Int) {
    let alone = Self.run(Self.settings(hold: 1))
    let together = Self.run(Self.settings(hold: 1), threadCount: threadCount)
    #expect(alone.reports.map(\.loss) == together.reports.map(\.loss))
    #expect(alone.reports.map(\.change) == together.reports.map(\.change))
    #expect(
      alone.addition.hypernetwork.parameters.bitPatterns
        == together.addition.hypernetwork.parameters.bitPatterns)
    #expect(
      alone.addition.latents.values.bitPatterns == together.addition.latents.values.bitPatterns)
  }

  @Test("a step's field evaluations do not grow with the library")
  func constantCost() {
    func samples(copies: Int) -> Int {
      let names = (0..<copies).flatMap { copy in Self.model.latents.names.map { "\(copy)\($0)" } }
      var addition = SceneAddition(
        to: Self.model.hypernetwork,
        latents: LatentTable(
          names: names, width: 5,
          values: (0..<copies).flatMap { _ in Self.model.latents.values }),
        scenes: TrainingFixture.scenes, architecture: Self.field, bound: TinyModels.cube,
        configuration: TrainingFixture.configuration, settings: Self.settings(hold: 1),
        threadCount: 1)
      return (0..<9).reduce(0) { sum, _ in sum + addition.takeStep().sampleCount }
    }
    let (few, many) = (Double(samples(copies: 1)), Double(samples(copies: 30)))
    #expect(abs(many - few) < 0.1 * few)
  }
}
