import Datasets
import Foundation

/// The scene files that come with the program.
enum ShippedScenes {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("scenes").path

  /// Without `.json`, sorted.
  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

  static func path(of name: String) -> String { "\(folder)/\(name).json" }

  static func named(_ name: String) throws -> SceneDescription {
    try SceneDescription(contentsOf: path(of: name))
  }
}
