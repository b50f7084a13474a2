import ArgumentParser
import Checkpoints
import VolumeRendering

/// A contact sheet of latents, and how its pictures are taken.
struct SheetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write small pictures on one sheet, a PNG.", valueName: "file"))
  var contactSheet: String?

  @Option(
    help: ArgumentHelp(
      "Pixels of a picture on the sheet, up to 160 each way; else the model's view, 96 long.",
      valueName: "WxH"))
  var size: PictureSize?

  @OptionGroup(title: "Camera") var camera: CameraOptions

  /// Pixels of the longer side, at most, and unless asked otherwise.
  private static let sideLimit = 160
  private static let usualSide = 96

  func validate() throws {
    if let size,
      !(1...Self.sideLimit).contains(size.width)
        || !(1...Self.sideLimit).contains(size.height)
    {
      throw ValidationError(
        "--size: found \(size.width)x\(size.height), expected 1…\(Self.sideLimit) pixels each way")
    }
    if contactSheet == nil && (size != nil || !camera.isDefault) {
      throw ValidationError(
        "found a size or a camera, expected --contact-sheet beside it")
    }
  }

  func camera(of model: Checkpoint) throws -> Camera {
    let view = model.configuration.defaultView
    let scale = Float(Self.usualSide) / Float(max(view.width, view.height))
    let usual = view.camera.resized(
      width: max(1, Int(Float(view.width) * scale)), height: max(1, Int(Float(view.height) * scale))
    )
    return try camera.camera(size: size, base: usual, baseTarget: view.target)
  }
}
