import ArgumentParser
import Checkpoints
import Datasets
import Files
import Fitting
import Imaging
import VolumeRendering

/// The pictures that a fit is asked for, and their cameras where they are known.
struct FitInput {
  struct View {
    let path: String
    let picture: FitPicture
    /// nil: to be found.
    let camera: Camera?
  }

  let views: [View]
  /// The first picture's file name without its ending.
  var name: String {
    let file = views[0].path.split(separator: "/").last.map(String.init) ?? "scene"
    return file.lowercased().hasSuffix(".png") ? String(file.dropLast(4)) : file
  }

  /// Reads pictures and cameras, and refuses what cannot be fitted to.
  ///
  /// - Parameter beforeReading: called with the paths of pictures and masks; what it throws ends it.
  init(
    images: [String], options: FitOptions, cameraOptions: CameraOptions, model: FitModel,
    beforeReading: (_ paths: [String]) throws -> Void
  ) throws {
    let frames = try Self.frames(
      images, numbers: options.frames?.numbers ?? cameraOptions.frame.map { [$0] },
      cameras: cameraOptions.cameras)
    let paths = frames?.map(\.path) ?? images
    guard !paths.isEmpty else {
      throw ValidationError("found no picture, expected at least one PNG")
    }
    let isUnknown = try Self.isUnknown(options, cameraOptions, pictureCount: paths.count)
    guard options.mask.isEmpty || options.mask.count == paths.count else {
      throw ValidationError(
        "--mask: found \(options.mask.count), expected \(paths.count), one per picture")
    }
    try beforeReading(paths + options.mask)
    let view = model.checkpoint.configuration.defaultView
    views = try paths.enumerated().map { index, path in
      let read = try Self.read(path)
      let mask = options.mask.isEmpty ? nil : options.mask[index]
      let picture = FitPicture(
        read.image, background: try Self.background(of: read, options.background, mask: mask))
      var camera: Camera?
      if let file = cameraOptions.cameras, let frames {
        camera = try CommandFailure.wrapping {
          try Camera(
            ofFrame: frames[index].number, inTransformsFile: file,
            size: PixelSize(width: read.fileWidth, height: read.fileHeight))
        }
      } else if !isUnknown {
        camera = try cameraOptions.camera(
          size: PictureSize(width: read.fileWidth, height: read.fileHeight), base: view.camera,
          baseTarget: view.target)
      }
      camera = camera?.resized(width: picture.width, height: picture.height)
      try Self.check(picture, camera: camera, path: path, model: model)
      return View(path: path, picture: picture, camera: camera)
    }
  }

  /// Refuses a picture that shows nothing, and a camera that sees nothing.
  static func check(
    _ picture: FitPicture, camera: Camera?, path: String, model: FitModel
  ) throws {
    do {
      try picture.check(path)
      if let camera { try model.check(camera, of: path) }
    } catch {
      throw CommandFailure(error.description, .badData)
    }
  }

  /// Reads a picture or a mask, reduced where it is large.
  static func read(_ path: String) throws -> PNGFile.Reduced {
    try CommandFailure.wrapping { try PNGFile.readReduced(path, toSide: FitPicture.sideLimit) }
  }

  /// How the object is told from what is behind it: by a colour, or by itself.
  static func background(_ behind: BackgroundArgument?) -> FitPicture.Background {
    if case .colour(let colour)? = behind { return .colour(colour) }
    return .automatic
  }

  /// The same where a mask's file may tell it.
  static func background(
    of picture: PNGFile.Reduced, _ behind: BackgroundArgument?, mask path: String?
  ) throws -> FitPicture.Background {
    let own = background(behind)
    guard case .automatic = own, let path else { return own }
    let mask = try read(path)
    guard mask.fileWidth == picture.fileWidth, mask.fileHeight == picture.fileHeight else {
      let error = FitError.maskSize(
        mask: path, found: .init(width: mask.fileWidth, height: mask.fileHeight),
        expected: .init(width: picture.fileWidth, height: picture.fileHeight))
      throw CommandFailure(error.description, .badData)
    }
    return .mask(mask.image)
  }

  /// Whether the camera has to be found.
  private static func isUnknown(
    _ options: FitOptions, _ cameras: CameraOptions, pictureCount: Int
  ) throws -> Bool {
    if cameras.cameras != nil {
      if options.unknownCamera {
        throw ValidationError("--unknown-camera: found it beside --cameras, expected one of them")
      }
      return false
    }
    let isGiven =
      cameras.azimuth != nil || cameras.elevation != nil || cameras.distance != nil
      || cameras.target != nil || cameras.lookFrom != nil
    if isGiven && options.unknownCamera {
      throw ValidationError("--unknown-camera: found it beside a camera, expected one of them")
    }
    guard pictureCount == 1 else {
      throw ValidationError(
        "found \(pictureCount) pictures, expected --cameras beside more than one")
    }
    return !isGiven
  }

  /// The frames of `--cameras` that the pictures are; nil without `--cameras`.
  private static func frames(
    _ images: [String], numbers: [Int]?, cameras: String?
  ) throws -> [(number: Int, path: String)]? {
    guard let cameras else {
      if numbers != nil {
        throw ValidationError("--frames: found it alone, expected --cameras beside it")
      }
      return nil
    }
    let frames = try CommandFailure.wrapping {
      try TransformsFrame.all(inTransformsFile: cameras)
    }
    if let numbers {
      guard images.isEmpty || images.count == numbers.count else {
        throw ValidationError(
          "--frames: found \(numbers.count), expected \(images.count), one per picture")
      }
      return try numbers.enumerated().map { index, number in
        guard frames.indices.contains(number) else {
          throw CommandFailure(
            "\(cameras): frames: found \(frames.count) frames, expected more than \(number), for "
              + "--frames", .badData)
        }
        return (number, images.isEmpty ? frames[number].imagePath : images[index])
      }
    }
    return try images.map { path in
      let file = path.split(separator: "/").last.map(String.init) ?? path
      let matches = frames.indices.filter { index in
        frames[index].imagePath.split(separator: "/").last.map(String.init) == file
      }
      guard matches.count == 1 else {
        throw CommandFailure(
          "\(cameras): found \(matches.count) frames named \(file), expected one: say which with "
            + "--frames", .badData)
      }
      return (matches[0], path)
    }
  }
}
