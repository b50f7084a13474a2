import Datasets
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Scene codes")
struct SceneCodesTests {
  static let table: LatentTable = {
    var random = SeededGenerator(seed: 5)
    return LatentTable(
      names: (0..<9).map(String.init), width: 4, standardDeviation: 1, generator: &random)
  }()

  static let trajectories = [
    LatentTrajectory(scene: "a", curve: .spline, firstRow: 1, rowCount: 4, loops: true),
    LatentTrajectory(scene: "b", curve: .fourier, firstRow: 5, rowCount: 3, loops: true),
  ]

  static let sources: [SceneCodes.Source] = [
    .row(0), .moment(trajectory: 0, time: 0.1), .moment(trajectory: 0, time: 0.4),
    .moment(trajectory: 1, time: 0.3), .row(8),
  ]

  @Test("of scenes at rest, codes are rows and gradients theirs, to the last bit")
  func rows() {
    let codes = SceneCodes(rowPerScene: 9)
    var gathered: [Float] = []
    codes.gather([3, 0], from: Self.table, into: &gathered)
    #expect(gathered == Self.table[3].values + Self.table[0].values)
    let gradients = codes.rowGradients(
      of: [3, 0], codeGradient: gathered, table: Self.table)
    #expect(gradients.map(\.row) == [3, 0])
    #expect(gradients.flatMap(\.gradient) == gathered)
  }

  @Test("a moment's code is that of its trajectory at its time")
  func moments() {
    let codes = SceneCodes(sources: Self.sources, trajectories: Self.trajectories, smoothness: 0)
    var gathered: [Float] = []
    codes.gather([1, 3, 4], from: Self.table, into: &gathered)
    let expected =
      Self.table.code(of: Self.trajectories[0], at: Double(Float(0.1))).values
      + Self.table.code(of: Self.trajectories[1], at: Double(Float(0.3))).values
      + Self.table[8].values
    for (a, b) in zip(gathered, expected) { #expect(abs(a - b) < 1e-6) }
  }

  @Test("gradients of codes and of smoothness flow to the rows: finite differences agree")
  func gradients() {
    let smoothness: Float = 0.3
    let codes = SceneCodes(
      sources: Self.sources, trajectories: Self.trajectories, smoothness: smoothness)
    let chosen = [2, 0, 1, 3]
    var random = SeededGenerator(seed: 6)
    let codeGradient = random.normals(count: 16, standardDeviation: 1)
    let found = codes.rowGradients(of: chosen, codeGradient: codeGradient, table: Self.table)
    // Every row once: the spline's four, the scene at rest, the Fourier path's three.
    #expect(found.map(\.row) == [1, 2, 3, 4, 0, 5, 6, 7])
    var gradient = [Float](repeating: 0, count: 36)
    for (row, own) in found {
      for (index, value) in own.enumerated() { gradient[row * 4 + index] = value }
    }
    // L = g · codes + smoothness · roughness of both paths.
    func loss(_ point: [Double]) -> Double {
      var table = Self.table
      table.values = point.map { Float($0) }
      var gathered: [Float] = []
      codes.gather(chosen, from: table, into: &gathered)
      var sum = zip(gathered, codeGradient).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      for trajectory in Self.trajectories {
        let range = trajectory.firstRow * 4..<trajectory.rows.upperBound * 4
        var ignored = [Float](repeating: 0, count: range.count)
        sum += trajectory.roughness(
          of: Array(table.values[range]), width: 4, weight: smoothness, gradient: &ignored)
      }
      return sum
    }
    let expected = FiniteDifference.derivatives(
      of: loss, at: Self.table.values.inDouble, entries: Array(0..<36), step: 0.125)
    #expect(Tolerance.errorOfLargest(gradient, expected) < 1e-4)
  }

  @Test("a data set's moving scenes are laid out as rows, and their times as scenes")
  func items() throws {
    let views = TrainingFixture.views(of: BallField(), count: 4, size: 6)
    let moving = SceneDataset(
      name: "mill",
      train: views.enumerated().map { index, view in
        PosedImage(
          image: view.image, camera: view.camera, name: view.name, time: Float(index / 2) / 2)
      }, span: TimeSpan(seconds: 3, loops: true))
    let still = SceneDataset(name: "still", train: views)
    let (trajectories, names) = LatentTrajectory.layout(
      of: [still, moving], curve: .fourier, rowCount: 4)
    #expect(names == ["still", "mill@0", "mill@1", "mill@2", "mill@3", "mill@4"])
    #expect(
      trajectories == [
        LatentTrajectory(
          scene: "mill", curve: .fourier, firstRow: 1, rowCount: 5, loops: true, seconds: 3)
      ])
    let items = TrainingItems(
      of: [still, moving], trajectories: trajectories,
      configuration: TrainingFixture.configuration, centre: .zero)
    #expect(items.scenes.map(\.name) == ["still", "mill", "mill"])
    #expect(items.scenes.map(\.viewCount) == [4, 2, 2])
    #expect(items.codes.sceneCount == 3)
  }

