import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Renderer, band by band")
struct RendererBandTests {
  static let camera = RendererTests.camera(width: 37, height: 29)
  static let grid = RendererTests.grid(of: RendererTests.network)

  static func settings(tileSize: Int, threadCount: Int) -> RenderSettings {
    RenderSettings(
      samplesPerDiagonal: 32, jitterSeed: 5, tileSize: tileSize, threadCount: threadCount,
      makesNormals: true)
  }

  /// The picture in one piece.
  static let whole = Renderer(settings: settings(tileSize: 64, threadCount: 1)).render(
    RendererTests.network, camera: camera, grid: grid)

  @Test(
    "bands of any height are the rows of the whole picture, to the last bit",
    arguments: [1, 37, 80, 37 * 7, 37 * 16 + 36, 1 << 19], [1, 7, 16, 64])
  func bands(pixelLimit: Int, tileSize: Int) {
    for threadCount in [1, 3] {
      let renderer = Renderer(
        settings: Self.settings(tileSize: tileSize, threadCount: threadCount),
        bandPixelLimit: pixelLimit)
      var heights: [Int] = []
      var joined = RenderedImage(width: 37, height: 0, hasNormals: true)
      let statistics = renderer.renderBands(
        of: RendererTests.network, camera: Self.camera, grid: Self.grid
      ) { band in
        #expect(band.width == 37 && band.height * 37 <= max(37, pixelLimit))
        heights.append(band.height)
        joined.radiance += band.radiance
        joined.opacity += band.opacity
        joined.depth += band.depth
        joined.normals += band.normals
      }
      #expect(heights == renderer.bands(of: Self.camera).map(\.count))
      #expect(heights.reduce(0, +) == 29)
      #expect(RendererTests.bits(joined) == RendererTests.bits(Self.whole))
      #expect(statistics.marchedRayCount == Self.whole.statistics.marchedRayCount)

      let image = renderer.render(RendererTests.network, camera: Self.camera, grid: Self.grid)
      #expect(RendererTests.bits(image) == RendererTests.bits(Self.whole))
      #expect(image.height == 29)
      #expect(image.statistics == statistics)
    }
  }

  @Test("bands are whole rows of tiles, and tiles are low where a picture is wide")
  func bandRows() {
    func bands(width: Int, height: Int, tileSize: Int, limit: Int) -> [Range<Int>] {
      Renderer(
        settings: Self.settings(tileSize: tileSize, threadCount: 1), bandPixelLimit: limit
      ).bands(of: RendererTests.camera(width: width, height: height))
    }
    #expect(bands(width: 10, height: 20, tileSize: 4, limit: 95) == [0..<8, 8..<16, 16..<20])
    #expect(bands(width: 10, height: 5, tileSize: 4, limit: 30) == [0..<3, 3..<5])
    #expect(bands(width: 10, height: 3, tileSize: 4, limit: 1) == [0..<1, 1..<2, 2..<3])
    #expect(bands(width: 10, height: 3, tileSize: 4, limit: 1000) == [0..<3])
  }

  @Test("what the taker of bands throws ends the rendering")
  func failure() {
    struct Full: Error, Equatable {}
    let renderer = Renderer(
      settings: Self.settings(tileSize: 4, threadCount: 1), bandPixelLimit: 4 * 37)
    var bandCount = 0
    #expect(throws: Full()) {
      try renderer.renderBands(of: BallField(), camera: Self.camera, grid: Self.grid) { _ in
        bandCount += 1
        if bandCount == 3 { throw Full() }
      }
    }
    #expect(bandCount == 3)
  }
}
