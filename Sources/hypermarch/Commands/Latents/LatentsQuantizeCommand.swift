import ArgumentParser
import Checkpoints
import Datasets
import Fitting
import Foundation
import NeuralFields
import VolumeRendering

/// Measures how few bits a scene's code can have.
struct LatentsQuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Round codes to few bits: bytes per scene, and the decibels that costs.",
    discussion: """
      EXAMPLES
        hypermarch latents quantize
        hypermarch latents quantize cars.safetensors --bits 8,4 --dataset data/cars

      Every entry of the codes has evenly spaced levels over its own range. Renderings from rounded \
      codes are compared with those from the codes as they are, and with --dataset also with its \
      pictures; the cost is the PSNR of the codes as they are, less that of the rounded ones.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("Bits of an entry, 1…16; else 8,6,4.", valueName: "n,n"))
  var bits: NumberList?

  @Option(help: ArgumentHelp("Scenes to render, evenly spread, at most.", valueName: "n"))
  var scenes = 16

  @Option(help: ArgumentHelp("A folder of posed images of the scenes.", valueName: "folder"))
  var dataset: String?

  @Option(help: ArgumentHelp("Which of its views: train, val or test.", valueName: "split"))
  var split: Split = .test

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    if let number = bits?.numbers.first(where: { !(1...16).contains($0) }) {
      throw ValidationError("--bits: found \(number), expected 1…16")
    }
    guard scenes >= 1 else {
      throw ValidationError("--scenes: found \(scenes), expected 1 or more")
    }
  }

  func run() throws {
    var budget = MemoryBudget(memory, threadCount: threads.count)
    try budget.readModel(model.path)
    let checkpoint = try model.read()
    let latents = checkpoint.latents
    let views = try views(of: checkpoint, budget: &budget)
    let known = latents.ownRows.filter { views == nil || views?[latents.names[$0]] != nil }
    guard !known.isEmpty else {
      throw CommandFailure(
        "\(dataset ?? ""): found no \(split.rawValue) views of the model's scenes, expected some",
        .badData)
    }
    try budget.state(advice: "fewer pictures", isQuiet: quiet)
    let rows = FitModel.spread(over: known.count, count: scenes).map { known[$0] }
    let roundings = (bits?.numbers ?? [8, 6, 4]).map { CodeQuantization(latents, bitCount: $0) }
    let trial = ModelTrial(model: checkpoint, threadCount: threads.count)
    var sums = [Sums](repeating: .init(), count: roundings.count)
    var unrounded = 0.0
    var reporter = ProgressReporter(isQuiet: quiet)
    for (index, row) in rows.enumerated() {
      reporter.show("scene \(index + 1) of \(rows.count)  \(latents.names[row])")
      let code = latents[row]
      let own = trial.ownViews(of: code).views
      let pictures = views?[latents.names[row]]
      if let pictures { unrounded += trial.psnr(of: code, beside: pictures) }
      for (place, rounding) in roundings.enumerated() {
        let rounded = rounding.rounded(code)
        sums[place].add(code, rounded)
        sums[place].ownPsnr += trial.psnr(of: rounded, beside: own)
        if let pictures { sums[place].datasetPsnr += trial.psnr(of: rounded, beside: pictures) }
      }
    }
    reporter.finish("rendered \(ProgressReporter.count(rows.count, "scene"))")
    let report = Report(
      roundings, sums, sceneCount: rows.count, latentWidth: latents.width,
      unrounded: views == nil ? nil : unrounded)
    try Terminal.result(json ? Terminal.json(report) : report.text)
  }

  /// The data set's views by the scenes' names.
  private func views(
    of checkpoint: Checkpoint, budget: inout MemoryBudget
  ) throws -> [String: [PosedImage]]? {
    var pictures = DatasetMemory(of: [])
    if let dataset {
      pictures = try CommandFailure.wrapping {
        try DatasetMemory(of: dataset, splits: [split], threadCount: threads.count)
      }
    }
    try budget.keepPictures(pictures, advice: "fewer pictures")
    budget.passEvaluation(
      of: checkpoint, pictures: pictures, cellsPerEdge: RenderQuality.preview.gridResolution,
      threadCount: threads.count)
    guard let dataset else { return nil }
    let folder = try ProgressReporter.waiting(for: "reading \(dataset)", isQuiet: quiet) {
      try CommandFailure.wrapping {
        try DatasetFolder.open(dataset, splits: [split], threadCount: threads.count)
      }
    }
    let seen = folder.scenes.filter { !$0.views(of: split).isEmpty }
    return Dictionary(
      seen.map { ($0.name, $0.views(of: split)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Sums over scenes of one number of bits.
  private struct Sums {
    /// Of the largest error of an entry, and of the errors' squares.
    var largestError: Float = 0
    var squaredError = 0.0
    var ownPsnr = 0.0
    var datasetPsnr = 0.0

    mutating func add(_ code: LatentCode, _ rounded: LatentCode) {
      for (first, second) in zip(code.values, rounded.values) {
        largestError = max(largestError, abs(first - second))
        squaredError += Double((first - second) * (first - second))
      }
    }
  }

  private struct Report: Encodable {
    var schema = 1
    let latentWidth: Int
    /// Scenes that were rendered, and the model's own views of each.
    let sceneCount: Int
    let ownViewCount: Int
    /// Of a code as 32-bit floats.
    let bytesPerScene: Int
    /// The ranges of all entries, once per model.
    let rangeBytes: Int
    /// Of the codes as they are, beside the data set's pictures, dB.
    let psnr: Double?
    let roundings: [Rounding]

    struct Rounding: Encodable {
      let bits: Int
      let bytesPerScene: Int
      /// Of entries of codes.
      let largestError: Float
      let rootMeanSquareError: Double
      /// Of renderings beside those of the codes as they are, dB, 100 where all are equal.
      let ownPsnr: Double
      /// Beside the data set's pictures, and what of it rounding takes away, dB.
      let psnr: Double?
      let cost: Double?
    }

    init(
      _ roundings: [CodeQuantization], _ sums: [Sums], sceneCount: Int,
      latentWidth: Int, unrounded: Double?
    ) {
      let count = Double(sceneCount)
      let psnr = unrounded.map { $0 / count }
      self.latentWidth = latentWidth
      self.sceneCount = sceneCount
      self.psnr = psnr
      ownViewCount = ModelTrial.ownViewCount
      bytesPerScene = 4 * latentWidth
      rangeBytes = roundings.first?.rangeBytes ?? 0
      self.roundings = zip(roundings, sums).map { rounding, sums in
        Rounding(
          bits: rounding.bitCount, bytesPerScene: rounding.bytesPerScene,
          largestError: sums.largestError,
          rootMeanSquareError: (sums.squaredError / (count * Double(latentWidth))).squareRoot(),
          ownPsnr: sums.ownPsnr / count, psnr: psnr.map { _ in sums.datasetPsnr / count },
          cost: psnr.map { $0 - sums.datasetPsnr / count })
      }
    }

    var text: String {
      (["bits  bytes/scene  largest error  own renders" + (psnr == nil ? "" : "  pictures    cost")]
        + roundings.map { own in
          String(
            format: "%4d  %11d  %13.5f  %8.2f dB", own.bits, own.bytesPerScene, own.largestError,
            own.ownPsnr)
            + (own.psnr.map { String(format: "  %5.2f dB", $0) } ?? "")
            + (own.cost.map { String(format: "  %5.2f dB", $0) } ?? "")
        } + [
          String(format: "  32  %11d", bytesPerScene)
            + (psnr.map { String(format: "  %37.2f dB", $0) } ?? "")
        ]).joined(separator: "\n")
    }
  }
}
