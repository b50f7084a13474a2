/// The memory that writing a synthetic data set takes.
extension SyntheticDataset {
  /// The picture with four channels and the depth, in floats, bytes.
  package static func pictureBytes(width: Int, height: Int) -> Int {
    width * height * 5 * MemoryLayout<Float>.stride
  }

  /// The cameras of the split with the most views, and their listing while its text is put together.
  package var listingBytes: Int { 2048 * (Split.allCases.map { viewCount(of: $0) }.max() ?? 0) }
}

extension SceneDescription {
  /// What it takes in memory, its lists with what they point at, bytes.
  package var memoryByteCount: Int {
    let lists = shapes.reduce(0) {
      $0 + 64 + 8 * ($1.variationIndices.count + $1.partIndices.count)
    }
    return 1024 + lists + shapes.count * MemoryLayout<SceneShape>.stride
      + cameras.count * MemoryLayout<SceneCamera>.stride
      + variations.count * MemoryLayout<SceneVariation>.stride
  }
}
