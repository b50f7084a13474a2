import Foundation
import Testing

/// A folder for one test.
struct TemporaryFolder: Sendable {
  let path: String

  func path(of name: String) -> String { "\(path)/\(name)" }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(of: name)) }

  func bytes(of name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(of: name))))
  }

  func text(of name: String) throws -> String {
    String(decoding: try bytes(of: name), as: UTF8.self)
  }

  /// Puts a file there without waiting for the disk.
  func put(_ bytes: [UInt8], at name: String) throws {
    try #require(FileManager.default.createFile(atPath: path(of: name), contents: Data(bytes)))
  }

  func put(_ text: String, at name: String) throws { try put(Array(text.utf8), at: name) }

  /// Changes a text file, which must contain what is to be changed.
  func replace(_ text: String, by replacement: String, in name: String) throws {
    let old = try self.text(of: name)
    try #require(old.contains(text))
    try put(old.replacingOccurrences(of: text, with: replacement), at: name)
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path(of: name), withIntermediateDirectories: true)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(of: name)) }

  /// Copies a file or a folder from elsewhere.
  func copy(_ source: String, to name: String) throws {
    try FileManager.default.copyItem(atPath: source, toPath: path(of: name))
  }

  /// The names in a folder, hidden ones too, sorted.
  func names(in name: String = ".") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(of: name)).sorted()
  }

  /// All files below, hidden ones too, with what they hold; folders hold nothing.
  func contents() throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      let isFolder = FileManager.default.fileExists(atPath: path(of: name) + "/.")
      result[name] = isFolder ? [] : try bytes(of: name)
    }
    return result
  }
}

/// Runs a test in an empty folder of its own, which is removed afterwards.
func withTemporaryFolder<Value>(
  _ body: (TemporaryFolder) async throws -> Value
) async throws -> Value {
  let path = FileManager.default.temporaryDirectory.appending(
    path: "hypermarch-\(UUID().uuidString)"
  ).path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(TemporaryFolder(path: path))
}
