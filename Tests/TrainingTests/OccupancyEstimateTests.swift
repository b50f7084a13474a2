import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Occupancy estimate")
struct OccupancyEstimateTests {
  static let cells = CellGrid(bound: TinyModels.cube, resolution: 8)
  static let threshold = OccupancyGrid.threshold(for: cells)

  /// Looks at all due cells, a number of them dense: those given, and always the last one.
  static func look(
    at estimate: inout OccupancyEstimate, densities: [Int: Float] = [:], decay: Float = 0.5
  ) {
    let due = estimate.dueCells
    let last = [511: 2 * threshold]
    estimate.update(due, with: due.map { densities[$0] ?? last[$0] ?? 0 }, decay: decay)
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
    Self.look(at: &estimate, densities: [100: 7 * Self.threshold])
    // 7, 3.5, 1.75, 0.875 times the threshold.
    for _ in 0..<2 {
      Self.look(at: &estimate)
      #expect(estimate.grid.isOccupied(index: 100))
    }
    Self.look(at: &estimate)
    #expect(!estimate.grid.isOccupied(index: 100))
    // The last cell and its neighbours.
    #expect(estimate.grid.occupiedShare == 8.0 / 512)
  }

  @Test("density that is met again is kept")
  func maximum() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    for _ in 0..<20 {
      Self.look(at: &estimate, densities: [100: 2 * Self.threshold])
      #expect(estimate.grid.isOccupied(index: 100))
    }
  }

  @Test("occupied cells are always due, and each empty cell within eight updates")
  func dueCells() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate)
    var seen: Set<Int> = []
    for _ in 0..<8 {
      let due = estimate.dueCells
      #expect(due.count < 512 / 4)
      #expect((0..<512).allSatisfy { !estimate.grid.isOccupied(index: $0) || due.contains($0) })
      seen.formUnion(due)
      Self.look(at: &estimate)
    }
    #expect(seen.count == 512)
  }

  @Test("a density that is not finite keeps its cell occupied, and is soon forgotten")
  func notFinite() {
    for density in [Float.nan, .infinity] {
      var estimate = OccupancyEstimate(cells: Self.cells)
      Self.look(at: &estimate, densities: [100: density])
      #expect(estimate.grid.isOccupied(index: 100) && estimate.grid.occupiedShare < 1)
      for _ in 0..<2 { Self.look(at: &estimate) }
      #expect(!estimate.grid.isOccupied(index: 100))
    }
  }

  @Test("new density in an empty place is found")
  func growth() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate)
    #expect(!estimate.grid.isOccupied(index: 300))
    for _ in 0..<8 { Self.look(at: &estimate, densities: [300: 2 * Self.threshold]) }
    #expect(estimate.grid.isOccupied(index: 300))
  }

  @Test("a scene without any density is looked at everywhere again")
  func emptied() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    let nothing = [Float](repeating: 0, count: 512)
    for _ in 0..<3 {
      estimate.update(Array(0..<512), with: nothing, decay: 0.5)
      #expect(estimate.grid.occupiedShare == 1)
      #expect(estimate.dueCells.count == 512)
    }
  }
}
