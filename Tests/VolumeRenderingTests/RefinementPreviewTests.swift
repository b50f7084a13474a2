import Imaging
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Rendering against the clock after a preview")
struct RefinementPreviewTests {
  private static let camera = RefinementTests.camera
  /// What a narrower field might show: a ball of another size.
  private static let narrow = BallField(centre: [0.2, -0.3, 0.1], radius: 0.45, edge: 0.3)

  private static func preview(
    of field: any RadianceField = narrow, camera: Camera = camera
  ) -> RenderedImage {
    RefinementTests.renderer(threadCount: 1).preview(
      of: field, camera: camera, grid: RendererTests.full(over: field.bound)
    ) { true }
  }

  private static func refined(tileCount: Int, threadCount: Int = 1) -> Renderer.RefinedImage {
    let allowance = RefinementTests.Allowance(tileCount)
    return RefinementTests.renderer(threadCount: threadCount).render(
      RefinementTests.field, camera: camera, grid: RefinementTests.grid, after: preview()
    ) { allowance.take() }
  }

  @Test("a preview has a quarter of the sides, and a small one all of them")
  func size() {
    let preview = Self.preview()
    #expect(preview.width == 38 && preview.height == 33)
    let small = Self.preview(camera: RendererTests.camera(width: 31, height: 33))
    #expect(small.width == 31 && small.height == 33)
  }

  @Test(
    "with time enough the picture is the plain one, to the last bit", arguments: [1, 2, 3, 8])
  func enoughTime(threadCount: Int) {
    let found = Self.refined(tileCount: .max, threadCount: threadCount)
    #expect(RendererTests.bits(found.image) == RendererTests.bits(RefinementTests.plain))
    #expect(found.finalPixelCount == 150 * 131)
    #expect(
      found.image.statistics.sampleCount
        > RefinementTests.plain.statistics.sampleCount + Self.preview().statistics.sampleCount)
  }

  @Test("without time the picture is the preview, enlarged")
  func noTime() {
    let found = Self.refined(tileCount: 0)
    #expect(found.finalPixelCount == 0)
    #expect(found.image.statistics.sampleCount == Self.preview().statistics.sampleCount)
    let narrow = RefinementTests.renderer(threadCount: 1).render(
      Self.narrow, camera: Self.camera, grid: RendererTests.full(over: Self.narrow.bound))
    func psnr(_ expected: RenderedImage) -> Double {
      ImageMetrics.psnr(
        found.image.picture(over: [1, 1, 1]), expected.picture(over: [1, 1, 1]))
    }
    #expect(psnr(narrow) > 30 && psnr(narrow) > psnr(RefinementTests.plain) + 3)
  }

  @Test("the more time, the nearer the picture is to the plain one")
  func someTime() {
    let plain = RefinementTests.plain.picture(over: [1, 1, 1])
    // Nine tiles at a quarter of the size, then ninety at the full one.
    let likeness = [0, 9, 20, 99].map { tileCount in
      ImageMetrics.psnr(
        Self.refined(tileCount: tileCount).image.picture(over: [1, 1, 1]), plain)
    }
    #expect(zip(likeness, likeness.dropFirst()).allSatisfy(<), "\(likeness)")
    #expect(likeness.last == .infinity)
  }

  @Test("a small picture stays the preview or becomes the plain one", arguments: [true, false])
  func small(timeRemains: Bool) {
    let camera = RendererTests.camera(width: 31, height: 33)
    let renderer = RefinementTests.renderer(threadCount: 2)
    let preview = Self.preview(camera: camera)
    let plain = renderer.render(
      RefinementTests.field, camera: camera, grid: RefinementTests.grid)
    let found = renderer.render(
      RefinementTests.field, camera: camera, grid: RefinementTests.grid, after: preview
    ) { timeRemains }
    #expect(found.image.radiance == (timeRemains ? plain : preview).radiance)
    #expect(found.finalPixelCount == (timeRemains ? 31 * 33 : 0))
  }

  @Test("faulty pixels of a preview do not count once all is painted over")
  func faults() {
    let preview = Self.preview(of: RendererTests.FaultyField())
    #expect(preview.statistics.nonFinitePixelCount > 0)
    func faults(_ timeRemains: Bool) -> Int {
      RefinementTests.renderer(threadCount: 2).render(
        RefinementTests.field, camera: Self.camera, grid: RefinementTests.grid, after: preview
      ) { timeRemains }.image.statistics.nonFinitePixelCount
    }
    #expect(faults(true) == 0)
    #expect(faults(false) == preview.statistics.nonFinitePixelCount)
  }
}
