import Foundation
package import Imaging
package import NeuralFields

/// What a rendered image holds, as pictures for people and for files.
extension RenderedImage {
  /// The RGB picture over a plain background.
  package func picture(over background: SIMD3<Float>) -> Image {
    picture(channelCount: 3) { pixel, samples in
      let colour = radiance[pixel] + background * (1 - opacity[pixel])
      for channel in 0..<3 { samples[pixel * 3 + channel] = colour[channel] }
    }
  }

  /// The RGBA picture with straight alpha.
  package var transparentPicture: Image {
    picture(channelCount: 4) { pixel, samples in
      let alpha = opacity[pixel]
      guard alpha > 0 else { return }
      let colour = (radiance[pixel] / alpha).clamped(lowerBound: .zero, upperBound: .one)
      for channel in 0..<3 { samples[pixel * 4 + channel] = colour[channel] }
      samples[pixel * 4 + 3] = alpha
    }
  }

  /// Opacity as a grey picture.
  package var opacityPicture: Image {
    Image(width: width, height: height, channelCount: 1, samples: opacity)
  }

  /// The opacity below which a pixel shows no surface, so neither depth nor a normal.
  package static let surfaceOpacity: Float = 0.5

  /// Depth as a grey picture for 16 bits: value · 65,535 / `scale` is the distance in scene units.
  ///
  /// Pixels that are less than half opaque are 0, "nothing met".
  ///
  /// - Parameter scale: 16-bit steps per scene unit.
  package func depthPicture(scale: Float) -> Image {
    picture(channelCount: 1) { pixel, samples in
      guard opacity[pixel] >= Self.surfaceOpacity else { return }
      samples[pixel] = min(1, depth[pixel] * scale / 65_535)
    }
  }

  /// The most steps per scene unit, a power of ten, with which every depth of a scene fits 16 bits.
  ///
  /// Known before anything is rendered: nothing lies farther away than the bound's farthest corner.
  package static func depthScale(of bound: BoundingBox, seenFrom position: SIMD3<Float>) -> Float {
    let nearest = position - bound.minimum
    let farthest = bound.maximum - position
    let reach = pointwiseMax(
      pointwiseMax(nearest, -nearest), pointwiseMax(farthest, -farthest))
    return depthScale(reaching: reach.length)
  }

  /// The most steps per scene unit, a power of ten, with which a distance fits 16 bits.
  ///
  /// - Parameter distance: scene units, > 0.
  package static func depthScale(reaching distance: Float) -> Float {
    Float(pow(10, log10(65_535 / Double(distance)).rounded(.down)))
  }

  /// Normals as colours, (n + 1) / 2, with alpha where there is a surface.
  package var normalPicture: Image {
    precondition(!normals.isEmpty, "found no normals, expected a rendering that makes them")
    return picture(channelCount: 4) { pixel, samples in
      guard opacity[pixel] >= Self.surfaceOpacity else { return }
      let colour = (normals[pixel] + 1) / 2
      for channel in 0..<3 { samples[pixel * 4 + channel] = colour[channel] }
      samples[pixel * 4 + 3] = 1
    }
  }

  /// A picture whose pixels a closure writes into samples that are 0.
  private func picture(
    channelCount: Int, _ write: (_ pixel: Int, _ samples: inout MutableSpan<Float>) -> Void
  ) -> Image {
    var samples = [Float](repeating: 0, count: width * height * channelCount)
    var span = samples.mutableSpan
    for pixel in 0..<width * height { write(pixel, &span) }
    return Image(width: width, height: height, channelCount: channelCount, samples: samples)
  }
}
