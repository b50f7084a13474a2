import Foundation

/// The files that a command is asked to write.
enum OutputPaths {
  /// Refuses one file for two results: the later one would take the earlier one's place.
  ///
  /// - Throws: `CommandFailure`, usage.
  static func check(_ paths: [String]) throws {
    var places: Set<String> = []
    for path in paths where !places.insert(place(of: path)).inserted {
      throw CommandFailure("\(path): found it for two files, expected different names", .usage)
    }
  }

  /// Refuses a file that is one of many numbered ones too.
  static func check(_ paths: [String], against numbered: [String], in folder: String) throws {
    guard !paths.isEmpty else { return }
    let places = Set(paths.map { place(of: $0) })
    let folder = place(of: folder)
    for path in numbered {
      let name = path.split(separator: "/").last ?? ""
      guard places.contains("\(folder)/\(name)") else { continue }
      throw CommandFailure("\(path): found it for two files, expected different names", .usage)
    }
  }

  /// The path without links and detours, so that one file has one.
  private static func place(of path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
  }
}
