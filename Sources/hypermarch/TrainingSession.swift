import Checkpoints
import Datasets
import Files
import Foundation
import NeuralFields
import Training

/// Runs a training to its end, or to a signal: steps, progress, saves.
struct TrainingSession {
  private var run: TrainingRun
  private var snapshot: TrainingSnapshot
  private var trainer: Trainer
  private let threadCount: Int
  /// From the beginning on, so that no signal after it ends the process without a save.
  private let signals = InterruptSignals()
  private var reporter: ProgressReporter
  private var lastReason: TrainingGuard.Reason?

  /// - Precondition: the scenes are those of the snapshot's model.
  init(
    run: TrainingRun, from loaded: SavedStates.Loaded, scenes: [SceneDataset], threadCount: Int,
    isQuiet: Bool
  ) {
    let configuration = loaded.snapshot.configuration
    self.run = run
    snapshot = loaded.snapshot
    self.threadCount = threadCount
    reporter = ProgressReporter(isQuiet: isQuiet)
    let items = TrainingItems(
      of: scenes, trajectories: configuration.motion ?? [],
      configuration: run.settings.configuration, centre: configuration.bound.centre)
    trainer = Trainer(
      state: loaded.state, health: loaded.health, scenes: items.scenes, codes: items.codes,
      architecture: configuration.field, bound: configuration.bound,
      configuration: run.settings.configuration, threadCount: threadCount)
  }

  /// Sums since the last log line.
  private struct Interval {
    var loss = 0.0
    var steps = 0
    var clippedSteps = 0
    var rays = 0
    let start: Double

    /// −10 log₁₀ of the mean squared error, dB; 0 before the first step.
    var psnr: Double { steps > 0 ? -10 * log10(max(loss / Double(steps), 1e-12)) : 0 }
  }

  consuming func train() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let earlierSeconds = snapshot.seconds
    var seconds = earlierSeconds
    var interval = Interval(start: seconds)
    var nextSave = seconds + run.settings.saveIntervalSeconds

    while !trainer.health.hasGivenUp {
      let progress = run.progress(step: trainer.state.step, seconds: seconds)
      if progress >= 1 || signals.failureCode != nil {
        // A state that is damaged is no end: it is left, and what it cost is made up for.
        guard let outcome = trainer.settle() else { break }
        warn(of: outcome)
        if signals.failureCode != nil { break }
        continue
      }
      let report = trainer.step(progress: progress)
      seconds = earlierSeconds + (clock.now - start).inSeconds
      snapshot.samples += report.sampleCount
      interval.rays += report.rayCount
      if !report.wasSkipped {
        interval.loss += report.loss
        interval.steps += 1
      }
      if report.wasClipped { interval.clippedSteps += 1 }
      warn(of: report.outcome)
      reporter.show(
        line(interval, seconds: seconds, earlierSeconds: earlierSeconds, loss: report.loss))
      // A state that is the one to go back to is half as large, so a save waits for it a little.
      let late = nextSave + 0.1 * run.settings.saveIntervalSeconds
      if seconds >= late || seconds >= nextSave && trainer.isAtLastGood {
        if let outcome = trainer.settle() { warn(of: outcome) }
        try save(interval, seconds: seconds)
        interval = Interval(start: seconds)
        nextSave = seconds + run.settings.saveIntervalSeconds
      }
    }

