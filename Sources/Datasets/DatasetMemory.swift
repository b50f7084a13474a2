import Imaging

/// The memory that a data set's pictures will take, from their headers alone.
package struct DatasetMemory: Sendable, Equatable {
  package let pictureCount: Int
  /// Pixels of all pictures, and of the largest.
  package let pixelCount: Int
  package let largestPixelCount: Int
  /// Pictures as they are kept: 8 bits a channel.
  package let keptBytes: Int
  /// What comes on top while they are read, so many at a time.
  package let decodingBytes: Int

  /// Reads the descriptions of a data set's scenes, and of each picture its header.
  ///
  /// The parameters are those of `DatasetFolder.open`. A picture that cannot be read counts as nothing.
  ///
  /// - Throws: `DatasetError`, as opening does before it reads pictures.
  package init(
    of path: String, splits: Set<Split> = Set(Split.allCases), matching patterns: [String] = [],
    maximumScenes: Int? = nil, threadCount: Int
  ) throws(DatasetError) {
    let plans = try DatasetFolder.plans(
      of: path, splits: splits, matching: patterns, maximumScenes: maximumScenes,
      threadCount: threadCount
    ).plans
    var (pictures, pixels, largest, kept) = (0, 0, 0, 0)
    var decoding: [Int] = []
    for plan in plans {
      for view in plan.views {
        guard let claim = PNGFile.claim(of: view.view.imagePath) else { continue }
        let count = claim.limitedPixelCount
        pictures += 1
        pixels += count
        largest = max(largest, count)
        kept += count * claim.channelCount
        // The packed samples come before the decoded ones are given back.
        decoding.append(claim.decodingBytes + 2 * count * claim.channelCount)
      }
    }
    (pictureCount, pixelCount, largestPixelCount, keptBytes) = (pictures, pixels, largest, kept)
    decodingBytes = decoding.sorted(by: >).prefix(threadCount).reduce(0, +)
  }

  /// What finding scene bounds takes: for each of the scenes that are looked at together the outlines of
  /// its pictures, and a grid of cells.
  package func silhouetteBytes(threadCount: Int) -> Int {
    threadCount * (SilhouetteHull.viewLimit * largestPixelCount * 8 + (4 << 20))
  }

  /// Pictures that have been read.
  package init(of scenes: [SceneDataset]) {
    let pictures = scenes.flatMap(\.allViews)
    let pixels = pictures.map { $0.width * $0.height }
    pictureCount = pictures.count
    pixelCount = pixels.reduce(0, +)
    largestPixelCount = pixels.max() ?? 0
    keptBytes = pictures.reduce(0) { $0 + $1.samples.count }
    decodingBytes = 0
  }
}
