import Kernels
import NeuralFields
import Testing
import VolumeRendering

@Suite("Cell grid")
struct CellGridTests {
  static let grids = [
    CellGrid(bound: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]), resolution: 8),
    CellGrid(bound: BoundingBox(minimum: [0, -2, 5], maximum: [1, -1.7, 5.7]), resolution: 10),
    CellGrid(bound: BoundingBox(minimum: [0, 0, 0], maximum: [1, 3, 2.5]), resolution: 7),
    CellGrid(bound: BoundingBox(minimum: [-0.3, 0, 0], maximum: [2, 0.01, 0.1]), resolution: 1),
  ]

  @Test("cells are cubes, as many as the bound needs")
  func counts() {
    #expect(Self.grids.map(\.counts) == [[8, 8, 8], [10, 3, 7], [3, 7, 6], [1, 1, 1]])
    #expect(Self.grids.map(\.cellCount) == [512, 210, 126, 1])
    #expect(Self.grids[0].cellSize == 0.25)
  }

  @Test("numbers and cells stand for each other, x fastest", arguments: grids)
  func indices(grid: CellGrid) {
    for index in 0..<grid.cellCount { #expect(grid.index(of: grid.cell(at: index)) == index) }
    if grid.counts.x > 1 { #expect(grid.cell(at: 1) == [1, 0, 0]) }
  }

  @Test("every point inside a cell belongs to it", arguments: grids)
  func points(grid: CellGrid) {
    var random = SeededGenerator(seed: 3)
    for index in 0..<grid.cellCount {
      let cell = grid.cell(at: index)
      let offset = SIMD3(random.uniform(), random.uniform(), random.uniform()) * 0.98 + 0.01
      #expect(grid.cell(containing: grid.position(in: cell, offset: offset)) == cell)
    }
  }

  @Test("the cells cover the bound", arguments: grids)
  func cover(grid: CellGrid) {
    let corner = grid.position(in: grid.counts, offset: .zero)
    // A count is rounded down where less than a thousandth of a cell is left over.
    #expect(all(corner .>= grid.bound.maximum - 1.1e-3 * grid.cellSize))
    #expect(grid.position(in: .zero, offset: .zero) == grid.bound.minimum)
  }

  @Test("points outside belong to the nearest cell", arguments: grids)
  func outside(grid: CellGrid) {
    let last = grid.counts &- 1
    #expect(grid.cell(containing: grid.bound.maximum) == last)
    #expect(grid.cell(containing: grid.bound.maximum + 100) == last)
    #expect(grid.cell(containing: grid.bound.minimum - 100) == .zero)
    let middle = grid.cell(containing: grid.bound.centre)
    var beside = grid.bound.centre
    beside.y = -1e30
    #expect(grid.cell(containing: beside) == [middle.x, 0, middle.z])
  }
}
