import ArgumentParser
import Files
import Foundation

/// What is made of a sequence's frames.
struct SequenceExtrasOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A video, by the program ffmpeg; its kind by its name.", valueName: "file"))
  var video: String?

  @Option(help: ArgumentHelp("An animated PNG.", valueName: "file"))
  var animation: String?

  @Option(help: ArgumentHelp("A PNG of up to 48 frames, made small.", valueName: "file"))
  var contactSheet: String?

  @Option(
    help: ArgumentHelp(
      "How healthy the path is, as JSON, and a plot of it beside as PNG.", valueName: "file"))
  var report: String?

  /// The plot's path.
  var plot: String? {
    report.map { ($0.hasSuffix(".json") ? String($0.dropLast(5)) : $0) + "-plot.png" }
  }

  /// All that is asked for.
  var files: [String] {
    [video, animation, contactSheet, report, plot].compactMap(\.self)
  }

  /// The memory that making them takes, for frames of a size in pixels.
  func memoryBytes(frameCount: Int, width: Int, height: Int) -> Int {
    let pixelCount = width * height
    var byteCount = 0
    if animation != nil {
      // All frames as files have them, at half a byte a sample, and the whole file beside them.
      byteCount = max(byteCount, min(2 << 30, 3 * frameCount * pixelCount))
    }
    if contactSheet != nil {
      // A frame while it is read and made small, and all small ones.
      byteCount = max(byteCount, 36 * pixelCount + (16 << 20))
    }
    if report != nil { byteCount = max(byteCount, 16 << 20) }
    // A frame's file while ffmpeg is given it.
    if video != nil { byteCount = max(byteCount, 8 * pixelCount) }
    return byteCount
  }

  /// - Parameter background: of the frames.
  /// - Throws: `ValidationError`.
  func check(background: BackgroundArgument?) throws {
    if video != nil && background == .transparent {
      throw ValidationError("--video: found a transparent background, expected a colour")
    }
    if let video, VideoProgram.format(of: video) == nil {
      let endings = VideoProgram.formats.keys.sorted().map { ".\($0)" }.joined(separator: ", ")
      throw ValidationError(
        "--video: found \(video.onOneLine), expected a name that ends in one of \(endings)")
    }
  }

  /// Refuses what needs all frames where only a part of them is made.
  func check(isWhole: Bool) throws {
    guard !isWhole else { return }
    for (option, value) in [
      ("--video", video), ("--animation", animation), ("--contact-sheet", contactSheet),
      ("--report", report),
    ] where value != nil {
      throw ValidationError(
        "\(option): found it in a shard, expected the whole sequence: "
          + "run again with --shard 1/1 when all shards are done")
    }
  }

  /// Makes the folders of all files, and looks for the program that makes videos, before any work.
  ///
  /// - Parameter cameraPath: another file that is written.
  func prepare(cameraPath: String?) throws {
    if video != nil { _ = try VideoProgram() }
    let all = files + [cameraPath].compactMap(\.self)
    try OutputPaths.check(all)
    for path in all {
      try CommandFailure.wrapping {
        try FileWriter.createFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try FileWriter.check(path, overwriting: true)
      }
      FileWriter.removeLeftovers(of: path)
    }
  }
}
