import Benchmarking
import Checkpoints
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Benchmark") struct BenchmarkTests {
  /// A model of two scenes that are fog of many colours, seen from outside at 24×24 pixels.
  private static let subject: BenchmarkSubject = {
    let field = TinyModels.field()
    let hypernetwork = TinyModels.variedHypernetwork(.perLayer, target: field.layout, seed: 3)
    var random = SeededGenerator(seed: 4)
    let latents = LatentTable(
      names: ["a", "b"], width: hypernetwork.architecture.latentWidth, standardDeviation: 0.5,
      generator: &random)
    let camera = Camera(
      orbitAzimuth: 0.5, elevation: 0.4, distance: 4, horizontalFieldOfView: 0.6, width: 24,
      height: 24)
    let configuration = ModelConfiguration(
      program: "test", field: field, hypernetwork: hypernetwork.architecture,
      bound: TinyModels.cube, near: 0, scenes: latents.names,
      defaultView: ModelConfiguration.DefaultView(
        width: 24, height: 24, fieldOfView: 34, worldFromCamera: [[1, 0, 0, 0]], target: .zero))
    return BenchmarkSubject(
      model: Checkpoint(
        configuration: configuration, hypernetwork: hypernetwork, latents: latents),
      code: latents[0], camera: camera, target: .zero)
  }()

  private static func report(threadCount: Int) throws -> BenchmarkReport {
    var plan = BenchmarkPlan.quick(threadCount: threadCount, processorCount: 2)
    plan.secondsPerFigure = 1e-6
    plan.minimumRepetitions = 1
    plan.kernelSampleCount = 64
    plan.peakSeconds = 1e-5
    plan.trainingViewSize = 8
    return try Benchmark(plan: plan).run(subject) { _ in }
  }

  @Test("the picture is the same for any number of threads") func picture() throws {
    let one = try Self.report(threadCount: 1).frameFingerprint
    #expect(one.count == 16 && one.allSatisfy(\.isHexDigit))
    for threadCount in [2, 3, 8] {
      #expect(try Self.report(threadCount: threadCount).frameFingerprint == one)
    }
  }

  @Test("every figure that needs neither threads nor bfloat16 is measured", arguments: [1, 2])
  func figures(threadCount: Int) throws {
    let report = try Self.report(threadCount: threadCount)
    for figure in Figure.sections.flatMap(\.figures) where !figure.key.contains("bf16") {
      let spread = report.measurements.spread(of: figure.key)
      let needsThreads = figure.key.hasSuffix("_scaling")
      #expect((spread != nil) == (threadCount > 1 || !needsThreads), "\(figure.key)")
      #expect(spread.map { $0.minimum >= 0 && $0.maximum.isFinite } ?? true, "\(figure.key)")
    }
  }
}
