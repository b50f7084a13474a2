import Datasets
import Files
import Foundation
import NeuralFields
import VolumeRendering

/// Why a picture cannot be made again from what it carries.
package enum PictureSettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  case none(path: String)
  case invalid(path: String, key: String, expected: String)

  package var description: String {
    switch self {
    case .none(let path):
      "\(path.onOneLine): found no text \"\(PictureSettings.keyword)\", "
        + "expected a picture that hypermarch made, with its settings"
    case .invalid(let path, let key, let expected):
      "\(path.onOneLine): text \(PictureSettings.keyword)\(key.isEmpty ? "" : "." + key.onOneLine): "
        + "found something else, expected \(expected)"
    }
  }
}

/// The settings as text, in and out.
extension PictureSettings {
  /// JSON on one line; equal settings are equal texts.
  package var text: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("found a number that is not finite, expected none in settings")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Reads and checks the settings of a picture.
  ///
  /// - Parameter path: the picture's file, for errors.
  package init(text: String, path: String) throws(PictureSettingsError) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      // Strictly: no key twice, in no second spelling.
      try StrictJSON(parsing: Array(text.utf8)).expectSnakeCase()
      self = try decoder.decode(PictureSettings.self, from: Data(text.utf8))
    } catch {
      throw .invalid(path: path, key: "", expected: "settings of schema \(PictureSettings.schema)")
    }
    if let (key, expected) = flaw { throw .invalid(path: path, key: key, expected: expected) }
  }

  /// The first key whose value is out of range, and what it should be.
  private var flaw: (key: String, expected: String)? {
    let sources = latent.map { part in
      (part.scene ?? "") + "/" + (part.file ?? "") + (part.row.map { "/\($0)" } ?? "")
    }
    let checks: [(String, String, Bool)] = [
      ("schema", "\(Self.schema)", schema == Self.schema),
      ("model", "a path and a fingerprint", !model.path.isEmpty && !model.fingerprint.isEmpty),
      (
        "latent", "at most 64 scenes or files, each once, with weights",
        latent.count <= 64 && Set(sources).count == latent.count
          && latent.allSatisfy {
            [$0.scene != nil, $0.file != nil, $0.mean == true].count(where: \.self) == 1
              && ($0.file == nil) == ($0.crc32 == nil)
              && ($0.row == nil || $0.file != nil && (0...9999).contains($0.row ?? 0))
              && abs($0.weight) <= 1e6
          }
      ),
      ("camera", "a camera", camera.isCamera),
      (
        "shows", "picture, depth, normals or opacity",
        ["picture", "depth", "normals", "opacity"].contains(shows)
      ),
      (
        "background", "3 numbers in 0…1",
        background.map { $0.count == 3 && $0.allSatisfy { (0...1).contains($0) } } ?? true
      ),
      ("samples_per_diagonal", "1…65536", (1...65_536).contains(samplesPerDiagonal)),
      ("termination", "0 to below 1", termination >= 0 && termination < 1),
      ("grid_resolution", "1…512", (1...512).contains(gridResolution)),
      ("time", "0…1", time.map { (0...1).contains($0) } ?? true),
      ("field_width", "1…256", fieldWidth.map { (1...256).contains($0) } ?? true),
      ("precision", "float32 or bfloat16", ["float32", "bfloat16"].contains(precision)),
    ]
    return checks.first { !$0.2 }.map { ($0.0, $0.1) }
  }
}

extension PictureSettings.CameraNumbers {
  /// Whether the numbers make a camera.
  fileprivate var isCamera: Bool {
    let sizes = 1...16_384
    guard sizes.contains(width), sizes.contains(height), focal.count == 2, principal.count == 2,
      focal.allSatisfy({ $0 > 0 && $0 <= 1e9 }), principal.allSatisfy({ abs($0) <= 1e6 }),
      [right, up, backward, position].allSatisfy({ $0.count == 3 }),
      position.allSatisfy({ abs($0) <= 1e7 })
    else { return false }
    let axes = camera
    return abs(axes.right.length - 1) <= 1e-3 && abs(axes.up.length - 1) <= 1e-3
      && (axes.right.cross(axes.up) - axes.backward).length <= 1e-3
  }
}