  /// A ball on its way from left to right.
  static func ball(at time: Float) -> BallField {
    BallField(centre: [1.0 * time - 0.5, 0, 0], radius: 0.35)
  }

  @Test("a moving ball is learned at times between those that were seen, by any number of threads")
  func movingBall() {
    let times: [Float] = [0, 0.25, 0.5, 0.75, 1]
    let train = times.flatMap { time in
      TrainingFixture.views(of: Self.ball(at: time), count: 6, size: 12).map {
        PosedImage(image: $0.image, camera: $0.camera, name: $0.name, time: time)
      }
    }
    let dataset = SceneDataset(name: "ball", train: train, span: TimeSpan())
    let (trajectories, names) = LatentTrajectory.layout(
      of: [dataset], curve: .spline, rowCount: 5)
    var configuration = TrainingFixture.configuration
    configuration.raysPerStep = 512
    configuration.samplesPerDiagonal = 40
    configuration.learningRate = 5e-3
    let items = TrainingItems(
      of: [dataset], trajectories: trajectories, configuration: configuration, centre: .zero)
    let field = TinyModels.field(width: 32, positionOctaves: 3)
    var random = SeededGenerator(seed: 1)
    let architecture = TinyModels.hypernetwork(.perLayer)
    let network = Hypernetwork(
      architecture: architecture, target: field.layout, generator: &random)
    var latents = LatentTable(
      names: names, width: architecture.latentWidth, standardDeviation: 0.1, generator: &random)
    for trajectory in trajectories { trajectory.gather(&latents, keeping: 0.1) }
    func trainer(threadCount: Int) -> Trainer {
      Trainer(
        state: TrainingState(hypernetwork: network, latents: latents), scenes: items.scenes,
        codes: items.codes, architecture: field, bound: TinyModels.cube,
        configuration: configuration, threadCount: threadCount)
    }
    var (one, two) = (trainer(threadCount: 1), trainer(threadCount: 2))
    for step in 0..<3 {
      _ = one.step(progress: Float(step) / 400)
      _ = two.step(progress: Float(step) / 400)
    }
    #expect(one.state.isIdentical(to: two.state))
    for step in 3..<400 { _ = two.step(progress: Float(step) / 400) }

    func psnr(showing time: Double, of seen: Float) -> Double {
      let mlp = CoordinateMLP(
        architecture: field, bound: TinyModels.cube,
        weights: two.state.hypernetwork.weights(
          for: two.state.latents.code(of: trajectories[0], at: time)))
      let views = TrainingFixture.views(of: Self.ball(at: seen), count: 9, size: 12).suffix(3)
      return Evaluation(
        of: mlp, grid: OccupancyGrid(of: mlp, resolution: 32, threadCount: 2),
        views: Array(views),
        renderer: Renderer(settings: RenderSettings(samplesPerDiagonal: 100, threadCount: 2))
      ).psnr
    }
    let between = psnr(showing: 0.375, of: 0.375)
    let nearest = max(psnr(showing: 0.25, of: 0.375), psnr(showing: 0.5, of: 0.375))
    #expect(between > 20)
    #expect(between > nearest)
  }
}
