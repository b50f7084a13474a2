import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Occupancy estimate")
struct OccupancyEstimateTests {
  static let cells = CellGrid(bound: TinyModels.cube, resolution: 8)
  static let threshold = OccupancyGrid.threshold(for: cells)

  /// Looks at all due cells of an estimate, with density in one cell alone.
  static func look(
    at estimate: inout OccupancyEstimate, dense: Int?, density: Float, decay: Float = 0.5
  ) {
    let due = estimate.dueCells
    estimate.update(due, with: due.map { $0 == dense ? density : 0 }, decay: decay)
  }

  @Test("while nothing is known every cell is occupied and due")
  func beginning() {
    let estimate = OccupancyEstimate(cells: Self.cells)
    #expect(estimate.grid.occupiedShare == 1)
    #expect(estimate.dueCells == Array(0..<512))
    #expect(estimate.updateCount == 0)
  }

  @Test("after one look the grid is that of the densities found")
  func update() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    var densities = [Float](repeating: 0, count: 512)
    for index in [0, 77, 400] { densities[index] = 2 * Self.threshold }
    estimate.update(Array(0..<512), with: densities, decay: 0.9)
    #expect(
      estimate.grid
        == OccupancyGrid(cells: Self.cells, densities: densities, threshold: Self.threshold))
    #expect(estimate.updateCount == 1)
  }

  @Test("a surface that later looks miss is kept for a while, and then forgotten")
  func decay() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate, dense: 100, density: 7 * Self.threshold)
    // 7, 3.5, 1.75, 0.875 times the threshold.
    for _ in 0..<2 {
      Self.look(at: &estimate, dense: nil, density: 0)
      #expect(estimate.grid.isOccupied(index: 100))
    }
    Self.look(at: &estimate, dense: nil, density: 0)
    #expect(estimate.grid.occupiedShare == 0)
  }

  @Test("density that is met again is kept")
  func maximum() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    for _ in 0..<20 {
      Self.look(at: &estimate, dense: 100, density: 2 * Self.threshold)
      #expect(estimate.grid.isOccupied(index: 100))
    }
  }

  @Test("occupied cells are always due, and each empty cell within eight updates")
  func dueCells() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate, dense: 219, density: 2 * Self.threshold)
    var seen: Set<Int> = []
    for _ in 0..<8 {
      let due = estimate.dueCells
      #expect(due.count < 512 / 4)
      #expect((0..<512).allSatisfy { !estimate.grid.isOccupied(index: $0) || due.contains($0) })
      seen.formUnion(due)
      Self.look(at: &estimate, dense: 219, density: 2 * Self.threshold)
    }
    #expect(seen.count == 512)
  }

  @Test("a density that is not finite keeps its cell occupied, and is soon forgotten")
  func notFinite() {
    for density in [Float.nan, .infinity] {
      var estimate = OccupancyEstimate(cells: Self.cells)
      Self.look(at: &estimate, dense: 100, density: density)
      #expect(estimate.grid.isOccupied(index: 100) && estimate.grid.occupiedShare < 1)
      for _ in 0..<2 { Self.look(at: &estimate, dense: nil, density: 0) }
      #expect(estimate.grid.occupiedShare == 0)
    }
  }

  @Test("new density in an empty place is found")
  func growth() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate, dense: nil, density: 0)
    #expect(estimate.grid.occupiedShare == 0)
    for _ in 0..<8 { Self.look(at: &estimate, dense: 300, density: 2 * Self.threshold) }
    #expect(estimate.grid.isOccupied(index: 300))
  }
}
