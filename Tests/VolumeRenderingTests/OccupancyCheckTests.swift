import Imaging
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Occupancy check")
struct OccupancyCheckTests {
  static let field = BallField(radius: 0.5, density: 30, edge: 0.1)
  static let camera = RendererTests.camera(width: 32, height: 24)
  static let settings = RenderSettings(samplesPerDiagonal: 120, threadCount: 2)

  static func grid(without hole: SIMD3<Int>?) -> OccupancyGrid {
    let cells = CellGrid(bound: field.bound, resolution: 32)
    let whole = OccupancyGrid(of: field, resolution: 32, threadCount: 1)
    var mask = CellMask(counts: cells.counts)
    for index in 0..<cells.cellCount where whole.isOccupied(index: index) {
      mask.insert(index: index)
    }
    guard let hole else { return OccupancyGrid(cells: cells, occupied: mask) }
    var gap = CellMask(counts: cells.counts)
    gap.insert(index: cells.index(of: hole))
    return OccupancyGrid(cells: cells, occupied: mask.subtracting(gap.dilated))
  }

  static func report(
    _ grid: OccupancyGrid, settings: RenderSettings = settings
  ) -> OccupancyCheck.Report {
    OccupancyCheck.run(field, camera: camera, grid: grid, settings: settings)
  }

  @Test("a grid that hides nothing loses nothing")
  func nothingLost() {
    for grid in [Self.grid(without: nil), RendererTests.full(over: Self.field.bound)] {
      let report = Self.report(grid)
      #expect(report.lostIntervalCount == 0 && report.holePixelCount == 0)
      #expect(report.largestLoss < 1e-6 && report.meanLoss < 1e-7)
      #expect(report.psnr > 120)
      #expect(report.rayCount > 300 && report.intervalCount > report.rayCount)
    }
    #expect(Self.report(Self.grid(without: nil)).skippedIntervalCount > 1000)
    #expect(Self.report(RendererTests.full(over: Self.field.bound)).skippedIntervalCount == 0)
  }

  @Test("a hole in the grid is found where a ray meets it")
  func plantedHole() {
    // The surface point that the camera sees in the middle.
    let cells = CellGrid(bound: Self.field.bound, resolution: 32)
    let hole = cells.cell(containing: Self.camera.position.normalised * 0.45)
    let report = Self.report(Self.grid(without: hole))
    #expect(report.lostIntervalCount > 10)
    #expect(report.largestLoss > 0.1 && report.meanLoss > 0)
    #expect((2...100).contains(report.holePixelCount))
    #expect(report.psnr < 60)
    // Behind the ball's front nothing is seen, nor missed.
    let hidden = cells.cell(containing: Self.camera.position.normalised * -0.3)
    #expect(Self.report(Self.grid(without: hidden)).holePixelCount == 0)
  }

  @Test("without any cell the whole picture is lost")
  func everythingLost() {
    let cells = CellGrid(bound: Self.field.bound, resolution: 4)
    let report = Self.report(
      OccupancyGrid(cells: cells, occupied: CellMask(counts: cells.counts)))
    let image = Renderer(settings: Self.settings).render(
      Self.field, camera: Self.camera, grid: RendererTests.full(over: Self.field.bound))
    #expect(report.skippedIntervalCount == report.intervalCount)
    #expect(abs(report.largestLoss - (image.opacity.max() ?? 0)) < 1e-5)
    let visibleCount = image.picture(over: [1, 1, 1]).samples.count { $0 < 1 - 2.0 / 255 }
    #expect(report.holePixelCount > visibleCount / 4)
  }

  @Test("the number of threads changes nothing", arguments: [1, 3, 8])
  func threads(threadCount: Int) {
    let hole = CellGrid(bound: Self.field.bound, resolution: 32).cell(
      containing: Self.camera.position.normalised * 0.45)
    var settings = Self.settings
    settings.threadCount = threadCount
    settings.jitterSeed = 5
    var expected = settings
    expected.threadCount = 2
    #expect(
      Self.report(Self.grid(without: hole), settings: settings)
        == Self.report(Self.grid(without: hole), settings: expected))
  }
}
