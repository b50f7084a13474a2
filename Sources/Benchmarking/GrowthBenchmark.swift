import Checkpoints
import Datasets
import Kernels
import NeuralFields
import Training
import VolumeRendering

/// Measures how cost grows with pixels, scenes, width and threads; each time is the median of a few.
struct GrowthBenchmark {
  let plan: BenchmarkPlan
  let meter: PeakMeter
  let subject: BenchmarkSubject
  /// The sizes to measure.
  let sizes: Sizes

  struct Sizes: Sendable, Hashable {
    var edges = [64, 128, 256, 512, 1024, 2048, 4096]
    var sceneCounts = [1, 2, 4, 8, 16, 32, 66]
    var widths = [16, 32, 48, 64, 96, 128, 192, 256]

    /// Two of each.
    static let quick = Sizes(edges: [64, 128], sceneCounts: [1, 2], widths: [16, 32])
  }

  func table(progress: (String) -> Void) -> GrowthTable {
    var table = GrowthTable()
    for edge in sizes.edges {
      progress("growth: \(edge)×\(edge) pixels")
      let seconds = frameSeconds(edge: edge, threadCount: plan.threadCount)
      table.pixels.append(
        GrowthTable.Pixels(
          edge: edge, seconds: seconds, nanosecondsPerPixel: 1e9 * seconds / Double(edge * edge)))
    }
    progress("growth: views of \(sizes.sceneCounts.max() ?? 0) scenes")
    let training = TrainingBenchmark(plan: plan, meter: meter, subject: subject)
    let scenes = training.trainingSet(sceneCount: sizes.sceneCounts.max() ?? 1)
    for count in sizes.sceneCounts {
      progress("growth: \(count) scenes")
      table.scenes.append(row(sceneCount: count, of: scenes, training: training))
    }
    for width in sizes.widths {
      progress("growth: width \(width)")
      table.widths.append(row(width: width))
    }
    table.threads = threadRows(progress: progress)
    return table
  }

  /// The median of at least `repetitions` runs of some work, seconds on the wall.
  private func median(of repetitions: Int, _ work: () -> Void) -> Double {
    let seconds = (0..<repetitions).map { _ in Timing.ofAllThreads(work).wallSeconds }
    return Spread(seconds)?.median ?? 0
  }

  private func frameSeconds(edge: Int, threadCount: Int) -> Double {
    let field = subject.model.field(for: subject.code, threadCount: threadCount)
    let grid = subject.grid(of: field, threadCount: threadCount)
    let renderer = subject.renderer(threadCount: threadCount)
    let camera = subject.camera.resized(width: edge, height: edge)
    return median(of: edge > 1024 ? 1 : 5) {
      // Band after band, as large pictures are written.
      renderer.renderBands(of: field, camera: camera, grid: grid) { band in
        _ = band.picture(over: [1, 1, 1])
      }
    }
  }

  private func row(
    sceneCount: Int, of scenes: [SceneDataset], training: TrainingBenchmark
  ) -> GrowthTable.Scenes {
    let latents = subject.model.latents
    let codes = (0..<sceneCount).flatMap { latents[$0 % latents.names.count].values }
    let hypernetworkSeconds = median(of: 5) {
      _ = subject.model.hypernetwork.forward(
        codes: codes, batch: sceneCount, threadCount: plan.threadCount)
    }
    // All scenes take part in every step, by the recipe for many.
    var configuration = training.recipe(for: scenes)
    configuration.scenesPerStep = sceneCount
    var trainer = training.warmTrainer(
      of: Array(scenes.prefix(sceneCount)), configuration: configuration)
    var rates: [Double] = []
    let stepSeconds = median(of: 5) {
      var sampleCount = 0
      let timing = Timing.ofAllThreads {
        sampleCount = trainer.step(progress: TrainingBenchmark.progress).sampleCount
      }
      rates.append(Double(sampleCount) / timing.wallSeconds)
    }
    return GrowthTable.Scenes(
      scenes: sceneCount, hypernetworkSeconds: hypernetworkSeconds,
      trainingStepSeconds: stepSeconds, trainingSamplesPerSecond: Spread(rates)?.median ?? 0)
  }

  private func row(width: Int) -> GrowthTable.Widths {
    func cost(_ pass: KernelWorkload.Pass) -> (nanoseconds: Double, share: Double) {
      var workload = KernelWorkload(pass: pass, width: width, sampleCount: plan.kernelSampleCount)
      workload.run()
      var (nanoseconds, shares): ([Double], [Double]) = ([], [])
      for _ in 0..<5 {
        let before = meter.readOneThread()
        let seconds = Timing.ofThread { workload.run() }.processorSeconds
        let peak = (before + meter.readOneThread()).rate
        nanoseconds.append(1e9 * seconds / Double(workload.sampleCount))
        shares.append(Double(workload.operationCount) / seconds / peak)
      }
      return (Spread(nanoseconds)?.median ?? 0, Spread(shares)?.median ?? 0)
    }
    let (forward, training) = (cost(.forward), cost(.training))
    return GrowthTable.Widths(
      width: width, forwardNanosecondsPerSample: forward.nanoseconds, forwardShare: forward.share,
      trainingNanosecondsPerSample: training.nanoseconds, trainingShare: training.share)
  }

  private func threadRows(progress: (String) -> Void) -> [GrowthTable.Threads] {
    let workload = KernelWorkload(
      pass: .forward, width: 64, sampleCount: plan.kernelSampleCount)
    var rows: [GrowthTable.Threads] = []
    var first: (kernel: Double, frame: Double)?
    for count in 1...plan.threadCount {
      progress("growth: \(count) of \(plan.threadCount) threads")
      var workloads = [KernelWorkload](repeating: workload, count: count)
      var workspaces = [Bool](repeating: false, count: count)
      let kernel = median(of: 5) {
        ParallelLoop.forEach(&workloads, workspaces: &workspaces) { _, item, _ in item.run() }
      }
      let frame = frameSeconds(edge: BenchmarkSubject.frameSize, threadCount: count)
      let one = first ?? (kernel, frame)
      first = one
      rows.append(
        GrowthTable.Threads(
          threads: count, kernelScaling: Double(count) * one.kernel / kernel,
          frameSeconds: frame, frameScaling: one.frame / frame))
    }
    return rows
  }
}
