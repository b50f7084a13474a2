package import Kernels
package import NeuralFields
package import VolumeRendering

/// What training knows of one scene's density, cell by cell, and the occupied cells that follow.
///
///     estimate ← max(decay · estimate, σ at a random point of the cell)
///
/// (Müller et al. 2022, appendix E.1.) The maximum keeps a surface that one draw missed; the decay
/// forgets density that has gone. Cells above a threshold and their neighbours are occupied. All that
/// follows from an estimate is how many decays it is above the threshold, so that number is kept in
/// its place: the same cells in a byte each, and a saved training is exact.
///
///     n ← max(n − 1, smallest k ≥ 0 with σ · decayᵏ ≤ threshold)
package struct OccupancyEstimate: Sendable {
  package let cells: CellGrid
  /// The occupied cells.
  package private(set) var mask: CellMask
  /// The same, for the samples of training rays.
  package private(set) var occupied: OccupiedCells
  /// The smallest box around all occupied cells, cut to the grid's bound.
  package private(set) var occupiedBox: BoundingBox
  /// n of every cell: the looks in vain after which it counts as empty; 0 where it does.
  private(set) var looksLeft: [UInt8]
  package private(set) var updateCount: Int

  /// The most that a cell keeps: at a decay of a half, what 10¹⁴ times the threshold would.
  static let mostLooks: UInt8 = 48

  /// Nothing known: every cell is occupied.
  package init(cells: CellGrid) {
    self.init(cells: cells, mask: CellMask(fullWithCounts: cells.counts))
  }

  /// Known cells, whose densities are not.
  package init(cells: CellGrid, mask: CellMask) {
    self.cells = cells
    self.mask = mask
    looksLeft = [UInt8](repeating: 0, count: cells.cellCount)
    updateCount = 0
    (occupied, occupiedBox) = Self.occupied(mask, of: cells)
  }

  /// The cells to look at next: first all, then half of the occupied and a sixteenth of the others, in
  /// turn.
  ///
  /// Where nothing is, rays take no samples and hardly anything grows.
  package var dueCells: [CellPlace] {
    let count = cells.cellCount
    var places: [CellPlace] = []
    places.reserveCapacity(count / Self.emptyPeriod + count / 8)
    let (width, height) = (UInt32(cells.counts.x), UInt32(cells.counts.y))
    func append(_ index: Int) {
      let (row, x) = UInt32(truncatingIfNeeded: index).quotientAndRemainder(dividingBy: width)
      let (z, y) = row.quotientAndRemainder(dividingBy: height)
      places.append(CellPlace(x: Int(x), y: Int(y), z: Int(z)))
    }
    if updateCount == 0 {
      for index in 0..<count { append(index) }
      return places
    }
    // The next of the cells that are due whether occupied or not.
    var next = (Self.emptyPeriod - updateCount % Self.emptyPeriod) % Self.emptyPeriod
    for index in mask.indices where (index + updateCount) % Self.occupiedPeriod == 0 {
      while next < index {
        append(next)
        next += Self.emptyPeriod
      }
      if next == index { next += Self.emptyPeriod }
      append(index)
    }
    for index in stride(from: next, to: count, by: Self.emptyPeriod) { append(index) }
    return places
  }

  /// Updates between two looks at a cell; the second is a multiple of the first.
  private static let occupiedPeriod = 2
  private static let emptyPeriod = 16

  /// Takes in new densities of some cells.
  ///
  /// One that is not finite counts as little above empty: the cell's samples will show it, and it is
  /// soon forgotten.
  package mutating func update(_ places: [CellPlace], with sampled: [Float], decay: Float) {
    let threshold = OccupancyGrid.threshold(for: cells)
    for (place, density) in zip(places, sampled) {
      let index = cells.index(of: place.cell)
      var left = density.isFinite ? density : 2 * threshold
      var looks: UInt8 = 0
      while left > threshold && looks < Self.mostLooks {
        left *= decay
        looks += 1
      }
      looksLeft[index] = max(looksLeft[index], 1) - 1
      looksLeft[index] = max(looksLeft[index], looks)
    }
    updateCount += 1
    mask = Self.mask(looksLeft, of: cells)
    (occupied, occupiedBox) = Self.occupied(mask, of: cells)
  }

  /// An estimate as it was.
  ///
  /// - Precondition: there is a number in 0…`mostLooks` for every cell.
  init(cells: CellGrid, looksLeft: [UInt8], updateCount: Int) {
    precondition(
      looksLeft.count == cells.cellCount,
      "found \(looksLeft.count) numbers, expected \(cells.cellCount)")
    self.cells = cells
    self.looksLeft = looksLeft
    self.updateCount = updateCount
    mask =
      updateCount == 0
      ? CellMask(fullWithCounts: cells.counts) : Self.mask(looksLeft, of: cells)
    (occupied, occupiedBox) = Self.occupied(mask, of: cells)
  }

  private static func mask(_ looksLeft: [UInt8], of cells: CellGrid) -> CellMask {
    var mask = CellMask(counts: cells.counts)
    for (index, looks) in looksLeft.enumerated() where looks > 0 { mask.insert(index: index) }
    // Without a single sample a scene would have no gradient and stay empty for ever.
    return mask.isEmpty ? CellMask(fullWithCounts: cells.counts) : mask.dilated
  }

  private static func occupied(
    _ mask: CellMask, of cells: CellGrid
  ) -> (OccupiedCells, BoundingBox) {
    let (lower, upper) = mask.box
    return (
      OccupiedCells(
        minimum: cells.bound.minimum, cellSize: cells.cellSize, counts: cells.counts,
        occupied: mask.indices),
      BoundingBox(
        minimum: cells.position(in: lower, offset: .zero),
        maximum: pointwiseMin(cells.position(in: upper, offset: .zero), cells.bound.maximum))
    )
  }
}

/// A cell's coordinates, ten bits each: cheaper to take apart than its number.
package struct CellPlace: Sendable, Hashable {
  private let bits: UInt32

  package init(x: Int, y: Int, z: Int) { bits = UInt32(x | y << 10 | z << 20) }

  package var cell: SIMD3<Int> { [Int(bits & 1023), Int(bits >> 10 & 1023), Int(bits >> 20)] }
}
