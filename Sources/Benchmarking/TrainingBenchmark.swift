import Checkpoints
import Datasets
import Imaging
import Kernels
import NeuralFields
import Training
import VolumeRendering

/// Measures whole training steps, on pictures that the model itself makes of its scenes.
///
/// Training goes on from the model, with the default recipe: what is measured is a step in the long
/// middle of a training, when grids are settled and rays are short.
struct TrainingBenchmark {
  let plan: BenchmarkPlan
  let meter: PeakMeter
  let subject: BenchmarkSubject

  /// Steps of one repetition, a round through the scenes: some look at a grid and some do not.
  private static let stepsPerRepetition = 4

  func measure(into measurements: inout Measurements) {
    let scenes = trainingSet(sceneCount: plan.trainingSceneCount)
    let recipe = recipe(for: scenes)
    var trainer = warmTrainer(of: scenes, configuration: recipe)
    var inFloat32 = recipe
    inFloat32.precision = .float32
    var float32Trainer = warmTrainer(of: scenes, configuration: inFloat32)
    let stepCount = Double(Self.stepsPerRepetition)
    repeating(forSeconds: 5 * plan.secondsPerFigure, atLeast: plan.minimumRepetitions) {
      let before = meter.readThreads(plan.threadCount).reading
      let (samplesPerSecond, wallSeconds) = takeSteps(&trainer)
      let (after, peakTiming) = meter.readThreads(plan.threadCount)
      let float32Rate = takeSteps(&float32Trainer).samplesPerSecond
      let last = meter.readThreads(plan.threadCount).reading
      measurements.record(
        "train_step_share", samplesPerSecond * operationsPerSample / (before + after).rate)
      measurements.record(
        "train_step_f32_share", float32Rate * operationsPerSample / (after + last).rate)
      measurements.record("train_samples_per_second", samplesPerSecond)
      measurements.record("train_samples_per_second_f32", float32Rate)
      measurements.record("train_step_ms", 1e3 * wallSeconds / stepCount)
      measurements.recordProcessorShare(of: peakTiming, processorCount: plan.busyProcessorCount)

      // Steps of their own, because looking at clocks takes time too.
      var sums = PhaseSeconds()
      for _ in 0..<Self.stepsPerRepetition {
        if let seconds = trainer.step(progress: Self.progress, measuresPhases: true).seconds {
          sums += seconds
        }
      }
      for phase in TrainingPhase.allCases {
        measurements.record(Self.key(of: phase), 1e3 * sums[phase] / stepCount)
      }
    }
  }

  /// Floating-point operations of the field, forward and backward.
  private var operationsPerSample: Double {
    let configuration = subject.model.configuration
    return Double(
      configuration.field.kernelShape(over: configuration.bound).trainingOperationCount)
  }

  /// Takes the steps of one repetition.
  private func takeSteps(
    _ trainer: inout Trainer
  ) -> (samplesPerSecond: Double, wallSeconds: Double) {
    var sampleCount = 0
    let timing = Timing.ofAllThreads {
      for _ in 0..<Self.stepsPerRepetition {
        sampleCount += trainer.step(progress: Self.progress).sampleCount
      }
    }
    return (Double(sampleCount) / timing.wallSeconds, timing.wallSeconds)
  }

  private static func key(of phase: TrainingPhase) -> String {
    switch phase {
    case .hypernetworkForward: "train_hypernetwork_ms"
    case .occupancy: "train_occupancy_ms"
    case .rays: "train_rays_ms"
    case .fieldForward: "train_field_forward_ms"
    case .compositing: "train_compositing_ms"
    case .fieldBackward: "train_field_backward_ms"
    case .hypernetworkBackward: "train_hypernetwork_backward_ms"
    case .optimizer: "train_optimizer_ms"
    }
  }

  /// The share of the training that counts as done.
  static let progress: Float = 0.5

  /// How such scenes are trained unless asked otherwise.
  func recipe(for scenes: [SceneDataset]) -> TrainingConfiguration {
    TrainingPlan(for: scenes, bound: bound).configuration
  }

  private var bound: SceneBound {
    SceneBound(
      box: subject.model.configuration.bound, near: subject.model.configuration.near)
  }

  /// A training that goes on from the model, its first steps done.
  ///
  /// - Parameter scenes: as `trainingSet` made them.
  func warmTrainer(
    of scenes: [SceneDataset], configuration: TrainingConfiguration
  ) -> Trainer {
    let model = subject.model
    let latents = LatentTable(
      names: scenes.map(\.name), width: model.latents.width,
      values: scenes.indices.flatMap { code(ofScene: $0).values })
    var trainer = Trainer(
      state: TrainingState(hypernetwork: model.hypernetwork, latents: latents),
      scenes: scenes.map { TrainingScene($0) }, architecture: model.configuration.field,
      bound: bound.box, configuration: configuration, threadCount: plan.threadCount)
    // The trainer looks at the grids more often until a scene was seen for two of its periods.
    let visits = 2 * configuration.gridPeriod
    let perStep = min(configuration.scenesPerStep, scenes.count)
    let settled = (visits * scenes.count + perStep - 1) / perStep
    for _ in 0..<(plan.trainingWarmupSteps ?? settled) {
      _ = trainer.step(progress: Self.progress)
    }
    return trainer
  }

  /// Views of the model's scenes from all around; where more scenes are wanted than the model has, its
  /// scenes come again under other names.
  func trainingSet(sceneCount: Int) -> [SceneDataset] {
    let model = subject.model
    let renderer = subject.renderer(threadCount: plan.threadCount)
    let rendered = (0..<min(sceneCount, model.latents.names.count)).map { scene in
      let field = model.field(for: code(ofScene: scene), threadCount: plan.threadCount)
      let grid = subject.grid(of: field, threadCount: plan.threadCount)
      return (0..<plan.trainingViewCount).map { view in
        let camera = camera(ofView: view)
        let picture = renderer.render(field, camera: camera, grid: grid).transparentPicture
        return PosedImage(image: picture, camera: camera, name: "view \(view)")
      }
    }
    return (0..<sceneCount).map { scene in
      SceneDataset(name: "scene \(scene)", train: rendered[scene % rendered.count])
    }
  }

  private func code(ofScene scene: Int) -> LatentCode {
    subject.model.latents[scene % subject.model.latents.names.count]
  }

  /// A camera as far away as the model's own, on a spiral from low to high.
  private func camera(ofView view: Int) -> Camera {
    let frame = subject.camera
    let offset = frame.position - subject.target
    let share = (Float(view) + 0.5) / Float(plan.trainingViewCount)
    // The golden angle never comes back to an earlier direction.
    let camera = Camera(
      orbitAzimuth: 2.399963 * Float(view), elevation: 0.1 + 1.1 * share,
      distance: offset.length, target: subject.target, horizontalFieldOfView: 1,
      width: frame.width, height: frame.height)
    var view = camera
    (view.focalX, view.focalY) = (frame.focalX, frame.focalY)
    return view.resized(width: plan.trainingViewSize, height: plan.trainingViewSize)
  }
}
