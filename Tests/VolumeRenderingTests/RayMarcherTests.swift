import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Ray marcher")
struct RayMarcherTests {
  static func render(
    _ field: any RadianceField, camera: Camera, grid: OccupancyGrid, settings: RenderSettings
  ) -> RenderedImage {
    Renderer(settings: settings).render(field, camera: camera, grid: grid)
  }

  /// Cameras whose rays slide along faces of cells, begin inside the scene, or have zero
  /// components.
  static let cameras: [Camera] = [
    // An odd size: the middle column and row look straight along an axis.
    Camera(
      lookingFrom: [3, 0, 0], at: .zero, horizontalFieldOfView: 0.8, width: 21, height: 21),
    Camera(
      lookingFrom: [0.25, 3, 0.25], at: [0.25, 0, 0.25], horizontalFieldOfView: 0.8, width: 21,
      height: 21),
    Camera(
      lookingFrom: [0.1, 0.2, 0.9], at: [0.1, 0.2, -1], horizontalFieldOfView: 1.5, width: 20,
      height: 20),
    Camera(
      lookingFrom: .zero, at: [1, 1, 1], horizontalFieldOfView: 2, width: 20, height: 20),
    Camera(
      lookingFrom: [1, 1, 3], at: [1, 1, 0], horizontalFieldOfView: 0.6, width: 21, height: 21),
  ]

  @Test(
    "hostile cameras see what each pixel's ray gathers alone, to the last bit",
    arguments: cameras.indices, [nil, 3] as [UInt64?])
  func hostileCameras(index: Int, jitterSeed: UInt64?) {
    let camera = Self.cameras[index]
    let settings = RenderSettings(
      samplesPerDiagonal: 64, terminationThreshold: 0.01, jitterSeed: jitterSeed, tileSize: 9,
      threadCount: 2)
    for grid in [
      OccupancyGrid(of: BallField(), resolution: 8, threadCount: 1),
      RaySamplerTests.scattered(resolution: 40, share: 0.002),
      OccupancyGrid(fullyOccupied: CellGrid(bound: TinyModels.cube, resolution: 8)),
    ] {
      let image = Self.render(BallField(), camera: camera, grid: grid, settings: settings)
      let alone = RendererTests.alone(
        BallField(), camera: camera, grid: grid, settings: settings)
      #expect(image.radiance == alone.map(\.radiance))
      #expect(image.depth == alone.map(\.expectedDepth))
    }
  }

  @Test("a marcher forgets the tile before: the same marcher gives each tile the same result")
  func reuse() {
    let camera = RendererTests.camera(width: 60, height: 60)
    let grid = RendererTests.grid(of: RendererTests.network)
    let settings = RenderSettings(samplesPerDiagonal: 64, threadCount: 1)
    let tiles = [60, 25, 1, 60].flatMap { size in
      Tile.covering(width: 60, rows: 10..<50, tileWidth: size, tileHeight: 60).prefix(3)
    }
    var used = RayMarcher(settings: settings)
    for tile in tiles {
      var fresh = RayMarcher(settings: settings)
      let found = used.march(tile, camera: camera, field: RendererTests.network, grid: grid)
      let expected = fresh.march(tile, camera: camera, field: RendererTests.network, grid: grid)
      #expect(found.accumulators == expected.accumulators)
      #expect(found.statistics == expected.statistics)
    }
  }

  @Test("more rays than are under way at once, and every count of them, lose no sample")
  func statistics() {
    let camera = RendererTests.camera(width: 70, height: 50)
    let grid = RendererTests.grid(of: BallField())
    let settings = RenderSettings(samplesPerDiagonal: 50, tileSize: 128, threadCount: 1)
    let expected = Self.render(BallField(), camera: camera, grid: grid, settings: settings)
    for tileSize in [1, 8, 37, 64] {
      var other = settings
      other.tileSize = tileSize
      let found = Self.render(BallField(), camera: camera, grid: grid, settings: other)
      #expect(found.statistics == expected.statistics)
      #expect(RendererTests.bits(found) == RendererTests.bits(expected))
    }
    #expect(expected.statistics.marchedRayCount > 600)
  }

  @Test("an empty grid costs no sample, and shows nothing")
  func empty() {
    let cells = CellGrid(bound: TinyModels.cube, resolution: 8)
    let image = Self.render(
      BallField(), camera: RendererTests.camera(width: 9, height: 9),
      grid: OccupancyGrid(cells: cells, occupied: CellMask(counts: cells.counts)),
      settings: RenderSettings(threadCount: 1))
    #expect(image.statistics.sampleCount == 0 && image.statistics.marchedRayCount == 0)
    #expect(image.opacity.allSatisfy { $0 == 0 })
    #expect(image.statistics.samplesPerMarchedRay == 0)
  }

  @Test("time is measured only when asked for, and then spent in every phase")
  func phases() {
    let camera = RendererTests.camera(width: 64, height: 64)
    let grid = RendererTests.grid(of: RendererTests.network)
    var settings = RenderSettings(threadCount: 2)
    func phases() -> RenderPhases {
      Self.render(RendererTests.network, camera: camera, grid: grid, settings: settings)
        .statistics.phases
    }
    #expect(phases() == RenderPhases())
    settings.measuresPhases = true
    let found = phases()
    #expect(found.rays > 0 && found.traversal > 0 && found.field > 0 && found.compositing > 0)
    #expect(found.total < 60)
  }
}