    try save(interval, seconds: seconds)
    reporter.finish(
      ProgressReporter.count(trainer.state.step, "step")
        + " in \(ProgressReporter.clock(seconds)), "
        + String(format: "%.2f dB on training rays", smoothedPSNR)
        + (trainer.state.skippedStepCount > 0
          ? ", \(trainer.state.skippedStepCount) skipped: not finite" : "")
        + (trainer.state.meanDivergence.map { String(format: ", codes of %.0f nats", $0) } ?? ""))
    if trainer.health.hasGivenUp { try giveUp() }
    if let code = signals.failureCode {
      throw CommandFailure(
        "stopped by a signal, saved; go on with: hypermarch train --resume \(run.folder)", code)
    }
    try Terminal.result(run.settings.output)
  }

  private var smoothedPSNR: Double {
    10 * log10(1 / max(trainer.state.smoothedLoss ?? 1, 1e-12))
  }

  private mutating func warn(of outcome: TrainingGuard.Outcome) {
    guard case .rolledBack(let reason) = outcome else { return }
    lastReason = reason
    Terminal.error(
      "warning: the training went wrong, as \(reason.rawValue): back to step "
        + "\(trainer.state.step), with other batches"
        + (trainer.health.learnsSlowly ? " and for a while half the rate" : ""))
  }

  /// What is known of a training that went wrong again and again.
  private struct Diagnostic: Encodable {
    let schema = 1
    let step: Int
    let batch: Int
    let rollbacks: Int
    let reason: String
    let skippedSteps: Int
    let seed: UInt64
    let learningRate: Float
    let losses: [Float]
    let gradientNorms: [Float]
  }

  private func giveUp() throws {
    let record = trainer.health.record
    let reason = lastReason?.rawValue ?? "it had done so before"
    let step = trainer.state.step
    try run.write(
      Diagnostic(
        step: step, batch: step + record.skippedBatchCount, rollbacks: record.rollbackCount,
        reason: reason, skippedSteps: trainer.state.skippedStepCount,
        seed: run.settings.configuration.seed,
        learningRate: run.settings.configuration.learningRate, losses: record.losses,
        gradientNorms: record.norms))
    throw CommandFailure(
      "\(run.folder): the training went wrong \(record.rollbackCount) times after step \(step), the "
        + "last time as \(reason): diagnostic.json says more; begin again with a lower "
        + "--learning-rate", .numericFailure)
  }

  /// Step, share, time left, loss, PSNR and speed.
  private func line(
    _ interval: Interval, seconds: Double, earlierSeconds: Double, loss: Double
  ) -> String {
    let progress = run.progress(step: trainer.state.step, seconds: seconds)
    let startProgress = run.progress(step: snapshot.point.step, seconds: earlierSeconds)
    let rate = Double(progress - startProgress) / max(seconds - earlierSeconds, 1e-9)
    let left = rate > 0 ? Double(1 - progress) / rate : 0
    return String(
      format: "step %d  %.1f %%  ETA %@  loss %.5f  %.2f dB  %.0f rays/s", trainer.state.step,
      100 * progress, ProgressReporter.clock(left), loss, interval.psnr,
      Double(interval.rays) / max(seconds - interval.start, 1e-9))
  }

  private struct LogLine: Encodable {
    let step: Int
    /// The number in the saved state's name.
    let state: Int
    let seconds: Double
    let loss: Double
    let psnr: Double
    let raysPerSecond: Double
    let skippedSteps: Int
    let clippedSteps: Int
    let rollbacks: Int
    /// Nats that scenes' codes differ from the prior by, where codes are variational.
    let divergence: Double?
  }

  private mutating func save(_ interval: Interval, seconds: Double) throws {
    let state = trainer.state
    let line = LogLine(
      step: state.step, state: state.step + trainer.health.record.skippedBatchCount,
      seconds: seconds,
      loss: interval.steps > 0 ? interval.loss / Double(interval.steps) : 0, psnr: interval.psnr,
      raysPerSecond: Double(interval.rays) / max(seconds - interval.start, 1e-9),
      skippedSteps: state.skippedStepCount, clippedSteps: interval.clippedSteps,
      rollbacks: trainer.health.record.rollbackCount, divergence: state.meanDivergence)
    // A run that was finished already has nothing to log.
    let hasNews = interval.rays > 0
    snapshot.update(from: trainer, seconds: seconds)
    snapshot.configuration.training = ModelConfiguration.TrainingRecord(
      dataset: URL(fileURLWithPath: run.settings.dataset).standardizedFileURL.lastPathComponent
        .onOneLine,
      seed: run.settings.configuration.seed, steps: state.step,
      skippedSteps: state.skippedStepCount, budgetMinutes: run.settings.minutes,
      samples: snapshot.samples, trainingPsnr: smoothedPSNR,
      options: run.settings.options)
    try run.save(
      snapshot, logLine: hasNews ? Terminal.jsonLine(line) : nil, threadCount: threadCount)
  }
}

extension ModelConfiguration.TrainingRecord {
  /// The loss that the record's PSNR says.
  var smoothedLoss: Double { pow(10, -0.1 * trainingPsnr) }
}
