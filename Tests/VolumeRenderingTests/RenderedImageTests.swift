import Imaging
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Rendered image")
struct RenderedImageTests {
  /// An empty pixel, a thin one, a half opaque and an opaque one.
  static let rendered: RenderedImage = {
    var image = RenderedImage(width: 2, height: 2, hasNormals: true)
    image.radiance = [.zero, [0.1, 0.02, 0], [0.25, 0.5, 0.125], [0.3, 0.6, 0.9]]
    image.opacity = [0, 0.125, 0.5, 1]
    image.depth = [0, 9, 2, 3.25]
    image.normals = [.zero, [1, 0, 0], [0, -1, 0], [0, 0.6, 0.8]]
    return image
  }()

  @Test("a picture over a background is radiance and what passes of the background")
  func picture() {
    let picture = Self.rendered.picture(over: [0.5, 1, 0])
    #expect((picture.width, picture.height, picture.channelCount) == (2, 2, 3))
    #expect(Array(picture.samples[..<3]) == [0.5, 1, 0])
    #expect(Array(picture.samples[6..<9]) == [0.5, 1, 0.125])
    #expect(Array(picture.samples[9...]) == [0.3, 0.6, 0.9])
  }

  @Test("a transparent picture has straight alpha")
  func transparentPicture() {
    let picture = Self.rendered.transparentPicture
    #expect(picture.channelCount == 4)
    #expect(Array(picture.samples[..<4]) == [0, 0, 0, 0])
    #expect(Array(picture.samples[4..<8]) == [0.8, 0.16, 0, 0.125])
    #expect(Array(picture.samples[8..<12]) == [0.5, 1, 0.25, 0.5])
  }

  @Test("a transparent picture over a background is the picture over it")
  func compositing() {
    let background: SIMD3<Float> = [0.9, 0.2, 0.4]
    let composited = Self.rendered.transparentPicture.composited(over: background)
    let picture = Self.rendered.picture(over: background)
    #expect(
      zip(composited.samples, picture.samples).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("rounding never takes straight colours out of [0, 1]")
  func straightRange() {
    var rendered = Self.rendered
    rendered.radiance[1] = [0.1250001, -1e-9, 0.125]
    #expect(Array(rendered.transparentPicture.samples[4..<8]) == [1, 0, 1, 0.125])
  }

  @Test("opacity is a grey picture")
  func opacityPicture() {
    #expect(
      Self.rendered.opacityPicture
        == Image(width: 2, height: 2, channelCount: 1, samples: [0, 0.125, 0.5, 1]))
  }

  @Test("depth in 16 bits is scale steps per scene unit, and 0 where less than half is opaque")
  func depthPicture() {
    let picture = Self.rendered.depthPicture(scale: 1000)
    let steps = picture.samples.map { ($0 * 65_535).rounded() }
    #expect(steps == [0, 0, 2000, 3250])
    #expect(picture.channelCount == 1)
    #expect(Self.rendered.depthPicture(scale: 40_000).samples == [0, 0, 1, 1])
  }

  @Test(
    "the depth scale is the largest power of ten that fits the distance",
    arguments: [
      (0.6, 100_000), (6.5, 10_000), (6.6, 1000), (65.5, 1000), (66, 100), (6000, 10),
      (70_000, 0.1), (1e6, 0.01),
    ] as [(Float, Float)])
  func depthScale(distance: Float, expected: Float) {
    let scale = RenderedImage.depthScale(reaching: distance)
    #expect(abs(scale - expected) < 1e-6 * expected)
    #expect(distance * scale <= 65_535)
  }

  @Test(
    "the depth scale of a scene fits its farthest corner, from inside too",
    arguments: [
      ([0, 0, 0], 3), ([5, 0, 0], (49.0 + 4 + 1).squareRoot()),
      ([-10, 20, 30], (121.0 + 484 + 961).squareRoot()),
    ] as [(SIMD3<Float>, Double)])
  func depthScaleOfBound(position: SIMD3<Float>, farthest: Double) {
    let bound = BoundingBox(minimum: [-2, -2, -1], maximum: [1, 2, 1])
    let scale = RenderedImage.depthScale(of: bound, seenFrom: position)
    #expect(scale == RenderedImage.depthScale(reaching: Float(farthest)))
  }

  @Test("some rows of an image are those of the image")
  func rows() {
    let upper = Self.rendered.rows(0..<1)
    #expect((upper.width, upper.height) == (2, 1))
    let lower = Self.rendered.rows(1..<2)
    #expect(upper.opacity + lower.opacity == Self.rendered.opacity)
    #expect(upper.radiance + lower.radiance == Self.rendered.radiance)
    #expect(upper.depth + lower.depth == Self.rendered.depth)
    #expect(upper.normals + lower.normals == Self.rendered.normals)
  }

  @Test("normals are colours (n + 1) / 2 where there is a surface, transparent elsewhere")
  func normalPicture() {
    let picture = Self.rendered.normalPicture
    #expect(Array(picture.samples[..<8]) == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(picture.samples[8..<12]) == [0.5, 0, 0.5, 1])
    #expect(Array(picture.samples[12...]) == [0.5, 0.8, 0.9, 1])
  }
}
