package import Datasets
import Imaging
package import NeuralFields
package import VolumeRendering

/// How well a field shows views that it was not trained on.
package struct Evaluation: Sendable, Hashable {
  /// Means over views, dB and [−1, 1].
  package let psnr: Double
  package let ssim: Double
  package let viewCount: Int

  /// Pixels of the renderings that were not finite numbers; they count as empty.
  package let nonFinitePixelCount: Int

  /// What a view without any difference counts as, dB: its PSNR is infinite.
  package static let highestPSNR = 100.0

  /// Compares renderings with pictures, both over white and rounded to 8 bits.
  ///
  /// PSNR and SSIM are taken per view and then averaged, as the field's tables do.
  ///
  /// - Precondition: there is at least one view.
  package init(
    of field: any RadianceField, grid: OccupancyGrid, views: [PosedImage], renderer: Renderer
  ) {
    precondition(!views.isEmpty, "found no views, expected at least one")
    var psnr = 0.0
    var ssim = 0.0
    var nonFinitePixelCount = 0
    for view in views {
      let rendered = renderer.render(field, camera: view.camera, grid: grid)
      nonFinitePixelCount += rendered.statistics.nonFinitePixelCount
      let found = rendered.picture(over: [1, 1, 1]).roundedTo8Bits
      let expected = view.image.composited(over: [1, 1, 1]).roundedTo8Bits
      psnr += min(ImageMetrics.psnr(found, expected), Self.highestPSNR)
      ssim += ImageMetrics.ssim(found, expected)
    }
    self.psnr = psnr / Double(views.count)
    self.ssim = ssim / Double(views.count)
    viewCount = views.count
    self.nonFinitePixelCount = nonFinitePixelCount
  }
}

extension Image {
  /// What an 8-bit file would keep of the picture.
  fileprivate var roundedTo8Bits: Image {
    Image(
      width: width, height: height, channelCount: channelCount,
      samples: samples.map { (min(max($0, 0), 1) * 255).rounded() / 255 })
  }
}
