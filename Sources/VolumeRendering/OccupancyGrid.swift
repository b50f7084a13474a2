import Kernels
import NeuralFields

/// Which cells of the scene bound may hold density.
///
/// (Müller et al. 2022, appendix E.1, https://arxiv.org/abs/2201.05989.) A ray takes no samples in
/// cells that are not occupied. For each cell the grid knows how far the nearest occupied one is,
/// so that a ray crosses empty space in few steps.
package struct OccupancyGrid: Sendable, Hashable {
  package let cells: CellGrid
  /// How far each cell is from the nearest occupied one, `farthest` for that and more.
  let space: EmptySpace
  /// Whether no cell is occupied.
  package let isEmpty: Bool
  /// The box of the occupied cells, a hundredth of a cell wider, scene units; infinite on sides
  /// where it reaches the grid's edge, for cells at the edge hold all that is beyond them.
  let occupiedMinimum: SIMD3<Float>
  let occupiedMaximum: SIMD3<Float>

  private static let farthest: UInt8 = 32

  /// The grid whose occupied cells are those of a set.
  package init(cells: CellGrid, occupied mask: CellMask) {
    precondition(
      mask.counts == cells.counts, "found a set of \(mask.counts) cells, expected \(cells.counts)")
    self.cells = cells
    isEmpty = mask.isEmpty
    space = EmptySpace(
      minimum: cells.bound.minimum, cellSize: cells.cellSize, counts: cells.counts,
      distances: Self.distances(to: mask, cellCount: cells.cellCount))
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

  /// Each cell's distance to a set, as `EmptySpace` describes it.
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

  package func isOccupied(_ cell: SIMD3<Int>) -> Bool {
    space.distances[cells.index(of: cell)] == 0
  }

  package func isOccupied(index: Int) -> Bool { space.distances[index] == 0 }

  package func isOccupied(at position: SIMD3<Float>) -> Bool {
    isOccupied(cells.cell(containing: position))
  }

  /// The share of cells that are occupied, 0…1.
  package var occupiedShare: Float {
    Float(space.distances.count { $0 == 0 }) / Float(cells.cellCount)
  }
}
