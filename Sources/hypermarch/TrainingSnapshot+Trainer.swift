import Checkpoints
import NeuralFields
import Training
import VolumeRendering

/// A training between memory and its file.
extension TrainingSnapshot {
  /// The beginning of a training.
  init(beginningOf configuration: ModelConfiguration, state: TrainingState) {
    self.init(configuration: configuration, point: Point(state), seconds: 0, samples: 0)
  }

  /// Takes over where a trainer is.
  mutating func update(from trainer: borrowing Trainer, seconds: Double) {
    point = Point(trainer.state)
    lastGood = trainer.isAtLastGood ? nil : Point(trainer.health.lastGood)
    health = Health(trainer.health.record)
    self.seconds = seconds
  }

  /// What a trainer goes on from.
  ///
  /// - Parameter resolution: of the cells, as the run was begun with.
  /// - Throws: `CheckpointError` for cells of another number.
  func trainerParts(
    resolution: Int, path: String
  ) throws(CheckpointError) -> (state: TrainingState, health: TrainingGuard) {
    let cells = CellGrid(bound: configuration.bound, resolution: resolution)
    let state = try trainingState(of: point, cells: cells, path: path)
    let good = try lastGood.map { point throws(CheckpointError) in
      try trainingState(of: point, cells: cells, path: path)
    }
    return (state, TrainingGuard(lastGood: good ?? state, record: health.record))
  }

  private func trainingState(
    of point: Point, cells: CellGrid, path: String
  ) throws(CheckpointError) -> TrainingState {
    let width = configuration.hypernetwork.latentWidth
    var state = TrainingState(
      hypernetwork: Hypernetwork(
        architecture: configuration.hypernetwork, target: configuration.field.layout,
        parameters: point.parameters),
      latents: LatentTable(names: configuration.scenes, width: width, values: point.codes),
      optimizer: Adam(
        rowLength: point.firstMoment.count, firstMoment: point.firstMoment,
        secondMoment: point.secondMoment, stepCounts: [point.optimizerStep]),
      codeOptimizer: Adam(
        rowLength: width, firstMoment: point.codeFirstMoment,
        secondMoment: point.codeSecondMoment, stepCounts: point.codeSteps),
      step: point.step, skippedStepCount: point.skippedSteps,
      average: point.average.map {
        WeightAverage(parameters: $0.parameters, codes: $0.codes)
      })
    state.deviations = point.deviations.map {
      CodeDeviations(
        logarithms: $0.logarithms, width: width,
        optimizer: Adam(
          rowLength: width, firstMoment: $0.firstMoment, secondMoment: $0.secondMoment,
          stepCounts: point.codeSteps))
    }
    // A moment of a moving scene has cells of its own.
    if !point.cells.isEmpty { state.visitCounts = point.cells.map(\.visits) }
    for scene in point.cells {
      guard
        let estimate = OccupancyEstimate(
          cells: cells, encodedCells: scene.bytes, updateCount: scene.updates)
      else {
        throw .configuration(
          path: path, key: "cells", found: "other cells for a scene",
          expected: "\(cells.cellCount), as the run's resolution gives")
      }
      state.occupancy.append(estimate)
    }
    state.recurrence = point.recurrence.map {
      RecurrentPaths($0, of: configuration.motion ?? [], width: width)
    }
    state.samplesPerRay = point.samplesPerRay
    // Version 1 kept it in the model's record alone.
    state.smoothedLoss =
      point.smoothedLoss ?? (isComplete ? nil : configuration.training?.smoothedLoss)
    return state
  }
}

extension TrainingSnapshot.Point {
  init(_ state: TrainingState) {
    self.init(
      parameters: state.hypernetwork.parameters, codes: state.latents.values,
      firstMoment: state.optimizer.firstMoment, secondMoment: state.optimizer.secondMoment,
      codeFirstMoment: state.codeOptimizer.firstMoment,
      codeSecondMoment: state.codeOptimizer.secondMoment,
      average: state.average.map {
        TrainingSnapshot.Average(parameters: $0.parameters, codes: $0.codes)
      }, optimizerStep: state.optimizer.stepCounts[0], codeSteps: state.codeOptimizer.stepCounts,
      step: state.step, skippedSteps: state.skippedStepCount)
    deviations = state.deviations.map {
      TrainingSnapshot.Deviations(
        logarithms: $0.logarithms, firstMoment: $0.optimizer.firstMoment,
        secondMoment: $0.optimizer.secondMoment)
    }
    cells = zip(state.occupancy, state.visitCounts).map { estimate, visits in
      TrainingSnapshot.Cells(
        visits: visits, updates: estimate.updateCount, bytes: estimate.encodedCells)
    }
    recurrence = state.recurrence.map { TrainingSnapshot.Recurrence($0) }
    samplesPerRay = state.samplesPerRay
    smoothedLoss = state.smoothedLoss
  }
}

extension TrainingSnapshot.Recurrence {
  init(_ paths: RecurrentPaths) {
    self.init(
      parameters: paths.recurrence.parameters, codes: paths.codes,
      firstMoment: paths.optimizer.firstMoment, secondMoment: paths.optimizer.secondMoment,
      codeFirstMoment: paths.codeOptimizer.firstMoment,
      codeSecondMoment: paths.codeOptimizer.secondMoment, step: paths.optimizer.stepCounts[0],
      codeSteps: paths.codeOptimizer.stepCounts)
  }
}

extension RecurrentPaths {
  /// - Parameter width: of a code.
  init(
    _ saved: TrainingSnapshot.Recurrence, of trajectories: [LatentTrajectory], width: Int
  ) {
    self.init(
      of: trajectories,
      recurrence: CodeRecurrence(codeWidth: width, parameters: saved.parameters),
      codes: saved.codes,
      optimizer: Adam(
        rowLength: saved.parameters.count, firstMoment: saved.firstMoment,
        secondMoment: saved.secondMoment, stepCounts: [saved.step]),
      codeOptimizer: Adam(
        rowLength: width, firstMoment: saved.codeFirstMoment,
        secondMoment: saved.codeSecondMoment, stepCounts: saved.codeSteps))
  }
}

extension TrainingSnapshot.Health {
  init(_ record: TrainingGuard.Record) {
    self.init()
    norms = record.norms
    losses = record.losses
    explodedSteps = record.explodedStepCount
    badBatches = record.badBatches
    skippedBatches = record.skippedBatchCount
    slowSteps = record.slowStepCount
    rollbacks = record.rollbackCount
  }

  var record: TrainingGuard.Record {
    var record = TrainingGuard.Record()
    record.norms = norms
    record.losses = losses
    record.explodedStepCount = explodedSteps
    record.badBatches = badBatches
    record.skippedBatchCount = skippedBatches
    record.slowStepCount = slowSteps
    record.rollbackCount = rollbacks
    return record
  }
}
