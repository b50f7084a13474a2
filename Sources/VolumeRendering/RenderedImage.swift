package import Imaging

/// What a camera sees of a scene: radiance, opacity, depth and, if asked for, normals.
package struct RenderedImage: Sendable {
  package let width: Int
  package let height: Int
  /// Σ w c, premultiplied by opacity, without background, `[height × width]`.
  package var radiance: [SIMD3<Float>]
  /// 0…1, `[height × width]`.
  package var opacity: [Float]
  /// Expected distance along the ray, scene units, 0 where nothing was met, `[height × width]`.
  package var depth: [Float]
  /// Unit vectors in world coordinates or zero, `[height × width]`; empty unless asked for.
  package var normals: [SIMD3<Float>]
  package var statistics: RenderStatistics

  /// The RGB picture over a plain background.
  package func picture(over background: SIMD3<Float>) -> Image {
    var image = Image(width: width, height: height, channelCount: 3)
    for pixel in opacity.indices {
      let colour = radiance[pixel] + background * (1 - opacity[pixel])
      for channel in 0..<3 { image.samples[pixel * 3 + channel] = colour[channel] }
    }
    return image
  }

  /// The RGBA picture with straight alpha.
  package var transparentPicture: Image {
    var image = Image(width: width, height: height, channelCount: 4)
    for pixel in opacity.indices {
      let alpha = opacity[pixel]
      let colour = alpha > 0 ? radiance[pixel] / alpha : .zero
      for channel in 0..<3 { image.samples[pixel * 4 + channel] = min(1, max(0, colour[channel])) }
      image.samples[pixel * 4 + 3] = alpha
    }
    return image
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
    let samples = depth.indices.map { pixel in
      opacity[pixel] < Self.surfaceOpacity ? 0 : min(1, depth[pixel] * scale / 65_535)
    }
    return Image(width: width, height: height, channelCount: 1, samples: samples)
  }

  /// The most steps per scene unit, a power of ten, with which every depth fits 16 bits.
  package var depthScale: Float {
    let largest = depth.max() ?? 0
    var scale: Float = 10_000
    while largest * scale > 65_535 { scale /= 10 }
    return scale
  }

  /// Normals as colours, (n + 1) / 2, with alpha where there is a surface.
  package var normalPicture: Image {
    var image = Image(width: width, height: height, channelCount: 4)
    for pixel in normals.indices where opacity[pixel] >= Self.surfaceOpacity {
      for channel in 0..<3 {
        image.samples[pixel * 4 + channel] = (normals[pixel][channel] + 1) / 2
      }
      image.samples[pixel * 4 + 3] = 1
    }
    return image
  }
}

/// The work behind one picture.
package struct RenderStatistics: Sendable, Hashable {
  /// Rays that met an occupied cell.
  package var marchedRayCount = 0
  /// Field evaluations.
  package var sampleCount = 0
  /// Pixels whose colour or depth was not a finite number; they are shown as empty.
  package var nonFinitePixelCount = 0

  package init() {}
}
