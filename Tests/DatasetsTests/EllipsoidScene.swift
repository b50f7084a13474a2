import Datasets
import Imaging
import NeuralFields
import VolumeRendering

/// An ellipsoid whose pictures are known exactly: a pixel is covered as far as its rays hit.
struct EllipsoidScene: Sendable {
  var centre: SIMD3<Float> = .zero
  var halfAxes: SIMD3<Float>

  var box: BoundingBox { BoundingBox(minimum: centre - halfAxes, maximum: centre + halfAxes) }

  /// RGBA, or RGB over `background`; alpha is the share of 4×4 rays that hit.
  func picture(from camera: Camera, over background: SIMD3<Float>? = nil) -> Image {
    var image = Image(width: camera.width, height: camera.height, channelCount: 4)
    for row in 0..<camera.height {
      for column in 0..<camera.width {
        var hitCount = 0
        for sample in 0..<16 {
          let point = SIMD2(
            Float(column) + (Float(sample % 4) + 0.5) / 4,
            Float(row) + (Float(sample / 4) + 0.5) / 4)
          if isHit(from: camera.position, towards: camera.direction(throughPoint: point)) {
            hitCount += 1
          }
        }
        let shade = Float(row) / Float(camera.height)
        for channel in 0..<3 {
          image[column: column, row: row, channel: channel] = channel == 0 ? shade : 0.3
        }
        image[column: column, row: row, channel: 3] = Float(hitCount) / 16
      }
    }
    return background.map(image.composited) ?? image
  }

  func scene(
    from cameras: [Camera], over background: SIMD3<Float>? = nil, name: String = "ellipsoid"
  ) -> SceneDataset {
    SceneDataset(
      name: name,
      train: cameras.enumerated().map { index, camera in
        PosedImage(
          image: picture(from: camera, over: background), camera: camera, name: "\(index)")
      })
  }

  /// Whether a half-line meets the unit sphere that the ellipsoid becomes when its axes are divided
  /// out.
  private func isHit(from origin: SIMD3<Float>, towards direction: SIMD3<Float>) -> Bool {
    let start = (origin - centre) / halfAxes
    let step = direction / halfAxes
    let along = start.dot(step)
    let discriminant = along * along - step.dot(step) * (start.dot(start) - 1)
    return discriminant >= 0 && along < 0
  }
}
