import Foundation

/// The names in a folder.
enum FolderListing {
  /// All names, hidden ones too, in no order; none where the folder cannot be read.
  static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}
