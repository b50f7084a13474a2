import Files
import Foundation

/// The file by which a scene's folder tells what it was made for: `dataset.json`.
///
/// It is the first file of the folder, so that work that was stopped is known for what it is.
enum SyntheticDatasetRequest {
  static let fileName = "dataset.json"

  private static func text(_ request: String) -> String {
    "{\"hypermarch_dataset\": 1, \"request\": \"\(request)\"}\n"
  }

  static func write(_ request: String, in folder: String) throws(FileError) {
    try FileWriter.write(
      Array(text(request).utf8), to: "\(folder)/\(fileName)", overwriting: true)
  }

  /// The request that a folder was made for; nil where it tells none.
  static func read(in folder: String) -> String? {
    guard
      let bytes = try? FileReader.bytes(at: "\(folder)/\(fileName)", limit: 4096),
      case .object(let members) = try? StrictJSON(parsing: bytes),
      case .string(let request) = members.first(where: { $0.key == "request" })?.value
    else { return nil }
    return request
  }

  /// Whether a folder holds nothing but what a killed process left of the request's own file.
  static func isUnused(_ folder: String) -> Bool {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return false
    }
    return names.allSatisfy { $0.hasPrefix(".\(fileName).tmp-") }
  }
}
