import ArgumentParser
import Checkpoints
import Datasets
import NeuralFields
import Sequences
import VolumeRendering

/// The path of a sequence, put together from options, a timeline and a camera path.
struct SequencePlan {
  var path: SequencePath
  let library: LatentLibrary
  let framesPerSecond: Double
  /// What the sequence is called where files are named after it.
  let name: String

  /// What the options say, and the files that they name.
  struct Sources {
    let latents: LatentPathOptions
    let frames: FrameOptions
    let camera: CameraOptions
    let size: PictureSize?
    let turntable: Bool
    let timeline: Timeline?
    /// The timeline's path, for errors.
    let timelinePath: String
    let cameraPath: CameraPathFile?
  }

  /// - Parameter budget: counts the latent files that are named, before they are read.
  /// - Throws: `CommandFailure` or `ValidationError`.
  init(_ sources: Sources, of model: Checkpoint, budget: inout MemoryBudget) throws {
    let (latents, timeline) = (sources.latents, sources.timeline)
    var library = LatentLibrary(model)

    // 1. How many frames there are, and over what time.
    let framesPerSecond =
      sources.frames.fps ?? timeline?.framesPerSecond ?? sources.cameraPath?.framesPerSecond ?? 24
    let sceneCount = timeline?.latent?.scenes.count ?? latents.sceneTexts?.count ?? 1
    let turnsAlone = sources.turntable && sceneCount == 1
    let scenes =
      timeline?.latent != nil
      ? []
      : try (latents.sceneTexts ?? [model.configuration.defaultScene]).map {
        try SceneReference($0, place: "--scenes", of: model, library: &library, budget: &budget)
      }
    // One scene that moves is played.
    let played =
      scenes.count == 1 && scenes[0].written.parts.count == 1
      ? scenes[0].written.parts[0].source.trajectory(among: library.trajectories) : nil
    let closes =
      timeline?.closes
      ?? (latents.loop || turnsAlone || played?.loops ?? false
        || (sceneCount == 1 && sources.cameraPath?.closes ?? false))
    let playedFrames = played.map {
      min(Int((Double($0.seconds) * framesPerSecond).rounded()), SequenceFrames.limit)
    }
    let timelineFrames = timeline.map { timeline in
      let duration = timeline.range.upperBound - timeline.range.lowerBound
      return timeline.frameCount
        ?? min(
          Int((duration * framesPerSecond).rounded()) + (closes ? 0 : 1), SequenceFrames.limit)
    }
    let count =
      sources.frames.count ?? timelineFrames ?? sources.cameraPath?.cameras.count
      ?? playedFrames ?? 120
    let frames = SequenceFrames(count: max(1, count), closes: closes)
    let range = timeline?.range ?? 0...Double(closes ? count : max(count - 1, 1)) / framesPerSecond

    // 2. The latents.
    var track: LatentTrack
    if let timeline, let keys = timeline.latent {
      let mixes = try keys.scenes.map {
        try SceneReference(
          $0.text, place: "\(sources.timelinePath): \($0.place)", inside: ".", of: model,
          library: &library, budget: &budget
        ).written
      }
      if keys.sceneTimes != nil, library.trajectories.isEmpty {
        throw CommandFailure(
          "\(sources.timelinePath): latent[0].scene_time: found it for a model without moving "
            + "scenes, expected none", .badData)
      }
      try Self.check(
        keys.sceneTimes ?? [], of: mixes, in: library, path: sources.timelinePath)
      track = LatentTrack(
        mixes: mixes, times: keys.times, curve: keys.curve, truncation: keys.truncation,
        sceneTimes: keys.sceneTimes)
      name = "timeline"
    } else {
      let hold = Double(latents.hold ?? 0) / framesPerSecond
      let closesScenes = closes && latents.loop
      guard scenes.count == 1 || hold * Double(scenes.count) < range.upperBound - range.lowerBound
      else {
        throw ValidationError(
          "--hold: found \(latents.hold ?? 0) frames at each of \(scenes.count) scenes, expected "
            + "fewer than the \(count) frames in all")
      }
      // From the beginning of its motion to the end.
      let mixes = played == nil ? scenes.map(\.written) : [scenes[0].written, scenes[0].written]
      track = LatentTrack(
        mixes: mixes,
        times: KeyTimes(
          count: mixes.count, over: range, hold: played == nil ? hold : 0, easing: latents.easing,
          closes: closesScenes && played == nil),
        curve: latents.curve, truncation: latents.truncate ?? 1,
        sceneTimes: played.map { _ in [0, 1] })
      if let share = latents.extrapolate { track = track.extrapolated(by: share, in: library) }
      let joined =
        scenes.count == 1 ? scenes[0].name : "\(scenes[0].name)-\(scenes[scenes.count - 1].name)"
      name = sources.turntable && scenes.count == 1 ? "\(joined)-turntable" : joined
    }

    // 3. The cameras.
    let base = try sources.camera.camera(
      size: sources.size ?? timeline?.size.map(PictureSize.init),
      base: model.configuration.defaultView.camera,
      baseTarget: model.configuration.defaultView.target)
    let camera: SequencePath.CameraCourse
    if let keys = timeline?.camera {
      camera = .track(keys, width: base.width, height: base.height)
    } else if let file = sources.cameraPath {
      let times = KeyTimes(count: file.cameras.count, over: range, closes: closes)
      camera = .track(
        CameraTrack(placements: file.cameras.map { .known($0) }, times: times),
        width: sources.size?.width ?? file.cameras[0].width,
        height: sources.size?.height ?? file.cameras[0].height)
    } else if sources.turntable {
      let target = sources.camera.target?.value ?? model.configuration.defaultView.target
      camera = .track(
        .turntable(from: base, around: target, frames: frames, over: range), width: base.width,
        height: base.height)
    } else {
      camera = .still(base)
    }
    path = SequencePath(frames: frames, latent: track, camera: camera, range: range)
    self.library = library
    self.framesPerSecond = framesPerSecond
  }

  /// Refuses times that a scene which does not loop has no moment for.
  private static func check(
    _ sceneTimes: [Double], of mixes: [LatentMix], in library: LatentLibrary, path: String
  ) throws {
    guard let key = sceneTimes.firstIndex(where: { !(0...1).contains($0) }),
      let scene = mixes.flatMap(\.parts).lazy
        .compactMap({ $0.source.trajectory(among: library.trajectories) })
        .first(where: { !$0.loops })
    else { return }
    throw CommandFailure(
      "\(path): latent[\(key)].scene_time: found \(sceneTimes[key]), expected 0…1, as "
        + "\(scene.scene) does not loop", .badData)
  }

  /// The most parts that a frame's mix may have: those of the keys that its curve goes by.
  var partCount: Int {
    let mixes = path.latent.mixes
    let most = mixes.map(\.parts.count).max() ?? 1
    return most * min(mixes.count, path.latent.curve == .spline ? 4 : 2)
  }

  /// What a frame shows.
  func view(of frame: Int) -> (mix: LatentMix, camera: Camera) {
    path.view(at: path.position(of: frame), in: library)
  }
}

extension SequencePlan {
  /// The cameras of all frames.
  ///
  /// - Parameter check: called for each frame; may end the work.
  func cameraPathFile(_ check: () throws -> Void) rethrows -> CameraPathFile {
    CameraPathFile(
      cameras: try (1...path.frames.count).map { frame in
        try check()
        return view(of: frame).camera
      },
      framesPerSecond: framesPerSecond, closes: path.frames.closes)
  }
}

extension PictureSize {
  fileprivate init(_ size: PixelSize) {
    width = size.width
    height = size.height
  }
}
