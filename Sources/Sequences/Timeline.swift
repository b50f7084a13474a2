package import Datasets
import Files
package import NeuralFields

/// A sequence as a file describes it: keys of latents and of cameras on one axis of time.
///
/// The format is one JSON object, `"hypermarch_timeline": 1`; `scenes/timeline-format.md` describes it.
/// Keys that the format does not have are refused.
package struct Timeline: Sendable, Equatable {
  /// The one version of the format.
  package static let formatVersion = 1

  /// The largest file that is read, bytes.
  package static let byteLimit = 16 << 20

  /// Frames of the path, where the file says so.
  package var frameCount: Int?

  package var framesPerSecond: Double?

  /// The picture's size in pixels, where the file says so.
  package var size: PixelSize?

  package var latent: LatentKeys?

  package var camera: CameraTrack?

  /// Whether the path returns to its first keys.
  package var closes: Bool

  /// Scenes at times, not yet looked up in a model.
  package struct LatentKeys: Sendable, Equatable {
    package var scenes: [SceneText]
    package var times: KeyTimes
    package var curve: PathCurve
    package var truncation: Float
    /// Where in their motion moving scenes are, one per key; nil where the file does not say.
    package var sceneTimes: [Double]?
  }

  /// What a key says for a scene, and where it says so.
  package struct SceneText: Sendable, Equatable {
    package var text: String
    package var place: String
  }

  /// Reads a timeline file.
  ///
  /// - Throws: ``SceneDescriptionError`` at the first thing that does not fit the format, `DatasetError`
  ///   for a camera that a file does not have.
  package init(contentsOf path: String) throws {
    let bytes: [UInt8]
    do {
      bytes = try FileReader.bytes(at: path, limit: Self.byteLimit)
    } catch {
      throw SceneDescriptionError.file(error)
    }
    try self.init(json: bytes, path: path)
  }

  /// Reads the text of a timeline file.
  ///
  /// - Parameter path: names the text in errors; cameras of data sets are found from its folder.
  package init(json bytes: [UInt8], path: String) throws {
    let json: StrictJSON
    do {
      json = try StrictJSON(parsing: bytes)
    } catch {
      throw SceneDescriptionError.malformedJSON(path: path, error: error)
    }
    var reader = TimelineReader(path: path)
    self = try reader.timeline(SceneValue(json: json, path: path))
  }

  package init(
    frameCount: Int?, framesPerSecond: Double?, size: PixelSize?, latent: LatentKeys?,
    camera: CameraTrack?, closes: Bool
  ) {
    self.frameCount = frameCount
    self.framesPerSecond = framesPerSecond
    self.size = size
    self.latent = latent
    self.camera = camera
    self.closes = closes
  }

  /// When the sequence begins and ends, seconds: from the first key of all to the last.
  package var range: ClosedRange<Double> {
    let times = [latent?.times, camera?.times].compactMap(\.self)
    let start = times.map(\.start).min() ?? 0
    return start...max(start, times.map(\.end).max() ?? 0)
  }
}
