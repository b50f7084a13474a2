import Benchmarking
import Checkpoints
import Datasets
import Fitting
import Foundation
import Imaging
import NeuralFields
import Training
import VolumeRendering

/// What a command needs of memory at its peak, part by part: stated, and held against a limit, before
/// its work starts.
///
/// Parts that are kept add up; of phases, which follow one another, the largest counts. Estimates are
/// those of the types that take the memory, and mean what stands in it at once: at least the peak, and
/// as a rule below twice that.
struct MemoryBudget {
  private struct Part {
    let name: String
    let byteCount: Int
  }

  private let limit: MemorySize?
  private var kept: [Part] = [Part(name: "the program", byteCount: Self.programByteCount)]
  private var phases: [Part] = []

  /// The program itself, its libraries and their tables.
  private static let programByteCount = 34 << 20

  /// What a thread takes beside its workspaces: its stack, and the allocator's own arena.
  private static let threadByteCount = 1 << 20

  init(_ options: MemoryOptions, threadCount: Int = 1) {
    limit = options.memoryLimit
    keep(threadCount * Self.threadByteCount, for: "threads")
  }

  /// Adds memory that is held from here on.
  mutating func keep(_ byteCount: Int, for name: String) {
    kept.append(Part(name: name, byteCount: byteCount))
  }

  /// Adds memory that is held from here on, of several things one after the other: the largest counts.
  mutating func keepLargest(_ byteCount: Int, for name: String) {
    let earlier = kept.firstIndex { $0.name == name }
    guard byteCount > (earlier.map { kept[$0].byteCount } ?? -1) else { return }
    if let earlier { kept.remove(at: earlier) }
    keep(byteCount, for: name)
  }

  /// Adds memory that is given back before the next phase.
  mutating func pass(_ byteCount: Int, for name: String) {
    phases.append(Part(name: name, byteCount: byteCount))
  }

  private var largestPhase: Part? { phases.max { $0.byteCount < $1.byteCount } }

  var size: MemorySize {
    MemorySize(
      byteCount: (kept + [largestPhase].compactMap(\.self)).reduce(0) { $0 + $1.byteCount })
  }

  /// Refuses what needs more than the limit: the one that was asked for, else what is free.
  ///
  /// - Parameter advice: what would need less, as in "a smaller --size".
  /// - Throws: `CommandFailure`, unavailable: with more memory the same would run.
  func check(advice: String) throws {
    let available = limit == nil ? AvailableMemory.now : nil
    guard let most = limit?.byteCount ?? available?.byteCount, size.byteCount > most else { return }
    let parts = kept + [largestPhase].compactMap(\.self)
    let largest = parts.max { $0.byteCount < $1.byteCount }
    let share = largest.map { ", \(MemorySize(byteCount: $0.byteCount).text) of it for \($0.name)" }
    let found = MemorySize(byteCount: most).text
    throw CommandFailure(
      "found a need for about \(size.text) of memory (\(size.byteCount) bytes\(share ?? "")), "
        + "expected at most \(found)"
        + (limit == nil
          ? ", which are \(available?.source ?? "free")"
          : " (\(most) bytes), as --memory-limit says")
        + ": use \(advice)", .unavailable)
  }

  /// Refuses too great a need, and states one that is met.
  func state(advice: String, isQuiet: Bool = false) throws {
    try check(advice: advice)
    if !isQuiet { Terminal.error("needs about \(size.text) of memory") }
  }
}

extension MemoryBudget {
  /// Adds the reading of a model: the model itself is kept, and to be added with `keepModel`.
  ///
  /// - Throws: `CommandFailure` where model and reading alone are too much.
  mutating func readModel(_ path: String) throws {
    pass(ModelMemory.readingBytes, for: "reading \(path)")
    var read = self
    read.keep(ModelMemory.bytes(ofFile: path), for: "the model")
    try read.check(advice: "a smaller model")
  }

  /// Adds a model that has been read, and a field of it for each of some threads.
  mutating func keepModel(_ model: Checkpoint, fieldCount: Int = 1) {
    keep(
      ModelMemory.bytes(of: model) + fieldCount * ModelMemory.fieldBytes(of: model),
      for: "the model")
  }

  /// Adds pictures to fit to, from their headers: one at a time is decoded, all are kept in floats.
  mutating func keepFitPictures(_ paths: [String]) {
    let claims = paths.compactMap { PNGFile.claim(of: $0) }
    let side = FitPicture.sideLimit
    keep(
      claims.reduce(0) {
        $0 + FitMemory.pictureBytes(pixelCount: $1.reducedPixelCount(toSide: side))
      }, for: ProgressReporter.count(paths.count, "picture"))
    pass(claims.map { $0.reducingBytes(toSide: side) }.max() ?? 0, for: "reading pictures")
  }

  /// Adds what an evaluation needs: a field and its grid, and the largest picture, its rendering and
  /// what they are compared by.
  mutating func passEvaluation(
    of model: Checkpoint, pictures: DatasetMemory, cellsPerEdge: Int, threadCount: Int
  ) {
    keepModel(model)
    passRenderings(
      bound: model.configuration.bound, pixelCount: pictures.largestPixelCount,
      cellsPerEdge: cellsPerEdge, threadCount: threadCount)
  }

  /// Adds renderings that are compared with pictures, one at a time: a grid, and the largest of both.
  mutating func passRenderings(
    bound: BoundingBox, pixelCount: Int, cellsPerEdge: Int, threadCount: Int
  ) {
    let renderer = Renderer(settings: RenderSettings(threadCount: threadCount))
    let side = Int(Double(pixelCount).squareRoot().rounded(.up))
    pass(
      RenderMemory.gridBytes(bound: bound, resolution: cellsPerEdge)
        + RenderMemory.grownBytes(renderer, width: max(1, side), height: max(1, side))
        + Evaluation.memoryBytes(pixelCount: pixelCount),
      for: "renderings")
  }

  /// Adds what fits of a model's latents take, one after the other.
  ///
  /// - Parameters:
  ///   - viewCount: the most pictures of a fit.
  ///   - posterior: nil where no scenes are drawn.
  mutating func keepFits(
    of model: Checkpoint, pictures: DatasetMemory, viewCount: Int, settings: FitSettings,
    refines: Bool = true, posterior: PosteriorSettings? = nil, threadCount: Int
  ) {
    keep(FitMemory.modelBytes(model), for: "the prior")
    keep(
      FitMemory.pictureBytes(pixelCount: viewCount * pictures.largestPixelCount)
        + FitMemory.stepBytes(
          model, settings: settings, pictureCount: viewCount, threadCount: threadCount),
      for: "the fit")
    keepPosterior(
      posterior, of: model, rank: refines ? settings.refineRank : nil, threadCount: threadCount)
  }

  /// Adds scenes that are drawn from the posterior of a fit, if any are.
  ///
  /// - Parameter rank: of the fit's change of the weights; nil where there is none.
  mutating func keepPosterior(
    _ settings: PosteriorSettings?, of model: Checkpoint, rank: Int?, threadCount: Int
  ) {
    guard let settings else { return }
    keep(
      FitMemory.posteriorBytes(model, settings: settings, rank: rank, threadCount: threadCount),
      for: "the posterior")
  }

  /// Adds the pictures of a data set, from their headers, and refuses them before they are read.
  mutating func keepPictures(_ pictures: DatasetMemory, advice: String) throws {
    keep(pictures.keptBytes, for: ProgressReporter.count(pictures.pictureCount, "picture"))
    pass(pictures.decodingBytes, for: "reading pictures")
    try check(advice: advice)
  }
}
