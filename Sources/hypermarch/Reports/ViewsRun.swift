import Checkpoints
import Datasets
import Fitting
import Foundation
import NeuralFields

/// Fits every point of the report on regularisation that is not there yet.
struct ViewsRun {
  let model: FitModel
  let modelPath: String
  let dataset: String
  let objects: [SceneDataset]
  let viewCounts: [Int]
  let fit: FitSettings
  let quality: QualityOptions
  let threadCount: Int
  let isQuiet: Bool

  var settings: ViewsReport.Settings {
    ViewsReport.Settings(
      program: Hypermarch.programName, model: modelPath,
      fingerprint: model.checkpoint.fingerprint, dataset: dataset, objects: objects.map(\.name),
      viewCounts: viewCounts, seed: fit.seed, samplesPerDiagonal: quality.samplesPerDiagonal,
      terminationThreshold: quality.terminationThreshold, cellsPerEdge: quality.cellsPerEdge,
      threads: threadCount)
  }

  /// The first few of an object's views: those of the few-shot protocol, then the others in their order.
  static func views(_ count: Int, of viewCount: Int) -> [Int] {
    let first = FitProtocolOptions.defaultViews.filter { $0 < viewCount }
    return Array((first + (0..<viewCount).filter { !first.contains($0) }).prefix(count))
  }

  /// - Throws: `CommandFailure` where a signal came; points that were finished stay.
  func points(in folder: ReportFolder) throws -> [ViewsReport.Point] {
    let places = viewCounts.flatMap { count in objects.map { (count: count, object: $0) } }
    let signals = InterruptSignals()
    var reporter = ProgressReporter(isQuiet: isQuiet)
    var points: [ViewsReport.Point] = []
    for (index, place) in places.enumerated() {
      let name = "\(place.object.name)-\(place.count)"
      if let point = try folder.point(name, as: ViewsReport.Point.self) {
        points.append(point)
        continue
      }
      guard signals.failureCode == nil else { break }
      reporter.show(
        "point \(index + 1)/\(places.count)  \(place.object.name)  "
          + ProgressReporter.count(place.count, "view"))
      let point = try point(of: place.object, viewCount: place.count)
      try folder.keep(point, name)
      points.append(point)
    }
    if points.count < places.count, let code = signals.failureCode {
      throw CommandFailure(
        "stopped by a signal, \(points.count) of \(places.count) points are kept; go on with the "
          + "same command", code)
    }
    reporter.finish(ProgressReporter.count(points.count, "point"))
    return points
  }

  private func point(of object: SceneDataset, viewCount: Int) throws -> ViewsReport.Point {
    let views = Self.views(viewCount, of: object.train.count)
    let evaluation = FitEvaluation(
      model: model, settings: fit, views: views, refines: true, findsCamera: false, posterior: nil,
      quality: quality, threadCount: threadCount)
    let found = try evaluation.evaluate(object)
    let codeBytes = 4 * model.checkpoint.latents.width
    return ViewsReport.Point(
      command: command(for: object, views: views), object: object.name, viewCount: viewCount,
      views: views, found: found, codeBytes: codeBytes,
      latentBytes: codeBytes + 4 * found.changeLength, fieldBytes: 4 * model.layout.count)
  }

  private func command(for object: SceneDataset, views: [Int]) -> String {
    pastableCommand(
      [
        "hypermarch", "evaluate", modelPath, dataset, "--scene", object.name, "--protocol", "fit",
        "--views", "\(views.count)", "--view-list", views.map(String.init).joined(separator: ","),
        "--seed", "\(fit.seed)", "--samples", "\(quality.samplesPerDiagonal)", "--termination",
        "\(quality.terminationThreshold)", "--grid-resolution", "\(quality.cellsPerEdge)",
        "--threads", "\(threadCount)", "--json",
      ])
  }
}
