import Checkpoints
import Datasets
import Fitting
import Foundation

/// Runs the few-shot protocol over the objects of a data set, and reports it.
struct FitProtocol {
  let options: FitProtocolOptions
  let quality: QualityOptions
  let json: Bool
  let isQuiet: Bool
  let threadCount: Int

  func run(_ checkpoint: Checkpoint, objects: [SceneDataset], path: String) throws {
    let usable = objects.filter { !$0.test.isEmpty }
    guard !usable.isEmpty else {
      throw CommandFailure("\(path): found no test views, expected some", .badData)
    }
    let model = FitModel(checkpoint, threadCount: threadCount)
    var settings = FitSettings()
    settings.seed = options.seed ?? settings.seed
    let evaluation = FitEvaluation(
      model: model, settings: settings, views: options.chosenViews, refines: options.refine,
      findsCamera: options.unknownCamera,
      posterior: options.posterior.settings(sampleCount: options.draws), quality: quality,
      threadCount: threadCount)
    var reporter = ProgressReporter(isQuiet: isQuiet)
    var results: [String: FitEvaluation.Result] = [:]
    for (index, object) in usable.enumerated() {
      reporter.show("object \(index + 1)/\(usable.count)  \(object.name)")
      results[object.name] = try evaluation.evaluate(object)
    }
    let report = FitProtocolReport(results)
    reporter.finish(ProgressReporter.count(usable.count, "object"))
    try Terminal.result(json ? Terminal.json(report) : report.text)
  }
}

/// What the few-shot protocol found.
struct FitProtocolReport: Encodable {
  var schema = 1
  let mean: FitEvaluation.Scores
  let median: FitEvaluation.Scores
  let standardDeviation: FitEvaluation.Scores
  let seconds: Seconds
  let yardsticks: Yardsticks
  /// PSNR of the code alone, where it was refined.
  let codePsnr: Double?
  /// Where cameras were looked for.
  let cameras: Cameras?
  /// Of all objects' values together, where scenes were drawn from posteriors.
  let calibration: CalibrationReport?
  let objects: [String: FitEvaluation.Result]

  struct Seconds: Encodable {
    let median: Double
    let maximum: Double
  }

  struct Cameras: Encodable {
    /// Degrees.
    let medianRotationError: Double
    let meanRotationError: Double
    /// The share of the objects whose camera was found to within 10 degrees.
    let successShare: Double
  }

  struct Yardsticks: Encodable {
    let meanLatent: FitEvaluation.Scores
    let nearestScene: FitEvaluation.Scores
    let scratch: FitEvaluation.Scores?
    /// Of scenes that move.
    let restingFit: FitEvaluation.Scores?
  }

  /// - Precondition: there is a result.
  init(_ results: [String: FitEvaluation.Result]) {
    let ordered = results.sorted { $0.key < $1.key }.map(\.value)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    func median(_ values: [Double]) -> Double {
      let sorted = values.sorted()
      return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    func deviation(_ values: [Double]) -> Double {
      let middle = mean(values)
      return mean(values.map { ($0 - middle) * ($0 - middle) }).squareRoot()
    }
    func scores(_ summary: ([Double]) -> Double) -> FitEvaluation.Scores {
      .init(psnr: summary(ordered.map(\.psnr)), ssim: summary(ordered.map(\.ssim)))
    }
    func yardstick(_ scores: [FitEvaluation.Scores]) -> FitEvaluation.Scores {
      .init(psnr: mean(scores.map(\.psnr)), ssim: mean(scores.map(\.ssim)))
    }
    self.mean = scores(mean)
    self.median = scores(median)
    standardDeviation = scores(deviation)
    seconds = Seconds(
      median: median(ordered.map(\.seconds)), maximum: ordered.map(\.seconds).max() ?? 0)
    let scratch = ordered.compactMap(\.scratch)
    let resting = ordered.compactMap(\.restingFit)
    yardsticks = Yardsticks(
      meanLatent: yardstick(ordered.map(\.meanLatent)),
      nearestScene: yardstick(ordered.map(\.nearestScene)),
      scratch: scratch.isEmpty ? nil : yardstick(scratch),
      restingFit: resting.isEmpty ? nil : yardstick(resting))
    let codes = ordered.compactMap(\.codePsnr)
    codePsnr = codes.isEmpty ? nil : mean(codes)
    let errors = ordered.compactMap(\.rotationError)
    cameras =
      errors.isEmpty
      ? nil
      : Cameras(
        medianRotationError: median(errors), meanRotationError: mean(errors),
        successShare: Double(errors.count { $0 <= 10 }) / Double(errors.count))
    calibration = CalibrationReport(ordered.compactMap(\.calibration))
    objects = results
  }

  var text: String {
    let width = max(13, objects.keys.map(\.count).max() ?? 0)
    func padded(_ name: String) -> String {
      name.padding(toLength: width, withPad: " ", startingAt: 0)
    }
    func line(_ name: String, _ scores: FitEvaluation.Scores) -> String {
      padded(name) + String(format: "  %6.2f dB  SSIM %.4f", scores.psnr, scores.ssim)
    }
    var lines = objects.sorted { $0.key < $1.key }.map { name, result in
      padded(name)
        + String(format: "  %6.2f dB  SSIM %.4f  %.1f s", result.psnr, result.ssim, result.seconds)
        + (result.rotationError.map { String(format: "  camera off by %.1f°", $0) } ?? "")
    }
    lines.append(line("mean", mean))
    lines.append(line("median", median))
    lines.append(line("deviation", standardDeviation))
    if let codePsnr { lines.append(padded("code alone") + String(format: "  %6.2f dB", codePsnr)) }
    lines.append(line("mean latent", yardsticks.meanLatent))
    lines.append(line("nearest scene", yardsticks.nearestScene))
    if let resting = yardsticks.restingFit { lines.append(line("fit at rest", resting)) }
    if let scratch = yardsticks.scratch { lines.append(line("from scratch", scratch)) }
    if let cameras {
      lines.append(
        padded("cameras")
          + String(
            format: "  %6.1f° off in the median, %.0f %% within 10°", cameras.medianRotationError,
            100 * cameras.successShare))
    }
    if let calibration { lines += calibration.lines.map { padded($0.name) + "  " + $0.text } }
    lines.append(
      padded("seconds") + String(format: "  %6.1f, at most %.1f", seconds.median, seconds.maximum))
    return lines.joined(separator: "\n")
  }
}
