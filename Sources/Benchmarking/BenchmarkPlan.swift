/// How long and with what a benchmark is run.
package struct BenchmarkPlan: Sendable, Hashable {
  package var threadCount: Int
  /// Processors of the machine that the process may use.
  package var processorCount: Int
  /// Time for the repetitions of one figure, seconds.
  package var secondsPerFigure: Double
  /// The fewest repetitions of a figure.
  package var minimumRepetitions: Int
  /// Samples of a run of the kernels of width 64.
  package var kernelSampleCount: Int
  /// The time of one measurement of the peak, seconds.
  package var peakSeconds: Double
  /// Scenes of the training set, views of each, and the edge of a view, pixels.
  package var trainingSceneCount: Int
  package var trainingViewCount: Int
  package var trainingViewSize: Int
  /// Steps before the first one that is measured; nil goes on until grids are looked at no more often
  /// than in the long middle of a training.
  package var trainingWarmupSteps: Int?
  /// Whether the table of times against the size of the work is wanted.
  package var measuresGrowth: Bool
  var growthSizes = GrowthBenchmark.Sizes()

  /// A benchmark whose figures can be relied on.
  package init(threadCount: Int, processorCount: Int, secondsPerFigure: Double = 1) {
    self.threadCount = threadCount
    self.processorCount = processorCount
    self.secondsPerFigure = secondsPerFigure
    minimumRepetitions = 5
    kernelSampleCount = 65_536
    peakSeconds = 3e-3
    trainingSceneCount = 32
    trainingViewCount = 8
    trainingViewSize = 64
    measuresGrowth = false
  }

  /// A benchmark that only shows that everything can be measured.
  package static func quick(threadCount: Int, processorCount: Int) -> BenchmarkPlan {
    var plan = BenchmarkPlan(
      threadCount: threadCount, processorCount: processorCount, secondsPerFigure: 0.02)
    plan.minimumRepetitions = 3
    plan.kernelSampleCount = 8192
    plan.peakSeconds = 5e-4
    plan.trainingSceneCount = 3
    plan.trainingViewCount = 2
    plan.trainingViewSize = 32
    plan.trainingWarmupSteps = 2
    plan.growthSizes = .quick
    return plan
  }

  /// Samples of a run of the kernels of some width: narrow ones get more, so that a run of theirs does not
  /// end while caches and predictors are still those of the work before.
  func kernelSampleCount(width: Int) -> Int { kernelSampleCount * 64 / width }

  /// The processors that all threads together can keep busy.
  var busyProcessorCount: Int { min(threadCount, processorCount) }
}
