/// What a view is for: to learn from, to watch training by, or to measure with.
package enum Split: String, Sendable, Hashable, Codable, CaseIterable {
  case train, validation, test

  /// The word that stands for the split in the names of files and folders.
  package var shortName: String {
    switch self {
    case .train: "train"
    case .validation: "val"
    case .test: "test"
    }
  }
}
