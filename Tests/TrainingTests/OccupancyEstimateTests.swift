import Kernels
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
    estimate.update(
      due,
      with: due.map { densities[index(of: $0)] ?? last[index(of: $0)] ?? 0 }, decay: decay)
  }

  static func index(of place: CellPlace) -> Int { cells.index(of: place.cell) }

  static let everyCell = (0..<512).map { index in
    CellPlace(x: index % 8, y: index / 8 % 8, z: index / 64)
  }

  @Test("while nothing is known every cell is occupied and due")
  func beginning() {
    let estimate = OccupancyEstimate(cells: Self.cells)
    #expect(estimate.mask.count == 512)
    #expect(estimate.dueCells == Self.everyCell)
    #expect(estimate.updateCount == 0)
  }

  @Test("after one look the occupied cells are those of the densities found")
  func update() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    var densities = [Float](repeating: 0, count: 512)
    for index in [0, 77, 400] { densities[index] = 2 * Self.threshold }
    estimate.update(Self.everyCell, with: densities, decay: 0.9)
    #expect(
      estimate.mask
        == CellMask(counts: [8, 8, 8], densities: densities, above: Self.threshold).dilated)
    #expect(estimate.updateCount == 1)
  }

  @Test("a surface that later looks miss is kept for a while, and then forgotten")
  func decay() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate, densities: [100: 7 * Self.threshold])
    // An occupied cell's turn comes every second time: 7, 3.5, 1.75, 0.875 times the threshold.
    for _ in 0..<4 {
      #expect(estimate.mask.contains(index: 100))
      Self.look(at: &estimate)
    }
    for _ in 0..<2 { Self.look(at: &estimate) }
    #expect(!estimate.mask.contains(index: 100))
    // The last cell and its neighbours.
    #expect(estimate.mask.count == 8)
  }

  @Test("density that is met again is kept")
  func maximum() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    for _ in 0..<20 {
      Self.look(at: &estimate, densities: [100: 2 * Self.threshold])
      #expect(estimate.mask.contains(index: 100))
    }
  }

  @Test("each occupied cell is due within two updates, and each empty one within sixteen")
  func dueCells() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate)
    var seen: Set<Int> = []
    for turn in 1...16 {
      let due = estimate.dueCells.map(Self.index)
      #expect(due.count < 512 / 4)
      seen.formUnion(due)
      if turn == 2 {
        #expect((0..<512).allSatisfy { !estimate.mask.contains(index: $0) || seen.contains($0) })
      }
      Self.look(at: &estimate)
    }
    #expect(seen.count == 512)
  }

  @Test("the mask and the box are those of the occupied cells")
  func mask() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    #expect(estimate.occupiedBox == TinyModels.cube)
    // Cells 2…4 along x, 0…2 along y, 5…7 along z, neighbours included.
    let dense = 3 + 8 * (1 + 8 * 6)
    var densities = [Float](repeating: 0, count: 512)
    densities[dense] = 2 * Self.threshold
    estimate.update(Self.everyCell, with: densities, decay: 0.9)
    #expect(
      estimate.occupiedBox
        == BoundingBox(minimum: [-0.5, -1, 0.25], maximum: [0.25, -0.25, 1]))
    var random = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let point: SIMD3<Float> = [
        random.uniform() * 2 - 1, random.uniform() * 2 - 1, random.uniform() * 2 - 1,
      ]
      var batch = FieldBatch(capacity: 1)
      let found = batch.append(
        in: estimate.occupied, origin: point, direction: [0, 0, 1], first: 0, interval: 1,
        sampleCount: 1, keepsDirection: false)
      let index = Self.cells.index(of: Self.cells.cell(containing: point))
      #expect((found == 1) == estimate.mask.contains(index: index))
    }
  }

  @Test("a density that is not finite keeps its cell occupied, and is soon forgotten")
  func notFinite() {
    for density in [Float.nan, .infinity] {
      var estimate = OccupancyEstimate(cells: Self.cells)
      Self.look(at: &estimate, densities: [100: density])
      #expect(estimate.mask.contains(index: 100) && estimate.mask.count < 512)
      for _ in 0..<4 { Self.look(at: &estimate) }
      #expect(!estimate.mask.contains(index: 100))
    }
  }

  @Test("new density in an empty place is found")
  func growth() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    Self.look(at: &estimate)
    #expect(!estimate.mask.contains(index: 300))
    for _ in 0..<8 { Self.look(at: &estimate, densities: [300: 2 * Self.threshold]) }
    #expect(estimate.mask.contains(index: 300))
  }

  @Test("a scene without any density takes samples everywhere again")
  func emptied() {
    var estimate = OccupancyEstimate(cells: Self.cells)
    let nothing = [Float](repeating: 0, count: 512)
    for _ in 0..<3 {
      estimate.update(Self.everyCell, with: nothing, decay: 0.5)
      #expect(estimate.mask.count == 512)
      #expect(estimate.dueCells.count == 256)
    }
  }

  @Test("an estimate comes back from its code, and goes on alike")
  func code() throws {
    var random = SeededGenerator(seed: 3)
    // From nothing known, over fog, to a few cells of many densities.
    for share in [0, 1, 0.7, 0.05] as [Float] {
      var estimate = OccupancyEstimate(cells: Self.cells)
      for turn in 0..<5 where share > 0 {
        let due = estimate.dueCells
        let sampled = due.map { _ in
          random.uniform() < share ? Self.threshold * (random.uniform() * 30 + 1) : 0
        }
        estimate.update(due, with: sampled, decay: turn == 3 ? 0.9 : 0.5)
        let bytes = estimate.encodedCells
        var copy = try #require(
          OccupancyEstimate(
            cells: Self.cells, encodedCells: bytes, updateCount: estimate.updateCount))
        #expect(copy.mask == estimate.mask && copy.dueCells == estimate.dueCells)
        #expect(copy.occupiedBox == estimate.occupiedBox && copy.encodedCells == bytes)
        var original = estimate
        Self.look(at: &original)
        Self.look(at: &copy)
        #expect(copy.encodedCells == original.encodedCells && copy.mask == original.mask)
      }
      let bytes = estimate.encodedCells
      if share == 0.05 { #expect(bytes.count < 256) }
      let copy = OccupancyEstimate(
        cells: Self.cells, encodedCells: bytes, updateCount: estimate.updateCount)
      #expect(copy?.mask == estimate.mask)
    }
  }

  @Test("what density is kept as is how many decays it is above the threshold")
  func looks() {
    for (decay, most) in [(Float(0.5), 10), (0.9, 30)] {
      for factor in [0.5, 1, 1.001, 2, 3, 100, 1000] as [Float] {
        var estimate = OccupancyEstimate(cells: Self.cells)
        var density = factor * Self.threshold
        Self.look(at: &estimate, densities: [100: density], decay: decay)
        for _ in 0..<most {
          #expect(estimate.mask.contains(index: 100) == (density > Self.threshold))
          let isDue = estimate.dueCells.contains { Self.index(of: $0) == 100 }
          Self.look(at: &estimate, decay: decay)
          if isDue { density *= decay }
        }
      }
    }
  }

  @Test(
    "bytes that are no cells are refused",
    arguments: [
      [], [UInt8](repeating: 188, count: 7), [UInt8](repeating: 188, count: 9),
      [UInt8](repeating: 188, count: 8) + [125], [UInt8](repeating: 188, count: 7) + [253],
      [UInt8](repeating: 188, count: 7) + [187, 253, 0],
      [UInt8](repeating: 188, count: 7) + [187, 253, 49],
      [UInt8](repeating: 188, count: 7) + [187, 254], [UInt8](repeating: 255, count: 512),
    ])
  func malformedCode(bytes: [UInt8]) {
    #expect(OccupancyEstimate(cells: Self.cells, encodedCells: bytes, updateCount: 1) == nil)
  }
}
