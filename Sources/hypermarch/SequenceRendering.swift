import Checkpoints
import Files
import Foundation
import Imaging
import Kernels
import NeuralFields
import Sequences
import Synchronization
import VolumeRendering

/// A sequence on its way to its files: frame after frame, each whole or not at all.
struct SequenceRendering: Sendable {
  let model: Checkpoint
  let library: LatentLibrary
  /// All but the camera, which each frame has for itself.
  let request: RenderRequest
  let content: RenderedFiles.Content
  let overwriting: Bool
  let threadCount: Int

  /// One frame that is to be made.
  struct Frame: Sendable {
    let number: Int
    let path: String
    let mix: LatentMix
    let camera: Camera
    let settings: PictureSettings
    /// Whether the file carries them.
    let carriesSettings: Bool
  }

  /// What frames came to.
  struct Outcome {
    var statistics = RenderStatistics()
    /// Files that are not written, because too many of their pixels were not finite.
    var unsound: [String] = []
  }

  /// A latent made ready for any camera.
  private struct Prepared: Sendable {
    let field: CoordinateMLP
    let grid: OccupancyGrid
  }

  /// Renders frames and gives their files their names, each as soon as it is done.
  ///
  /// Weights and occupancy grid are made once for consecutive frames of one latent. Along a path of
  /// latents each frame's grid is built anew: from the frame before alone nobody can tell which of the
  /// cells that were empty still are.
  ///
  /// A frame of which too much is not finite gets no name: what has one is done, and is not made again.
  ///
  /// - Parameter progress: called with the number of frames done, from any thread.
  /// - Throws: `CommandFailure`, also after a signal: frames that are done stay.
  func write(
    _ frames: [Frame], signals: InterruptSignals, progress: @escaping @Sendable (Int) -> Void
  ) throws -> Outcome {
    var all = Outcome()
    let doneCount = Atomic(0)
    let hasFailed = Atomic(false)
    let hasSignal = signals.hasArrived
    var next = 0
    while next < frames.count {
      let group = group(of: frames, from: next)
      next += group.count
      let shared = group.count > 1 && group[1].mix == group[0].mix
      let prepared = shared ? prepare(group[0], threadCount: threadCount) : nil
      // With fewer frames than threads the threads share each picture.
      let isWide = group.count >= threadCount
      let innerCount = isWide ? 1 : threadCount
      var workspaces: [Void] = Array(repeating: (), count: isWide ? threadCount : 1)
      let outcomes = ParallelLoop.map(count: group.count, workspaces: &workspaces) {
        index, _ -> Result<Outcome, any Error> in
        guard !hasSignal(), !hasFailed.load(ordering: .relaxed) else { return .success(Outcome()) }
        let outcome = Result {
          try write(
            group[index], prepared ?? prepare(group[index], threadCount: innerCount),
            threadCount: innerCount)
        }
        if case .failure = outcome { hasFailed.store(true, ordering: .relaxed) }
        progress(doneCount.wrappingAdd(1, ordering: .relaxed).newValue)
        return outcome
      }
      for outcome in outcomes {
        let own = try outcome.get()
        all.statistics += own.statistics
        all.unsound += own.unsound
      }
      try signals.check()
    }
    return all
  }

  /// Small pictures of the same path.
  var probe: SequenceProbe {
    SequenceProbe(model: model, library: library, threadCount: threadCount)
  }

  /// The next frames of one latent, or the next frames each of which has its own.
  private func group(of frames: [Frame], from start: Int) -> [Frame] {
    func isLikeNext(_ index: Int) -> Bool {
      index + 1 < frames.count && frames[index].mix == frames[index + 1].mix
    }
    var end = start + 1
    if isLikeNext(start) {
      while isLikeNext(end - 1) { end += 1 }
    } else {
      while end < frames.count, !isLikeNext(end) { end += 1 }
    }
    return Array(frames[start..<end])
  }

  private func prepare(_ frame: Frame, threadCount: Int) -> Prepared {
    let field = model.field(
      for: library.latent(of: frame.mix), width: request.fieldWidth, precision: request.precision,
      threadCount: threadCount)
    return Prepared(
      field: field,
      grid: OccupancyGrid(
        of: field, resolution: request.cellsPerEdge, threadCount: threadCount))
  }

  /// The renderer of a frame, on some of the threads: bands of all frames together are those of one.
  func renderer(threadCount: Int) -> Renderer {
    Renderer(
      settings: request.renderSettings(
        near: model.configuration.near, threadCount: threadCount),
      bandPixelLimit: max(1, (1 << 19) * threadCount / self.threadCount))
  }

  /// What is known of a frame before it is made: its path, its mix and its settings.
  static func frameBytes(partCount: Int) -> Int { 4096 + 128 * partCount }

  private func write(
    _ frame: Frame, _ prepared: Prepared, threadCount: Int
  ) throws -> Outcome {
    let renderer = renderer(threadCount: threadCount)
    let streams = try RenderedStreams(
      RenderedFiles(content, path: frame.path, overwriting: overwriting), camera: frame.camera,
      bound: prepared.field.bound
    ) { _ in frame.carriesSettings ? frame.settings : nil }
    let statistics = try renderer.renderBands(
      of: prepared.field, camera: frame.camera, grid: prepared.grid
    ) { try streams.append($0) }
    let pixelCount = frame.camera.width * frame.camera.height
    guard !CommandFailure.isTooMany(statistics.nonFinitePixelCount, of: pixelCount) else {
      return Outcome(statistics: statistics, unsound: [frame.path])
    }
    try streams.publish()
    return Outcome(statistics: statistics)
  }
}

extension SequenceRendering.Frame {
  /// Whether the file is there already, made with the same settings.
  ///
  /// - Throws: `CommandFailure` where another file has the name.
  func isDone() throws -> Bool {
    guard FileManager.default.fileExists(atPath: path) else { return false }
    let text = try? PNGChunkList(reading: path).text(PictureSettings.keyword)
    if carriesSettings, text == settings.text { return true }
    let found = text == nil ? "a file without settings" : "a picture of other settings"
    throw CommandFailure(
      "\(path): found \(found), expected none or one of the same settings: use --overwrite to "
        + "replace it", .cannotCreate)
  }
}
