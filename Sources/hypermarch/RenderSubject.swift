import Checkpoints
import Datasets
import Files
import Kernels
import NeuralFields
import Sequences
import VolumeRendering

/// What is to be rendered: a scene of a model, or an analytic scene; both are radiance fields.
struct RenderSubject {
  let name: String
  /// The model or the scene description, as pictures name it.
  let model: PictureSettings.Model
  /// What is shown of a model, and where its parts come from; nil for an analytic scene.
  let mix: LatentMix?
  let library: LatentLibrary?
  /// When an analytic scene that moves is shown, 0…1; nil for everything else.
  let time: Float?
  /// The view when none is asked for.
  let camera: Camera
  /// The point that orbiting cameras look at.
  let target: SIMD3<Float>
  /// The distance before which nothing is seen, scene units.
  let near: Float
  /// The part of space that is shown.
  let bound: BoundingBox
  /// What the model and one field of it keep in memory, bytes.
  let memoryByteCount: Int
  /// The widths in which a model's fields can be had, ascending; none of an analytic scene.
  let widths: [Int]
  /// Makes the field, for a model by one pass of the hypernetwork, and its own occupancy grid.
  ///
  /// An analytic scene is computed in single precision whatever is asked for, and has no width.
  let prepare:
    (
      _ width: Int?, _ gridResolution: Int, _ precision: FieldPrecision, _ threadCount: Int
    ) -> Rendering.Subject

  /// Reads a model, or a scene description, which a path ending in `.json` names.
  ///
  /// - Parameters:
  ///   - time: 0…1, of a scene that moves; nil for its beginning.
  ///   - budget: counts the latent files that the scene names, before they are read.
  init(path: String, scene: String?, time: Double? = nil, budget: inout MemoryBudget) throws {
    if path.hasSuffix(".json") {
      try self.init(description: path, camera: scene, time: time.map(Float.init))
    } else {
      let model = try CommandFailure.wrapping { try Checkpoint.read(path) }
      var library = LatentLibrary(model)
      let scene = try SceneReference(
        scene, at: time ?? 0, of: model, library: &library, budget: &budget)
      if time != nil, !scene.moves {
        throw Self.doesNotMove(scene.written.text, of: path)
      }
      self.init(model, path: path, scene: scene, library: library)
    }
  }

  /// Reads what a picture shows.
  ///
  /// - Parameter path: where the model is now.
  /// - Throws: `CommandFailure` where the model or a latent file is another than the picture's.
  init(
    of settings: PictureSettings, picture: String, path: String, budget: inout MemoryBudget
  ) throws {
    if path.hasSuffix(".json") {
      try self.init(description: path, camera: nil, time: settings.time)
      try Self.check(model.fingerprint, of: path, against: settings, picture: picture)
      return
    }
    let model = try CommandFailure.wrapping { try Checkpoint.read(path) }
    try Self.check(model.fingerprint, of: path, against: settings, picture: picture)
    guard let mix = settings.mix else {
      throw CommandFailure(
        "\(picture): found a picture of an analytic scene, expected one of a model", .badData)
    }
    var library = LatentLibrary(model)
    let scene = try SceneReference(mix, of: model, library: &library, budget: &budget)
    for part in settings.latent {
      guard let file = part.file, let found = library.checksum(of: .file(file)) else { continue }
      guard found == part.crc32 else {
        throw CommandFailure(
          "\(file): found a latent with CRC-32 \(found), expected \(part.crc32 ?? ""), "
            + "as when \(picture) was made", .badData)
      }
    }
    self.init(model, path: path, scene: scene, library: library)
  }

  private static func check(
    _ fingerprint: String, of path: String, against settings: PictureSettings, picture: String
  ) throws {
    guard fingerprint == settings.model.fingerprint else {
      throw CommandFailure(
        "\(path): found a model with fingerprint \(fingerprint), expected "
          + "\(settings.model.fingerprint), with which \(picture) was made", .badData)
    }
  }

  private init(
    _ model: Checkpoint, path: String, scene: SceneReference, library: LatentLibrary
  ) {
    name = scene.name
    self.model = PictureSettings.Model(path: path, fingerprint: model.fingerprint)
    mix = scene.mix
    self.library = library
    time = nil
    camera = model.configuration.defaultView.camera
    target = model.configuration.defaultView.target
    near = model.configuration.near
    bound = model.configuration.bound
    memoryByteCount = ModelMemory.bytes(of: model) + ModelMemory.fieldBytes(of: model)
    widths = model.configuration.widths
    prepare = { width, resolution, precision, threadCount in
      let field = model.field(
        for: scene.latent, width: width, precision: precision, threadCount: threadCount)
      return Rendering.Subject(
        field: field,
        grid: OccupancyGrid(of: field, resolution: resolution, threadCount: threadCount))
    }
  }

  /// An analytic scene has no scenes inside: `--scene` chooses one of its cameras.
  private init(description path: String, camera name: String?, time: Float?) throws {
    let (description, checksum) = try CommandFailure.wrapping {
      let bytes = try FileReader.bytes(at: path, limit: SceneDescription.byteLimit)
      return (
        try SceneDescription(json: bytes, path: path), CRC32.digits(of: bytes.span)
      )
    }
    if time != nil, description.motion == nil { throw Self.doesNotMove(path, of: nil) }
    let chosen = name.map { description.camera(named: $0) } ?? description.defaultCamera
    guard let chosen else {
      let names = description.cameras.map(\.name)
      let hint = name?.nearest(among: names).map { ": is \($0) meant?" } ?? ""
      throw CommandFailure(
        "--scene: found no camera named \(name ?? "") in \(path), expected one of its "
          + "\(names.count)\(hint)", .missingInput)
    }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    self.name = String(file.dropLast(5))
    model = PictureSettings.Model(path: path, fingerprint: checksum)
    mix = nil
    library = nil
    let moment = description.motion == nil ? nil : time ?? 0
    self.time = moment
    camera = chosen.camera(width: 400, height: 400)
    target = description.bound.centre
    near = 0
    bound = description.bound
    memoryByteCount = 0
    widths = []
    prepare = { _, resolution, _, threadCount in
      let field = AnalyticField(description, time: moment ?? 0)
      return Rendering.Subject(
        field: field,
        grid: field.occupancyGrid(resolution: resolution, threadCount: threadCount))
    }
  }

  private static func doesNotMove(_ scene: String, of model: String?) -> CommandFailure {
    CommandFailure(
      "--time: found it for \(scene)\(model.map { " of \($0)" } ?? ""), which does not move, "
        + "expected a scene that does", .usage)
  }
}
