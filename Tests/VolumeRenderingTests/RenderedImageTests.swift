import Imaging
import TestSupport
import Testing
import VolumeRendering

@Suite("Rendered image")
struct RenderedImageTests {
  /// An empty pixel, a thin one, a half opaque and an opaque one.
  static let rendered: RenderedImage = {
    let camera = Camera(
      lookingFrom: [0, 0, 3], at: .zero, horizontalFieldOfView: 1, width: 2, height: 2)
    let field = HomogeneousField(bound: TinyModels.cube, density: 0)
    var image = Renderer(settings: RenderSettings(threadCount: 1)).render(
      field, camera: camera, grid: OccupancyGrid(of: field, resolution: 1, threadCount: 1))
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
    "the depth scale is the largest power of ten that fits every depth",
    arguments: [
      (0, 10_000), (6.5, 10_000), (6.6, 1000), (65.5, 1000), (66, 100), (6000, 10), (70_000, 0.1),
    ] as [(Float, Float)])
  func depthScale(depth: Float, expected: Float) {
    var rendered = Self.rendered
    rendered.depth = [0, 0, 0, depth]
    #expect(abs(rendered.depthScale - expected) < 1e-6 * expected)
    #expect(depth * rendered.depthScale <= 65_535)
  }

  @Test("normals are colours (n + 1) / 2 where there is a surface, transparent elsewhere")
  func normalPicture() {
    let picture = Self.rendered.normalPicture
    #expect(Array(picture.samples[..<8]) == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(picture.samples[8..<12]) == [0.5, 0, 0.5, 1])
    #expect(Array(picture.samples[12...]) == [0.5, 0.8, 0.9, 1])
  }
}
