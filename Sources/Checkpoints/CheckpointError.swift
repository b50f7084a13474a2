import Files

/// Why a file is not a model that can be used.
package enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file could not be read or written, or is not safetensors.
  case safetensors(SafetensorsError)
  /// The metadata has no text `hypermarch`.
  case notAModel(path: String)
  /// The metadata has no text `hypermarch_latent`.
  case notALatent(path: String)
  /// A latent of another model; fingerprints.
  case otherModel(path: String, found: String, expected: String)
  case unsupportedVersion(path: String, found: Int, expected: Int)
  /// The configuration is not what it should be; `key` is a path of keys.
  case configuration(path: String, key: String, found: String, expected: String)
  case missingTensor(path: String, tensor: String)
  case unexpectedTensor(path: String, tensor: String)
  case shape(path: String, tensor: String, found: [Int], expected: [Int])
  /// A finite value that its tensor cannot have.
  case value(path: String, tensor: String, index: Int, found: Float, expected: ClosedRange<Float>)
  /// A value that was about to be written, and is infinite or not a number; nothing was written.
  case notFinite(path: String, tensor: String, index: Int, bits: UInt32)

  package var description: String {
    switch self {
    case .safetensors(let error): "\(error)"
    case .notAModel(let path):
      "\(path.onOneLine): found a safetensors file without the metadata text \"hypermarch\", "
        + "expected a model written by hypermarch train"
    case .notALatent(let path):
      "\(path.onOneLine): found a safetensors file without the metadata text "
        + "\"hypermarch_latent\", expected a latent written by hypermarch fit"
    case .otherModel(let path, let found, let expected):
      "\(path.onOneLine): found a latent of model \(found.clipped(to: 40)), "
        + "expected one of this model, \(expected): fit it again"
    case .unsupportedVersion(let path, let found, let expected):
      "\(path.onOneLine): found format version \(found), expected \(expected); "
        + "a newer hypermarch may read it"
    case .configuration(let path, let key, let found, let expected):
      "\(path.onOneLine): metadata hypermarch\(key.isEmpty ? "" : "." + key.clipped(to: 120)): "
        + "found \(found.clipped(to: 200)), expected \(expected)"
    case .missingTensor(let path, let tensor):
      "\(path.onOneLine): tensor \(tensor.clipped(to: 120)): found none, "
        + "expected one for this configuration"
    case .unexpectedTensor(let path, let tensor):
      "\(path.onOneLine): tensor \(tensor.clipped(to: 120)): found it, "
        + "expected none of that name for this configuration"
    case .shape(let path, let tensor, let found, let expected):
      "\(path.onOneLine): tensor \(tensor.clipped(to: 120)): found shape \(found), "
        + "expected \(expected)"
    case .notFinite(let path, let tensor, let index, let bits):
      "\(path.onOneLine): not written: tensor \(tensor): value \(index): "
        + "found \(Float(bitPattern: bits)), expected a finite number"
    case .value(let path, let tensor, let index, let found, let expected):
      "\(path.onOneLine): tensor \(tensor.clipped(to: 120)): value \(index): found \(found), "
        + "expected \(expected.lowerBound)…\(expected.upperBound)"
    }
  }
}
