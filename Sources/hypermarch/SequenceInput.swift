import Datasets
import Fitting
import VolumeRendering

/// The frames that a fit of a path is asked for: those of one scene of a data set that have times.
struct SequenceInput {
  let name: String
  let sequence: FitSequence

  /// Where the training frames of a folder, or of a file in it, lie.
  static func folder(of path: String) -> String {
    for file in ["transforms.json", "transforms_train.json"] where path.hasSuffix("/" + file) {
      return String(path.dropLast(file.count + 1))
    }
    return ["transforms.json", "transforms_train.json"].contains(path) ? "." : path
  }

  /// Reduces the pictures, and refuses what is no sequence.
  ///
  /// - Parameters:
  ///   - scenes: as read from the folder.
  ///   - numbers: of the frames that are taken, in the file's order; nil for all.
  init(
    _ scenes: [SceneDataset], path: String, numbers: [Int]?, options: FitOptions, model: FitModel
  ) throws {
    guard scenes.count == 1 else {
      throw CommandFailure(
        "\(path): found \(scenes.count) scenes, expected the frames of one", .badData)
    }
    let scene = scenes[0]
    guard let span = scene.span else {
      throw CommandFailure(
        "\(path): found frames without times, expected a \"time\" in 0…1 of every frame: pictures "
          + "of a scene at rest are fitted without --sequence", .badData)
    }
    let views = try numbers.map { numbers in
      try numbers.map { number in
        guard scene.train.indices.contains(number) else {
          throw CommandFailure(
            "\(path): frames: found \(scene.train.count) frames, expected more than \(number), for "
              + "--frames", .badData)
        }
        return scene.train[number]
      }
    }
    try self.init(
      views ?? scene.train, of: scene, span: span, options: options, model: model)
  }

  /// - Parameter views: some of the scene's, all with times.
  init(
    _ views: [PosedImage], of scene: SceneDataset, span: TimeSpan, options: FitOptions?,
    model: FitModel
  ) throws {
    let times = Set(views.compactMap(\.time))
    guard times.count >= 2 else {
      throw CommandFailure(
        "\(scene.path): found \(ProgressReporter.count(views.count, "frame")) of "
          + "\(ProgressReporter.count(times.count, "time")), expected at least 2 times: one moment is "
          + "fitted without --sequence", .badData)
    }
    let side = FitSettings().pictureSide
    let frames = try views.map { view -> FitSequence.Frame in
      let image = view.image
      let picture = FitPicture(image, background: FitInput.background(options?.background))
        .reduced(toSide: side)
      try FitInput.check(picture, camera: view.camera, path: view.path, model: model)
      return FitSequence.Frame(
        picture: picture,
        camera: view.camera.resized(width: picture.width, height: picture.height),
        time: Double(view.time ?? 0))
    }
    name = scene.name
    sequence = FitSequence(frames: frames, loops: span.loops, seconds: span.seconds)
  }
}
