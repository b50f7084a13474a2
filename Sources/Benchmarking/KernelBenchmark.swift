import Kernels

/// Measures the field kernels on one thread and on all, each repetition between two measurements of the
/// peak.
struct KernelBenchmark {
  let plan: BenchmarkPlan
  let meter: PeakMeter

  /// One thread, by its processor's clock.
  func measureOneThread(into measurements: inout Measurements) {
    var forward = workloads(.forward)
    var training = workloads(.training)
    var bfloat16 = Bfloat16(plan: plan)
    let kindCount = bfloat16 == nil ? 2 : 4
    for index in Figure.widths.indices {
      // The first run finds its memory untouched.
      forward[index].run()
      training[index].run()
    }
    repeating(
      forSeconds: Double(kindCount * Figure.widths.count) * plan.secondsPerFigure,
      atLeast: plan.minimumRepetitions
    ) {
      var peak = meter.readOneThread()
      for (index, width) in Figure.widths.enumerated() {
        // Each precision next to the other, because their ratio is a figure.
        let forwardRate = measure(
          &forward[index], key: "forward_w\(width)_f32_share", peak: &peak, into: &measurements)
        measurements.record("forward_w\(width)_f32", forwardRate * 1e-6)
        bfloat16?.measure(
          .forward, index, float32Rate: forwardRate, into: &measurements)
        let trainingRate = measure(
          &training[index], key: "train_w\(width)_share", peak: &peak, into: &measurements)
        bfloat16?.measure(
          .training, index, float32Rate: trainingRate, into: &measurements)
      }
    }
  }

  /// The kernels in bfloat16, and the peak that they are compared with.
  private struct Bfloat16 {
    let meter: PeakMeter
    var forward: [KernelWorkload]
    var training: [KernelWorkload]

    /// nil where the CPU has no such kernels.
    init?(plan: BenchmarkPlan) {
      guard FieldPrecision.bfloat16.isAvailable, let loop = PeakLoop.best(.bfloat16) else {
        return nil
      }
      meter = PeakMeter(loop: loop, seconds: plan.peakSeconds)
      let workloads = { (pass: KernelWorkload.Pass) in
        Figure.widths.map {
          KernelWorkload(
            pass: pass, width: $0, precision: .bfloat16,
            sampleCount: plan.kernelSampleCount(width: $0))
        }
      }
      (forward, training) = (workloads(.forward), workloads(.training))
      for index in forward.indices {
        forward[index].run()
        training[index].run()
      }
    }

    /// - Parameter float32Rate: of the same pass and width, samples a second.
    mutating func measure(
      _ pass: KernelWorkload.Pass, _ index: Int, float32Rate: Double,
      into measurements: inout Measurements
    ) {
      let before = meter.readOneThread()
      let seconds = Timing.ofThread {
        switch pass {
        case .forward: forward[index].run()
        case .training: training[index].run()
        }
      }.processorSeconds
      let after = meter.readOneThread()
      let workload = pass == .forward ? forward[index] : training[index]
      let rate = Double(workload.sampleCount) / seconds
      let share = Double(workload.operationCount) / seconds / (before + after).rate
      let width = Figure.widths[index]
      measurements.record("peak_bf16_gflops", after.rate * 1e-9)
      switch pass {
      case .forward:
        measurements.record("forward_w\(width)_bf16", rate * 1e-6)
        measurements.record("forward_w\(width)_bf16_share", share)
        if width == 64 { measurements.record("bf16_over_f32", rate / float32Rate) }
      case .training:
        measurements.record("train_w\(width)_bf16_share", share)
        if width == 64 { measurements.record("train_bf16_over_f32", rate / float32Rate) }
      }
    }
  }

