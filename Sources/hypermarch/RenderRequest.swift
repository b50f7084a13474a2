import Imaging
import Kernels
import NeuralFields
import Sequences
import VolumeRendering

/// What is asked of a picture, whether by options or by another picture.
struct RenderRequest: Sendable {
  var camera: Camera
  var samplesPerDiagonal: Int
  var terminationThreshold: Float
  var cellsPerEdge: Int
  var precision: FieldPrecision
  /// Of the field's hidden layers; nil for the whole field.
  var fieldWidth: Int?
  /// Of the samples' places; nil for the middles of intervals.
  var seed: UInt64?

  init(camera: Camera, quality: QualityOptions, seed: UInt64?) {
    self.camera = camera
    samplesPerDiagonal = quality.samplesPerDiagonal
    terminationThreshold = quality.terminationThreshold
    cellsPerEdge = quality.cellsPerEdge
    precision = quality.fieldPrecision
    self.seed = seed
  }

  init(_ settings: PictureSettings) {
    camera = settings.camera.camera
    samplesPerDiagonal = settings.samplesPerDiagonal
    terminationThreshold = settings.termination
    cellsPerEdge = settings.gridResolution
    precision = FieldPrecision(rawValue: settings.precision) ?? .float32
    fieldWidth = settings.fieldWidth
    seed = settings.seed
  }

  func renderSettings(
    near: Float, tileSize: Int = RenderSettings.defaultTileSize, threadCount: Int,
    makesNormals: Bool = false
  ) -> RenderSettings {
    RenderSettings(
      samplesPerDiagonal: samplesPerDiagonal, terminationThreshold: terminationThreshold,
      near: near, jitterSeed: seed, tileSize: tileSize, threadCount: threadCount,
      makesNormals: makesNormals)
  }

  /// What a file carries, to be made again from.
  ///
  /// - Parameter time: of an analytic scene that moves.
  func settings(
    of model: PictureSettings.Model, mix: LatentMix?, library: LatentLibrary?,
    content: RenderedFiles.Content, time: Float? = nil
  ) -> PictureSettings {
    var background: SIMD3<Float>?
    if case .picture(.colour(let colour)) = content { background = colour }
    var settings = PictureSettings(
      program: Hypermarch.programName, model: model, mix: mix, library: library, camera: camera,
      shows: content.name, background: background, samplesPerDiagonal: samplesPerDiagonal,
      termination: terminationThreshold, gridResolution: cellsPerEdge,
      precision: precision.rawValue, seed: seed)
    settings.time = time
    settings.fieldWidth = fieldWidth
    return settings
  }
}

extension RenderedFiles.Content {
  /// What a settings text calls it.
  var name: String {
    switch self {
    case .picture: "picture"
    case .depth: "depth"
    case .normals: "normals"
    case .opacity: "opacity"
    }
  }

  init(_ settings: PictureSettings) {
    switch settings.shows {
    case "depth": self = .depth
    case "normals": self = .normals
    case "opacity": self = .opacity
    default:
      self = .picture(
        settings.background.map { .colour([$0[0], $0[1], $0[2]]) } ?? .transparent)
    }
  }
}

extension PictureSettings {
  /// Reads what a picture carries.
  init(ofPicture path: String) throws {
    self = try CommandFailure.wrapping {
      guard let text = try PNGChunkList(reading: path).text(PictureSettings.keyword) else {
        throw PictureSettingsError.none(path: path)
      }
      return try PictureSettings(text: text, path: path)
    }
  }
}
