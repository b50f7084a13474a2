import Imaging
import NeuralFields
import Synchronization
import TestSupport
import Testing
import VolumeRendering

@Suite("Rendering against the clock")
struct RefinementTests {
  static let camera = RendererTests.camera(width: 150, height: 131)
  static let field = BallField(centre: [0.2, -0.3, 0.1], radius: 0.5, edge: 0.2)
  static let grid = RendererTests.grid(of: field)

  static func renderer(tileSize: Int = 16, threadCount: Int) -> Renderer {
    Renderer(
      settings: RenderSettings(
        samplesPerDiagonal: 64, tileSize: tileSize, threadCount: threadCount, makesNormals: true),
      bandPixelLimit: 5000)
  }

  static let plain = renderer(threadCount: 1).render(field, camera: camera, grid: grid)

  /// A clock that allows a number of tiles.
  final class Allowance: Sendable {
    private let rest: Atomic<Int>
    init(_ count: Int) { rest = Atomic(count) }
    func take() -> Bool { rest.subtract(1, ordering: .relaxed).oldValue > 0 }
  }

  static func refined(
    _ field: any RadianceField = field, tileCount: Int, threadCount: Int = 1
  ) -> Renderer.RefinedImage {
    let allowance = Allowance(tileCount)
    return renderer(threadCount: threadCount).render(field, camera: camera, grid: grid) {
      allowance.take()
    }
  }

  @Test(
    "with time enough the picture is the plain one, to the last bit",
    arguments: [1, 7, 64, 200], [1, 2, 3, 8])
  func enoughTime(tileSize: Int, threadCount: Int) {
    let found = Self.renderer(tileSize: tileSize, threadCount: threadCount).render(
      Self.field, camera: Self.camera, grid: Self.grid
    ) { true }
    #expect(RendererTests.bits(found.image) == RendererTests.bits(Self.plain))
    #expect(found.finalPixelCount == 150 * 131)
    #expect(found.image.statistics.sampleCount > Self.plain.statistics.sampleCount)
    #expect(
      Double(found.image.statistics.sampleCount) < 1.15 * Double(Self.plain.statistics.sampleCount))
  }

  @Test("a picture smaller than the first size is rendered whatever the time", arguments: [1, 3])
  func small(threadCount: Int) {
    let camera = RendererTests.camera(width: 31, height: 33)
    let renderer = Self.renderer(threadCount: threadCount)
    let found = renderer.render(Self.field, camera: camera, grid: Self.grid) { false }
    let plain = renderer.render(Self.field, camera: camera, grid: Self.grid)
    #expect(RendererTests.bits(found.image) == RendererTests.bits(plain))
    #expect(found.finalPixelCount == 31 * 33)
  }

  @Test("the more time, the more pixels are final and the nearer the picture is to the plain one")
  func moreTime() {
    let plain = Self.plain.picture(over: [1, 1, 1])
    var likeness: [Double] = []
    var finalPixelCounts: [Int] = []
    // Nine tiles at a quarter of the size, then ninety at the full one.
    for tileCount in [0, 9, 12, 16, 99] {
      let found = Self.refined(tileCount: tileCount)
      #expect(found.image.width == 150 && found.image.height == 131)
      likeness.append(ImageMetrics.psnr(found.image.picture(over: [1, 1, 1]), plain))
      finalPixelCounts.append(found.finalPixelCount)
    }
    #expect(zip(likeness, likeness.dropFirst()).allSatisfy(<), "\(likeness)")
    #expect(likeness.last == .infinity)
    #expect(finalPixelCounts[0] == 0 && finalPixelCounts[1] == 0)
    #expect(zip(finalPixelCounts[1...], finalPixelCounts[2...]).allSatisfy(<))
    #expect(likeness[0] > 15)
  }

  @Test("tiles in which there is something to see come before empty ones")
  func order() {
    // The ball covers a quarter of the ninety tiles.
    let found = Self.refined(tileCount: 9 + 38)
    #expect(found.finalPixelCount < 150 * 131 / 2)
    #expect(found.image.radiance == Self.plain.radiance)
  }

  @Test("time that is up from the start gives a whole picture: none of it is final")
  func noTime() {
    let found = Self.refined(tileCount: 0, threadCount: 3)
    #expect(found.finalPixelCount == 0)
    #expect(RendererTests.bits(found.image).allSatisfy { Float(bitPattern: $0).isFinite })
    for pixel in found.image.opacity.indices {
      #expect((0...1.0001).contains(found.image.opacity[pixel]))
      let normal = found.image.normals[pixel]
      #expect(normal == .zero || abs(normal.length - 1) < 1e-4)
    }
  }

  @Test("between pixels a field of one colour keeps its colour, its depth and its opacity")
  func interpolation() {
    // Dense enough that what is seen does not depend on the way through it.
    let field = HomogeneousField(bound: TinyModels.cube, density: 1e4, radiance: [0.2, 0.4, 0.8])
    let camera = Camera(
      lookingFrom: [0, 0, 1.5], at: .zero, horizontalFieldOfView: 0.5, width: 100, height: 90)
    let settings = RenderSettings(samplesPerDiagonal: 700, tileSize: 16, threadCount: 1)
    let renderer = Renderer(settings: settings)
    let grid = RendererTests.full(over: field.bound)
    let found = renderer.render(field, camera: camera, grid: grid) { false }.image
    let plain = renderer.render(field, camera: camera, grid: grid)
    for pixel in 0..<9000 {
      #expect((found.radiance[pixel] - [0.2, 0.4, 0.8]).length < 1e-4)
      #expect(abs(found.opacity[pixel] - 1) < 1e-4)
      #expect(abs(found.depth[pixel] - plain.depth[pixel]) < 0.02)
    }
  }

  @Test("faulty pixels count once, in the picture that shows them")
  func notANumber() {
    let field = RendererTests.FaultyField()
    let renderer = Self.renderer(threadCount: 2)
    let grid = RendererTests.full(over: field.bound)
    let plain = renderer.render(field, camera: Self.camera, grid: grid)
    let whole = renderer.render(field, camera: Self.camera, grid: grid) { true }
    #expect(
      whole.image.statistics.nonFinitePixelCount == plain.statistics.nonFinitePixelCount)
    let coarse = renderer.render(field, camera: Self.camera, grid: grid) { false }
    #expect(coarse.image.statistics.nonFinitePixelCount > 0)
  }
}