  /// Runs a workload once, measures the peak again, and records its share of it.
  ///
  /// - Parameter peak: the measurement before; becomes that after.
  /// - Returns: samples a second.
  private func measure(
    _ workload: inout KernelWorkload, key: String, peak: inout PeakMeter.Reading,
    into measurements: inout Measurements
  ) -> Double {
    let timing = Timing.ofThread { workload.run() }
    let after = meter.readOneThread()
    let rate = Double(workload.operationCount) / timing.processorSeconds
    measurements.record(key, rate / (peak + after).rate)
    measurements.record("peak_f32_gflops", after.rate * 1e-9)
    measurements.recordProcessorShare(of: timing, processorCount: 1)
    peak = after
    return Double(workload.sampleCount) / timing.processorSeconds
  }

  /// All threads, by the clock on the wall, each with samples of its own.
  func measureAllThreads(into measurements: inout Measurements) {
    var forward = workloads(.forward).map {
      [KernelWorkload](repeating: $0, count: plan.threadCount)
    }
    var training = Figure.widths.map { width in
      // Made anew for every thread, because the activations are shared memory.
      (0..<plan.threadCount).map { _ in workload(.training, width: width) }
    }
    let figureCount = Double(2 * Figure.widths.count)
    for index in Figure.widths.indices {
      _ = run(&forward[index])
      _ = run(&training[index])
    }
    repeating(
      forSeconds: figureCount * plan.secondsPerFigure, atLeast: plan.minimumRepetitions
    ) {
      var peak = meter.readThreads(plan.threadCount).reading
      for (index, width) in Figure.widths.enumerated() {
        measure(
          &forward[index], key: "forward_w\(width)_f32_all_threads_share", peak: &peak,
          into: &measurements)
        measure(
          &training[index], key: "train_w\(width)_all_threads_share", peak: &peak,
          into: &measurements)
      }
    }
    measureScaling(into: &measurements)
  }

  private func measure(
    _ workloads: inout [KernelWorkload], key: String, peak: inout PeakMeter.Reading,
    into measurements: inout Measurements
  ) {
    let timing = run(&workloads)
    let (after, peakTiming) = meter.readThreads(workloads.count)
    let operationCount = Double(workloads.count * workloads[0].operationCount)
    measurements.record(key, operationCount / timing.wallSeconds / (peak + after).rate)
    measurements.record("peak_f32_all_threads_gflops", after.rate * 1e-9)
    measurements.recordProcessorShare(of: peakTiming, processorCount: plan.busyProcessorCount)
    peak = after
  }

  /// The rates of two and of all threads over that of one, measured one after the other.
  private func measureScaling(into measurements: inout Measurements) {
    guard plan.threadCount > 1 else { return }
    let workload = workload(.forward, width: 64)
    var one = [workload]
    var two = [workload, workload]
    var all = [KernelWorkload](repeating: workload, count: plan.threadCount)
    _ = (run(&one), run(&two), run(&all))
    repeating(forSeconds: plan.secondsPerFigure, atLeast: plan.minimumRepetitions) {
      let before = run(&one).wallSeconds
      let twoSeconds = run(&two).wallSeconds
      let between = run(&one).wallSeconds
      measurements.record("threads_scaling", (before + between) / twoSeconds)
      let allSeconds = run(&all).wallSeconds
      let after = run(&one).wallSeconds
      measurements.record(
        "all_threads_scaling",
        Double(plan.threadCount) * 0.5 * (between + after) / allSeconds)
    }
  }

  /// Runs every workload once, each on a thread of its own.
  private func run(_ workloads: inout [KernelWorkload]) -> Timing {
    var workspaces = [Bool](repeating: false, count: workloads.count)
    return Timing.ofAllThreads {
      ParallelLoop.forEach(&workloads, workspaces: &workspaces) { _, workload, _ in workload.run() }
    }
  }

  private func workloads(_ pass: KernelWorkload.Pass) -> [KernelWorkload] {
    Figure.widths.map { workload(pass, width: $0) }
  }

  private func workload(_ pass: KernelWorkload.Pass, width: Int) -> KernelWorkload {
    KernelWorkload(pass: pass, width: width, sampleCount: plan.kernelSampleCount(width: width))
  }
}
