import ArgumentParser
import Checkpoints
import Datasets
import Fitting
import Foundation
import NeuralFields
import Training
import VolumeRendering

/// Trains one model of the report on parameter efficiency, and measures each way to store it.
struct ParameterTraining {
  /// The data set as it was named, for commands.
  let dataset: String
  /// The scenes of the model, sorted by name.
  let scenes: [SceneDataset]
  /// The names of those that it is measured on.
  let measured: [String]
  /// Whether these are all scenes of the data set.
  let hasAllScenes: Bool
  /// Nil for a separate field, of which the generator is thrown away.
  let generator: TrainingOptions.Generator?
  let stepsPerScene: Int
  let samplesPerStep: Int?
  let seed: UInt64?
  let quality: RenderQuality
  let threadCount: Int

  /// The field that all models share: what `train` takes for many scenes.
  ///
  /// A separate field's own generator is what `train` takes for one object. Variants would take half of
  /// the budget for scenes that are not kept.
  private var options: [String] {
    var words = ["--width", "64", "--layers", "3", "--octaves", "7", "--samples", "64"]
    if let generator {
      words += ["--generator", generator.rawValue, "--latent-width", "128", "--trunk", "256,256"]
    } else {
      words += ["--latent-width", "8", "--trunk", "32"]
    }
    // Whatever the budget, most of it is spent at full speed.
    words += ["--variants", "0", "--warmup", "\(min(200, steps / 10))"]
    if let samplesPerStep { words += ["--samples-per-step", "\(samplesPerStep)"] }
    if let seed { words += ["--seed", "\(seed)"] }
    return words
  }

  var steps: Int { stepsPerScene * scenes.count }

  private var command: String {
    pastableCommand(
      ["hypermarch", "train", dataset]
        + (hasAllScenes ? [] : scenes.flatMap { ["--scene", $0.name] })
        + ["--steps", "\(steps)"] + options + ["--output", "model.safetensors"])
  }

  func plan() throws -> TrainingPlan {
    let bounds = SceneBound.bounds(of: scenes, threadCount: threadCount)
    var plan = TrainingPlan(for: scenes, bound: SceneBound.union(of: bounds))
    try TrainingOptions.parse(options).apply(to: &plan)
    return plan
  }

  /// - Parameters:
  ///   - show: told the share of the steps that are done.
  ///   - isStopped: asked before every step.
  /// - Returns: nil where it was stopped.
  func point(
    show: (Float) -> Void, isStopped: () -> Bool
  ) throws -> ParametersReport.Point? {
    let plan = try plan()
    var trainer = Trainer(
      state: plan.initialState(sceneNames: scenes.map(\.name)),
      scenes: scenes.map { TrainingScene($0) }, architecture: plan.field, bound: plan.bound,
      configuration: plan.configuration, threadCount: threadCount)
    let start = ContinuousClock.now
    var samples = 0
    while trainer.state.step < steps {
      guard !isStopped() else { return nil }
      let progress = Float(trainer.state.step) / Float(steps)
      samples += trainer.step(progress: progress).sampleCount
      show(progress)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let state = trainer.state
    let subjects = scenes.filter { measured.contains($0.name) }
    return ParametersReport.Point(
      command: command, generator: generator?.rawValue, sceneCount: scenes.count,
      scenes: scenes.map(\.name), steps: steps, samples: samples, seconds: seconds,
      parameterCount: generator == nil
        ? plan.field.layout.count : state.hypernetwork.layout.count,
      latentWidth: generator == nil ? nil : state.latents.width,
      storages: generator == nil
        ? fieldStorages(state, plan, subjects) : modelStorages(state, plan, subjects))
  }

  /// The field alone, without what generated it, in 32 and in 16 bits.
  private func fieldStorages(
    _ state: TrainingState, _ plan: TrainingPlan, _ subjects: [SceneDataset]
  ) -> [ParametersReport.Storage] {
    let weights = state.hypernetwork.weights(for: state.latents[0], threadCount: threadCount)
    return [false, true].map { isHalf in
      let bytes = weights.values.count * (isHalf ? 2 : 4)
      let stored = isHalf ? FieldWeights(weights.values.map(\.storedInHalf)) : weights
      return ParametersReport.Storage(
        weights: isHalf ? "float16" : "float32", codeBits: nil, bytes: bytes,
        bytesPerScene: Double(bytes), bytesOfAFurtherScene: bytes,
        measured: measure(subjects, plan) { _ in stored })
    }
  }

  /// The generator in 32 and in 16 bits, each with codes of as many bits, and of fewer.
  ///
  /// Codes of few bits are left out where their ranges are more than they save.
  private func modelStorages(
    _ state: TrainingState, _ plan: TrainingPlan, _ subjects: [SceneDataset]
  ) -> [ParametersReport.Storage] {
    let table = state.latents
    let sceneCount = table.names.count
    return [false, true].flatMap { isHalf in
      var network = state.hypernetwork
      if isHalf { network.parameters = network.parameters.map(\.storedInHalf) }
      let valueBytes = isHalf ? 2 : 4
      let wholeCode = valueBytes * table.width
      func storage(
        bits: Int, codeBytes: Int, rangeBytes: Int, _ code: (LatentCode) -> LatentCode
      ) -> ParametersReport.Storage {
        let bytes = network.layout.count * valueBytes + sceneCount * codeBytes + rangeBytes
        return ParametersReport.Storage(
          weights: isHalf ? "float16" : "float32", codeBits: bits, bytes: bytes,
          bytesPerScene: Double(bytes) / Double(sceneCount), bytesOfAFurtherScene: codeBytes,
          measured: measure(subjects, plan) { name in
            guard let own = table[name] else { preconditionFailure("found no code of \(name)") }
            return network.weights(for: code(own), threadCount: threadCount)
          })
      }
      let whole = storage(bits: 8 * valueBytes, codeBytes: wholeCode, rangeBytes: 0) { code in
        isHalf ? LatentCode(code.values.map(\.storedInHalf)) : code
      }
      let few = [8, 6, 4].map { CodeQuantization(table, bitCount: $0) }.filter {
        $0.rangeBytes + sceneCount * $0.bytesPerScene < sceneCount * wholeCode
      }
      return [whole]
        + few.map { rounding in
          storage(
            bits: rounding.bitCount, codeBytes: rounding.bytesPerScene,
            rangeBytes: rounding.rangeBytes
          ) { rounding.rounded($0) }
        }
    }
  }

  private func measure(
    _ subjects: [SceneDataset], _ plan: TrainingPlan, _ weights: (String) -> FieldWeights
  ) -> [String: FitEvaluation.Scores] {
    let renderer = Renderer(
      settings: RenderSettings(
        quality: quality, near: plan.configuration.near, threadCount: threadCount))
    var result: [String: FitEvaluation.Scores] = [:]
    for subject in subjects {
      let field = CoordinateMLP(
        architecture: plan.field, bound: plan.bound, weights: weights(subject.name))
      let grid = OccupancyGrid(
        of: field, resolution: quality.gridResolution, threadCount: threadCount)
      result[subject.name] = FitEvaluation.Scores(
        Evaluation(of: field, grid: grid, views: subject.test, renderer: renderer))
    }
    return result
  }
}

extension Float {
  /// What a file in half precision keeps of the value.
  fileprivate var storedInHalf: Float { Float(float16Bits: float16Bits) }
}
