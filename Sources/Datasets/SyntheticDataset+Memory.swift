/// The memory that writing a view of a synthetic data set takes.
extension SyntheticDataset {
  /// The picture with four channels and the depth, in floats, bytes.
  package static func pictureBytes(width: Int, height: Int) -> Int {
    width * height * 5 * MemoryLayout<Float>.stride
  }
}
