import NeuralFields

/// Which cells of the scene bound may hold density.
///
/// (Müller et al. 2022, appendix E.1, https://arxiv.org/abs/2201.05989.) A ray takes no samples in
/// cells that are not occupied. For each cell the grid knows how far the nearest occupied one is,
/// so that a ray crosses empty space in few steps.
package struct OccupancyGrid: Sendable, Hashable {
  package let cells: CellGrid
  /// For each cell the steps, across edges and corners too, to the nearest occupied one: 0 in an
  /// occupied cell, `farthest` for that and more; x fastest, `[cellCount]`.
  let distances: [UInt8]
  /// Whether no cell is occupied.
  package let isEmpty: Bool
  /// The box of the occupied cells, a hundredth of a cell wider, scene units; infinite on sides
  /// where it reaches the grid's edge, for cells at the edge hold all that is beyond them.
  private let occupiedMinimum: SIMD3<Float>
  private let occupiedMaximum: SIMD3<Float>

  private static let farthest: UInt8 = 32

  /// The grid whose occupied cells are those of a set.
  package init(cells: CellGrid, occupied mask: CellMask) {
    precondition(
      mask.counts == cells.counts, "found a set of \(mask.counts) cells, expected \(cells.counts)")
    self.cells = cells
    isEmpty = mask.isEmpty
    distances = Self.distances(to: mask, cellCount: cells.cellCount)
    let (lower, upper) = mask.box
    occupiedMinimum = cells.position(in: lower, offset: SIMD3(repeating: -0.01))
      .replacing(with: -.infinity, where: SIMD3<Float>(lower) .<= 0)
    occupiedMaximum = cells.position(in: upper, offset: SIMD3(repeating: 0.01))
      .replacing(with: .infinity, where: SIMD3<Float>(upper) .>= SIMD3<Float>(cells.counts))
  }

  /// A grid whose every cell is occupied.
  package init(fullyOccupied cells: CellGrid) {
    self.init(cells: cells, occupied: CellMask(fullWithCounts: cells.counts))
  }

  /// The cells above a density, and all their neighbours.
  ///
  /// Density is known at one point per cell; the ring of neighbours stands in for the rest of it.
  ///
  /// - Parameters:
  ///   - densities: σ per scene unit, `[cellCount]`.
  ///   - threshold: σ per scene unit.
  package init(cells: CellGrid, densities: [Float], threshold: Float) {
    self.init(
      cells: cells,
      occupied: CellMask(counts: cells.counts, densities: densities, above: threshold).dilated)
  }

  /// Each cell's distance to a set, as `distances` describes it.
  private static func distances(to mask: CellMask, cellCount: Int) -> [UInt8] {
    var distances = [UInt8](repeating: farthest, count: cellCount)
    mask.forEachIndex { distances[$0] = 0 }
    // The set grows by a ring of neighbours at a time.
    var reached = mask
    for distance in 1..<farthest {
      let grown = reached.dilated
      let ring = grown.subtracting(reached)
      guard !ring.isEmpty else { break }
      ring.forEachIndex { distances[$0] = distance }
      reached = grown
    }
    return distances
  }

  package func isOccupied(_ cell: SIMD3<Int>) -> Bool { distances[cells.index(of: cell)] == 0 }

  package func isOccupied(index: Int) -> Bool { distances[index] == 0 }

  package func isOccupied(at position: SIMD3<Float>) -> Bool {
    isOccupied(cells.cell(containing: position))
  }

  /// The share of cells that are occupied, 0…1.
  package var occupiedShare: Float { Float(distances.count { $0 == 0 }) / Float(cells.cellCount) }

  /// The distances between which a ray can be in the box of the occupied cells, a little widened
  /// against rounding; nil where it misses the box, or nothing is occupied.
  ///
  /// Slabs as in `Ray`, but with multiplications: an axis along which the ray does not move has a
  /// very large inverse instead of an infinite one.
  @inline(__always)
  func stretch(origin: SIMD3<Float>, direction: SIMD3<Float>) -> (enter: Float, leave: Float)? {
    guard !isEmpty else { return nil }
    @inline(__always)
    func slab(_ axis: Int) -> (enter: Float, leave: Float) {
      let inverse = 1 / (abs(direction[axis]) > 1e-30 ? direction[axis] : 1e-30)
      let first = (occupiedMinimum[axis] - origin[axis]) * inverse
      let second = (occupiedMaximum[axis] - origin[axis]) * inverse
      return inverse > 0 ? (first, second) : (second, first)
    }
    let (x, y, z) = (slab(0), slab(1), slab(2))
    let enter = max(x.enter, y.enter, z.enter)
    let leave = min(x.leave, y.leave, z.leave)
    return enter <= leave ? (enter, leave) : nil
  }
}
