import Datasets
import Foundation
import Kernels
import NeuralFields
import Training
import VolumeRendering

/// Trains and measures every point of the report on parameter efficiency that is not there yet.
struct ParametersRun {
  let dataset: String
  let scenes: [SceneDataset]
  let sceneCounts: [Int]
  let measuredCount: Int
  let generators: [TrainingOptions.Generator]
  let stepsPerScene: Int
  let samplesPerStep: Int?
  let seed: UInt64?
  let quality: RenderQuality
  let threadCount: Int
  let isQuiet: Bool

  /// The scenes that every point is measured on, evenly spread.
  var measured: [SceneDataset] {
    let count = min(measuredCount, scenes.count)
    return (0..<count).map { scenes[$0 * scenes.count / count] }
  }

  /// A model's scenes, and those of them that it is measured on.
  struct Group {
    let scenes: [String]
    let measured: [String]
  }

  /// The models of one number of scenes: each measured scene is measured in one of them.
  ///
  /// A model with room left is filled up with other scenes, evenly spread; its scenes are sorted by name,
  /// as `train` takes them.
  static func groups(of scenes: [String], measured: [String], count: Int) -> [Group] {
    stride(from: 0, to: measured.count, by: count).map { start in
      let own = Array(measured[start..<min(start + count, measured.count)])
      let room = count - own.count
      let unmeasured = scenes.filter { !measured.contains($0) }
      let others = unmeasured.count >= room ? unmeasured : scenes.filter { !own.contains($0) }
      let chosen = Set(own + (0..<room).map { others[$0 * others.count / room] })
      return Group(scenes: scenes.filter(chosen.contains), measured: own)
    }
  }

  private func training(
    _ group: Group, generator: TrainingOptions.Generator?
  ) -> ParameterTraining {
    ParameterTraining(
      dataset: dataset, scenes: scenes.filter { group.scenes.contains($0.name) },
      measured: group.measured, hasAllScenes: group.scenes.count == scenes.count,
      generator: generator,
      stepsPerScene: stepsPerScene, samplesPerStep: samplesPerStep, seed: seed, quality: quality,
      threadCount: threadCount)
  }

  /// Every point by its name: separate fields, then models of more and more scenes.
  private var trainings: [(name: String, training: ParameterTraining)] {
    let (names, measured) = (scenes.map(\.name), measured.map(\.name))
    let fields = measured.map {
      ("field-\($0)", training(Group(scenes: [$0], measured: [$0]), generator: nil))
    }
    let models = sceneCounts.flatMap { count in
      generators.flatMap { generator in
        Self.groups(of: names, measured: measured, count: count).enumerated().map {
          index, group in
          ("\(generator.rawValue)-\(count)-\(index + 1)", training(group, generator: generator))
        }
      }
    }
    return fields + models
  }

  /// What the largest of the trainings takes, beside the pictures of all scenes.
  func budget(_ options: MemoryOptions) throws -> MemoryBudget {
    let largest = trainings.map(\.training).filter { $0.scenes.count == sceneCounts.last }
    let budgets = try largest.map { training in
      let plan = try training.plan()
      var budget = MemoryBudget(
        training: training.scenes, configuration: plan.configuration,
        architecture: (plan.hypernetwork, plan.field), bound: plan.bound,
        rowCount: training.scenes.count, placeCount: training.scenes.count,
        stepCount: training.steps, options, threadCount: threadCount)
      let pictures = DatasetMemory(of: scenes)
      budget.keep(pictures.keptBytes, for: "all pictures")
      budget.passRenderings(
        bound: plan.bound, pixelCount: pictures.largestPixelCount,
        cellsPerEdge: quality.gridResolution, threadCount: threadCount)
      return budget
    }
    let greatest = budgets.max { $0.size.byteCount < $1.size.byteCount }
    return greatest ?? MemoryBudget(options, threadCount: threadCount)
  }

  func settings() throws -> ParametersReport.Settings {
    let plan = try training(
      Group(scenes: [scenes[0].name], measured: []), generator: .perLayer
    ).plan()
    return ParametersReport.Settings(
      program: Hypermarch.programName, dataset: dataset, scenes: scenes.map(\.name),
      measuredScenes: measured.map(\.name), sceneCounts: sceneCounts,
      generators: generators.map(\.rawValue), stepsPerScene: stepsPerScene,
      samplesPerStep: plan.configuration.samplesPerStep, seed: plan.configuration.seed,
      precision: plan.configuration.precision.rawValue, quality: quality.rawValue)
  }

  /// - Throws: `CommandFailure` where a signal came; points that were finished stay.
  func points(in folder: ReportFolder) throws -> [ParametersReport.Point] {
    let trainings = trainings
    let signals = InterruptSignals()
    var reporter = ProgressReporter(isQuiet: isQuiet)
    var points: [ParametersReport.Point] = []
    for (index, (name, training)) in trainings.enumerated() {
      if let point = try folder.point(name, as: ParametersReport.Point.self) {
        points.append(point)
        continue
      }
      let found = try training.point(
        show: { progress in
          reporter.show(
            "point \(index + 1)/\(trainings.count)  \(name)  "
              + String(format: "%.0f %% of \(training.steps) steps", 100 * progress))
        }, isStopped: { signals.failureCode != nil })
      guard let found else { break }
      try folder.keep(found, name)
      points.append(found)
    }
    if points.count < trainings.count, let code = signals.failureCode {
      throw CommandFailure(
        "stopped by a signal, \(points.count) of \(trainings.count) points are kept; go on with the "
          + "same command", code)
    }
    reporter.finish(ProgressReporter.count(points.count, "point"))
    return points
  }
}
