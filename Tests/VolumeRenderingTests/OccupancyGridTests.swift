import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Occupancy grid")
struct OccupancyGridTests {
  static let cells = CellGrid(
    bound: BoundingBox(minimum: [0, 0, 0], maximum: [5, 4, 3]), resolution: 5)

  static func grid(densities: [Int: Float]) -> OccupancyGrid {
    var values = [Float](repeating: 0, count: cells.cellCount)
    for (index, density) in densities { values[index] = density }
    return OccupancyGrid(cells: cells, densities: values, threshold: 0.5)
  }

  @Test("a cell above the threshold and all its neighbours are occupied", arguments: 0..<60)
  func neighbours(index: Int) {
    let grid = Self.grid(densities: [index: 0.6])
    let centre = Self.cells.cell(at: index)
    for other in 0..<Self.cells.cellCount {
      let offset = Self.cells.cell(at: other) &- centre
      let isNear = (0..<3).allSatisfy { abs(offset[$0]) <= 1 }
      #expect(grid.isOccupied(index: other) == isNear)
      #expect(grid.isOccupied(Self.cells.cell(at: other)) == isNear)
    }
  }

  @Test("density up to the threshold is empty")
  func threshold() {
    let grid = Self.grid(densities: [20: 0.5])
    #expect(grid.occupiedShare == 0 && grid.isEmpty)
  }

  @Test("a density that is not a number makes its cell occupied, so that it is met")
  func notANumber() {
    #expect(Self.grid(densities: [20: .nan]).isOccupied(index: 20))
  }

  @Test("several cells' neighbourhoods are united")
  func union() {
    let both = Self.grid(densities: [0: 1, 59: 1])
    let (first, last) = (Self.grid(densities: [0: 1]), Self.grid(densities: [59: 1]))
    for index in 0..<60 {
      #expect(
        both.isOccupied(index: index)
          == (first.isOccupied(index: index) || last.isOccupied(index: index)))
    }
    #expect(first.occupiedShare == 8.0 / 60 && !first.isEmpty)
  }

  @Test("a full grid is occupied everywhere")
  func full() {
    let grid = OccupancyGrid(fullyOccupied: Self.cells)
    #expect(grid.occupiedShare == 1)
    #expect((0..<60).allSatisfy { grid.isOccupied(index: $0) })
  }

  /// Balls at least as wide as a cell's diagonal: each has a cell's centre in it.
  @Test(
    "a cell that is not occupied holds no density",
    arguments: [
      BallField(), BallField(centre: [0.31, -0.2, 0.44], radius: 0.5),
      BallField(centre: [0.9, 0.9, -0.9], radius: 0.4, density: 3),
      BallField(
        bound: BoundingBox(minimum: [-1, -0.5, -2], maximum: [1, 0.7, 2]), centre: [0, 0, 1],
        radius: 0.45, edge: 0.05),
    ], [8, 17, 64, 128])
  func conservative(field: BallField, resolution: Int) {
    let grid = OccupancyGrid(of: field, resolution: resolution, threadCount: 2)
    var random = SeededGenerator(seed: 6)
    var (denseCount, missedCount) = (0, 0)
    for _ in 0..<20_000 {
      let unit = SIMD3(random.uniform(), random.uniform(), random.uniform())
      let point = field.bound.minimum + field.bound.extent * unit
      if field.density(at: point) > 0 {
        denseCount += 1
        if !grid.isOccupied(at: point) { missedCount += 1 }
      }
    }
    #expect(missedCount == 0)
    #expect(denseCount > 100)
    #expect(grid.occupiedShare < 1)
  }

  @Test("a grid made coarse to fine is that of all cells' centres")
  func coarseToFine() {
    let field = BallField(centre: [0.31, -0.2, 0.44], radius: 0.5, edge: 0.2)
    let cells = CellGrid(bound: field.bound, resolution: 128)
    let densities = (0..<cells.cellCount).map {
      field.density(at: cells.position(in: cells.cell(at: $0), offset: SIMD3(repeating: 0.5)))
    }
    let expected = OccupancyGrid(
      cells: cells, densities: densities,
      threshold: OccupancyGrid.emptyOpacity / cells.cellSize)
    let isSame = OccupancyGrid(of: field, resolution: 128, threadCount: 2) == expected
    #expect(isSame)
  }

  @Test("an empty field has an empty grid, a dense one a full grid")
  func homogeneous() {
    for (density, share) in [(0, 0), (0.0079, 0), (0.0081, 1), (1, 1)] as [(Float, Float)] {
      let field = HomogeneousField(bound: TinyModels.cube, density: density)
      // The threshold is 0.001 per cell of 2/16 scene units: a density of 0.008.
      #expect(OccupancyGrid(of: field, resolution: 16, threadCount: 1).occupiedShare == share)
    }
  }

  @Test("a cell at the threshold is half a percent opaque")
  func opacityOfThreshold() {
    let cells = CellGrid(bound: TinyModels.cube, resolution: 16)
    let field = HomogeneousField(
      bound: TinyModels.cube, density: OccupancyGrid.threshold(for: cells))
    var accumulator = RayAccumulator()
    accumulator.add(density: field.density, radiance: .zero, distance: 0, interval: cells.cellSize)
    #expect(abs(accumulator.opacity - 0.005) < 2e-5)
  }

  @Test("the number of threads changes nothing", arguments: [2, 3, 8])
  func threads(threadCount: Int) {
    let field = BallField(centre: [0.31, -0.2, 0.44], radius: 0.5)
    #expect(
      OccupancyGrid(of: field, resolution: 32, threadCount: threadCount)
        == OccupancyGrid(of: field, resolution: 32, threadCount: 1))
  }

  @Test("densities are those of the field at the asked points of the asked cells")
  func densities() {
    let field = BallField(bound: Self.cells.bound, centre: [2.5, 2, 1.5], radius: 2, edge: 2)
    var batch = FieldBatch(capacity: 4)
    var offsets: [SIMD3<Float>] = [[0, 0, 0], [0.5, 0.5, 0.5], [1, 0.25, 0]]
    let points = zip([31, 32, 17], offsets).map {
      Self.cells.position(in: Self.cells.cell(at: $0), offset: $1)
    }
    let found = OccupancyGrid.densities(
      of: field, in: Self.cells, at: [31, 32, 17], batch: &batch
    ) { offsets.removeFirst() }
    #expect(found == points.map { field.density(at: $0) })
  }
}

extension BallField: CustomTestStringConvertible {
  package var testDescription: String { "ball at \(centre), radius \(radius)" }
}
