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
  /// The loss over the last hundred steps or so: it depends on steps alone, never on the clock.
  private var smoothedLoss: Double?

  /// - Precondition: the scenes are those of the snapshot's model.
  init(
    run: TrainingRun, snapshot: TrainingSnapshot, scenes: [SceneDataset], threadCount: Int,
    isQuiet: Bool
  ) {
    let configuration = snapshot.model.configuration
    self.run = run
    self.snapshot = snapshot
    self.threadCount = threadCount
    reporter = ProgressReporter(isQuiet: isQuiet)
    if snapshot.step > 0 {
      smoothedLoss = configuration.training.map { pow(10, -0.1 * $0.trainingPsnr) }
    }
    let family = TrainingScene.family(
      of: scenes.map { TrainingScene($0) },
      variantsPerScene: run.settings.configuration.variantsPerScene,
      centre: configuration.bound.centre, seed: run.settings.configuration.seed)
    trainer = Trainer(
      state: TrainingState(snapshot), scenes: family, architecture: configuration.field,
      bound: configuration.bound, configuration: run.settings.configuration,
      threadCount: threadCount)
  }

  /// Sums since the last log line.
  private struct Interval {
    var loss = 0.0
    var steps = 0
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

    while run.progress(step: trainer.state.step, seconds: seconds) < 1,
      signals.failureCode == nil
    {
      let progress = run.progress(step: trainer.state.step, seconds: seconds)
      let report = trainer.step(progress: progress)
      seconds = earlierSeconds + (clock.now - start).inSeconds
      snapshot.samples += report.sampleCount
      interval.rays += report.rayCount
      if !report.wasSkipped {
        interval.loss += report.loss
        interval.steps += 1
        smoothedLoss = smoothedLoss.map { 0.99 * $0 + 0.01 * report.loss } ?? report.loss
      }
      reporter.show(
        line(interval, seconds: seconds, earlierSeconds: earlierSeconds, loss: report.loss))
      if seconds >= nextSave {
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
          ? ", \(trainer.state.skippedStepCount) skipped: not finite" : ""))
    if let code = signals.failureCode {
      throw CommandFailure(
        "stopped by a signal, saved; go on with: hypermarch train --resume \(run.folder)", code)
    }
    Terminal.result(run.settings.output)
  }

  private var smoothedPSNR: Double { 10 * log10(1 / max(smoothedLoss ?? 1, 1e-12)) }

  /// Step, share, time left, loss, PSNR and speed.
  private func line(
    _ interval: Interval, seconds: Double, earlierSeconds: Double, loss: Double
  ) -> String {
    let progress = run.progress(step: trainer.state.step, seconds: seconds)
    let startProgress = run.progress(step: snapshot.step, seconds: earlierSeconds)
    let rate = Double(progress - startProgress) / max(seconds - earlierSeconds, 1e-9)
    let left = rate > 0 ? Double(1 - progress) / rate : 0
    return String(
      format: "step %d  %.1f %%  ETA %@  loss %.5f  %.2f dB  %.0f rays/s", trainer.state.step,
      100 * progress, ProgressReporter.clock(left), loss, interval.psnr,
      Double(interval.rays) / max(seconds - interval.start, 1e-9))
  }

  private struct LogLine: Encodable {
    let step: Int
    let seconds: Double
    let loss: Double
    let psnr: Double
    let raysPerSecond: Double
    let skippedSteps: Int
  }

  private mutating func save(_ interval: Interval, seconds: Double) throws {
    let state = trainer.state
    let line = LogLine(
      step: state.step, seconds: seconds,
      loss: interval.steps > 0 ? interval.loss / Double(interval.steps) : 0, psnr: interval.psnr,
      raysPerSecond: Double(interval.rays) / max(seconds - interval.start, 1e-9),
      skippedSteps: state.skippedStepCount)
    // A run that was finished already has nothing to log.
    let hasNews = interval.rays > 0
    snapshot.update(from: state, seconds: seconds)
    snapshot.model.configuration.training = ModelConfiguration.TrainingRecord(
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

/// The training's state, between memory and its file.
extension TrainingState {
  init(_ snapshot: TrainingSnapshot) {
    self.init(
      hypernetwork: snapshot.model.hypernetwork, latents: snapshot.model.latents,
      optimizer: Adam(
        rowLength: snapshot.firstMoment.count, firstMoment: snapshot.firstMoment,
        secondMoment: snapshot.secondMoment, stepCounts: [snapshot.optimizerStep]),
      codeOptimizer: Adam(
        rowLength: snapshot.model.latents.width, firstMoment: snapshot.codeFirstMoment,
        secondMoment: snapshot.codeSecondMoment, stepCounts: snapshot.codeSteps),
      step: snapshot.step, skippedStepCount: snapshot.skippedSteps,
      average: snapshot.average.map {
        WeightAverage(parameters: $0.parameters, codes: $0.codes)
      })
  }
}

extension TrainingSnapshot {
  init(beginningOf model: Checkpoint, state: TrainingState) {
    self.init(
      model: model, firstMoment: [], secondMoment: [], codeFirstMoment: [], codeSecondMoment: [],
      optimizerStep: 0, codeSteps: [], step: 0, skippedSteps: 0, seconds: 0, samples: 0)
    update(from: state, seconds: 0)
  }

  mutating func update(from state: TrainingState, seconds: Double) {
    model.hypernetwork = state.hypernetwork
    model.latents = state.latents
    firstMoment = state.optimizer.firstMoment
    secondMoment = state.optimizer.secondMoment
    optimizerStep = state.optimizer.stepCounts[0]
    codeFirstMoment = state.codeOptimizer.firstMoment
    codeSecondMoment = state.codeOptimizer.secondMoment
    codeSteps = state.codeOptimizer.stepCounts
    average = state.average.map { Average(parameters: $0.parameters, codes: $0.codes) }
    step = state.step
    skippedSteps = state.skippedStepCount
    self.seconds = seconds
  }
}
