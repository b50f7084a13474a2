import ArgumentParser
import Datasets
import Foundation
import NeuralFields
import Sequences

/// Which latents a sequence goes through.
struct LatentPathOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Scenes with commas, each as render's --scene; else the first alone.", valueName: "a,b,c"))
  var scenes: String?

  @Option(help: ArgumentHelp("linear, spherical or spline.", valueName: "curve"))
  var curve: PathCurve = .linear

  @Option(
    help: ArgumentHelp(
      "From scene to scene: linear, smooth, in, out or in-out.", valueName: "easing")
  )
  var easing: Easing = .linear

  @Option(help: ArgumentHelp("Frames to stay at each scene; else 0.", valueName: "n"))
  var hold: Int?

  @Flag(help: "Return to the first scene; the frame after the last is the first.")
  var loop = false

  @Option(
    help: ArgumentHelp(
      "Begin this share of the way before the first scene, and go on beyond the last, 0…2.",
      valueName: "share"))
  var extrapolate: Double?

  @Option(
    help: ArgumentHelp(
      "Move every latent toward the mean: 1 leaves it, 0 is the mean.", valueName: "share"))
  var truncate: Float?

  /// Whether nothing is asked for.
  var isDefault: Bool {
    scenes == nil && curve == .linear && easing == .linear && hold == nil && !loop
      && extrapolate == nil && truncate == nil
  }

  /// The scenes as written, one by one.
  var sceneTexts: [String]? {
    scenes.map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  func validate() throws {
    if let hold, !(0...100_000).contains(hold) {
      throw ValidationError("--hold: found \(hold), expected 0…100000 frames")
    }
    if let extrapolate, !(0...2).contains(extrapolate) {
      throw ValidationError("--extrapolate: found \(extrapolate), expected 0…2")
    }
    if extrapolate != nil && loop {
      throw ValidationError("--extrapolate: found it beside --loop, which has no ends")
    }
    if let truncate, !(0...2).contains(truncate) {
      throw ValidationError("--truncate: found \(truncate), expected 0…2")
    }
    if let texts = sceneTexts, texts.contains("") || texts.count > 10_000 {
      throw ValidationError(
        "--scenes: found an empty name, expected scenes with commas between them")
    }
  }
}

/// Which frames of a sequence are made, and when they are shown.
struct FrameOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A number: the path has so many frames, and all are made. A list, such as 1-100x2,150: these "
        + "of the path's frames; --length says how many it has.", valueName: "n|list"),
    transform: FrameOptions.selection)
  var frames: FrameSelection?

  @Option(
    help: ArgumentHelp(
      "Frames of the whole path; else as the timeline or camera path says, or 120.",
      valueName: "n"))
  var length: Int?

  @Option(
    help: ArgumentHelp(
      "Make part i of n of the frames; else as Slurm's array variables say.", valueName: "i/n"))
  var shard: Shard?

  @Option(help: ArgumentHelp("Frames a second, 0.01…1000; else 24.", valueName: "n"))
  var fps: Double?

  func validate() throws {
    if let length, !(1...SequenceFrames.limit).contains(length) {
      throw ValidationError("--length: found \(length), expected 1…\(SequenceFrames.limit)")
    }
    if case .all = frames, length != nil {
      throw ValidationError("--length: found it beside --frames with a number, which is the length")
    }
    if let fps, !(0.01...1000).contains(fps) {
      throw ValidationError("--fps: found \(fps), expected 0.01…1000")
    }
  }

  /// The path's length, where it is asked for.
  var count: Int? {
    if case .all(let count) = frames { count } else { length }
  }

  /// The frames to make.
  ///
  /// - Parameter count: frames of the path.
  func selected(of count: Int) throws -> [Int] {
    guard case .listed(let list) = frames else { return Array(1...count) }
    if let last = list.frames.last, last > count {
      throw ValidationError(
        "--frames: found frame \(last), expected 1…\(count): --length says how many the path has")
    }
    return list.frames
  }

  /// The shard that is asked for by options or by Slurm.
  func effectiveShard() throws -> Shard? {
    if let shard { return shard }
    switch Shard.ofSlurm(ProcessInfo.processInfo.environment) {
    case nil: return nil
    case .success(let shard): return shard
    case .failure(let failure):
      throw CommandFailure(
        "SLURM_ARRAY_TASK_ID: found \(failure.found), expected a task of its array: use --shard i/n",
        .usage)
    }
  }
}

extension PathCurve: ExpressibleByArgument {}

extension Easing: ExpressibleByArgument {}

extension FrameOptions {
  /// Reads `--frames`.
  fileprivate static func selection(_ text: String) throws -> FrameSelection {
    guard let selection = FrameSelection(text) else {
      throw ValidationError(
        "expected 1…\(SequenceFrames.limit), or a list of frames such as 1-100x2,150")
    }
    return selection
  }
}

extension Shard: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
