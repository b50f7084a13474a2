/// Measures how fast hypermarch is on this machine, and how near it comes to what the machine can do.
///
/// Prints nothing. Single-thread figures are taken by the thread's own clock, those of several threads by
/// the clock on the wall; shares of the peak are ratios to the peak measured directly before and after.
package struct Benchmark {
  private let plan: BenchmarkPlan

  package init(plan: BenchmarkPlan) {
    self.plan = plan
  }

  /// - Parameter progress: told what is measured next.
  /// - Throws: `PNGError` where the folder for temporary files takes no file.
  package func run(
    _ subject: BenchmarkSubject, progress: (String) -> Void
  ) throws -> BenchmarkReport {
    let meter = PeakMeter(seconds: plan.peakSeconds)
    var measurements = Measurements()
    let kernels = KernelBenchmark(plan: plan, meter: meter)
    progress("kernels, one thread")
    kernels.measureOneThread(into: &measurements)
    progress("kernels, \(plan.threadCount) threads")
    kernels.measureAllThreads(into: &measurements)
    progress("frames")
    let fingerprint = try FrameBenchmark(plan: plan, meter: meter, subject: subject)
      .measure(into: &measurements)
    progress("training")
    TrainingBenchmark(plan: plan, meter: meter, subject: subject).measure(into: &measurements)
    if let bytes = MachineDescription.peakResidentBytes {
      measurements.record("peak_resident_bytes", Double(bytes))
    }
    var growth: GrowthTable?
    if plan.measuresGrowth {
      growth = GrowthBenchmark(plan: plan, meter: meter, subject: subject, sizes: plan.growthSizes)
        .table(progress: progress)
    }
    return BenchmarkReport(
      machine: MachineDescription(plan: plan), measurements: measurements,
      frameFingerprint: fingerprint, growth: growth)
  }
}
