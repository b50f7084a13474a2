package import Datasets

extension TrainingScene {
  /// The training views of a scene from the disk.
  ///
  /// - Parameter time: whose views alone are taken; nil for all of them.
  /// - Precondition: there is at least one.
  package init(_ scene: SceneDataset, at time: Float? = nil) {
    let background: Background =
      switch scene.background {
      case .transparent: .transparent
      case .plain(let colour): .plain(colour)
      case .photograph: .filled
      }
    self.init(
      name: scene.name, background: background,
      views: scene.train.filter { time == nil || $0.time == time }.map {
        ($0.camera, $0.opaqueOrTransparentBytes)
      })
  }
}

extension PosedImage {
  /// The pixels as RGBA, alpha 255 where the picture has none.
  fileprivate var opaqueOrTransparentBytes: [UInt8] {
    guard !hasTransparency else { return samples }
    var bytes = [UInt8](repeating: 255, count: width * height * 4)
    for pixel in 0..<width * height {
      for channel in 0..<3 { bytes[pixel * 4 + channel] = samples[pixel * 3 + channel] }
    }
    return bytes
  }
}
