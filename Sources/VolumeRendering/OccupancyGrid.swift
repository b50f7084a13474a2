package import Kernels
package import NeuralFields

/// Which cells of the scene bound may hold density: one bit per cell.
///
/// (Müller et al. 2022, appendix E.1, https://arxiv.org/abs/2201.05989.) A ray takes no samples in cells
/// that are not occupied.
package struct OccupancyGrid: Sendable, Hashable {
  package let cells: CellGrid
  private var words: [UInt64]

  /// A grid whose every cell is occupied.
  package init(fullyOccupied cells: CellGrid) {
    self.cells = cells
    words = [UInt64](repeating: .max, count: (cells.cellCount + 63) / 64)
  }

  /// The cells above a density, and all their neighbours.
  ///
  /// Density is known at one point per cell; the ring of neighbours stands in for the rest of it.
  ///
  /// - Parameters:
  ///   - densities: σ per scene unit, `[cellCount]`.
  ///   - threshold: σ per scene unit.
  package init(cells: CellGrid, densities: [Float], threshold: Float) {
    precondition(densities.count == cells.cellCount, "found densities of another grid")
    self.cells = cells
    words = [UInt64](repeating: 0, count: (cells.cellCount + 63) / 64)
    let counts = cells.counts
    for z in 0..<counts.z {
      for y in 0..<counts.y {
        for x in 0..<counts.x where densities[cells.index(of: [x, y, z])] > threshold {
          for nearZ in max(0, z - 1)...min(counts.z - 1, z + 1) {
            for nearY in max(0, y - 1)...min(counts.y - 1, y + 1) {
              for nearX in max(0, x - 1)...min(counts.x - 1, x + 1) {
                let index = cells.index(of: [nearX, nearY, nearZ])
                words[index >> 6] |= 1 << UInt64(index & 63)
              }
            }
          }
        }
      }
    }
  }

  /// The grid of a field, from its density at every cell's centre.
  ///
  /// - Complexity: one field evaluation per cell.
  package init(
    of field: any RadianceField, resolution: Int = OccupancyGrid.defaultResolution,
    threadCount: Int
  ) {
    let cells = CellGrid(bound: field.bound, resolution: resolution)
    let blockCount = (cells.cellCount + Self.blockLength - 1) / Self.blockLength
    var batches = [FieldBatch](
      repeating: FieldBatch(capacity: Self.blockLength), count: max(1, threadCount))
    let blocks = ParallelLoop.map(count: blockCount, workspaces: &batches) { block, batch in
      let first = block * Self.blockLength
      let range = first..<min(first + Self.blockLength, cells.cellCount)
      return Self.densities(of: field, in: cells, range: range, batch: &batch) { _ in
        SIMD3(repeating: 0.5)
      }
    }
    self.init(
      cells: cells, densities: Array(blocks.joined()), threshold: Self.threshold(for: cells))
  }

  /// Cells along the longest edge of the bound: cells of about the size of a pixel at 64×64.
  package static let defaultResolution = 64

  /// Cells per evaluated batch.
  package static let blockLength = 2048

  /// The density below which a cell counts as empty: it would make a cell 0.5 % opaque.
  ///
  ///     1 − e^(−σ cellSize) = 0.005
  package static func threshold(for cells: CellGrid) -> Float { 0.005 / cells.cellSize }

  /// σ at one point of every cell of a range.
  ///
  /// - Parameter offset: where in the cell, [0, 1]³, by cell index.
  package static func densities(
    of field: any RadianceField, in cells: CellGrid, range: Range<Int>, batch: inout FieldBatch,
    offset: (Int) -> SIMD3<Float>
  ) -> [Float] {
    batch.count = 0
    for index in range {
      batch.append(
        position: cells.position(in: cells.cell(at: index), offset: offset(index)),
        direction: [0, 0, -1])
    }
    field.evaluate(&batch)
    return Array(batch.density[..<range.count])
  }

  package func isOccupied(_ cell: SIMD3<Int>) -> Bool {
    let index = cells.index(of: cell)
    return words[index >> 6] & (1 << UInt64(index & 63)) != 0
  }

  package func isOccupied(at position: SIMD3<Float>) -> Bool {
    isOccupied(cells.cell(containing: position))
  }

  /// The share of cells that are occupied, 0…1.
  package var occupiedShare: Float {
    var occupied = 0
    for index in 0..<cells.cellCount where words[index >> 6] & (1 << UInt64(index & 63)) != 0 {
      occupied += 1
    }
    return Float(occupied) / Float(cells.cellCount)
  }
}
