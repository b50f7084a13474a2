import Checkpoints
import Datasets
import Foundation
import Imaging
import Sequences

/// What files need of memory that are read whole, counted by their sizes before they are read.
extension MemoryBudget {
  /// The bytes of a file; 0 where there is none: to refuse it is for who reads it.
  private static func byteCount(ofFile path: String) -> Int {
    guard !path.utf8.contains(0) else { return 0 }
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  /// Adds latent files, and refuses them before they are read: the values, and a file's bytes beside them.
  mutating func keepLatents(_ paths: some Sequence<String>) throws {
    let byteCount = paths.reduce(0) {
      $0 + 2 * min(Self.byteCount(ofFile: $1), LatentFile.byteLimit)
    }
    guard byteCount > 0 else { return }
    keep(byteCount, for: "latent files")
    try check(advice: "smaller latent files")
  }

  /// Adds a picture that is read for its text alone: the file, and a list of its chunks.
  mutating func keepChunks(of path: String) throws {
    let byteCount = min(Self.byteCount(ofFile: path), PNGFile.byteLimit)
    // A chunk has at least 12 bytes, and 40 in the list.
    keep(byteCount + min(byteCount / 12, 1 << 19) * 40, for: "reading \(path)")
    try check(advice: "a smaller picture")
  }

  /// Refuses a saved state that alone is too much, before it is read.
  func admitState(_ path: String) throws {
    var read = self
    read.keep(Self.byteCount(ofFile: path), for: "reading \(path)")
    try read.check(advice: "a smaller model")
  }
}

extension LatentMix {
  /// The latent files that it names.
  var filePaths: Set<String> { Set(parts.compactMap(\.source.path)) }
}
