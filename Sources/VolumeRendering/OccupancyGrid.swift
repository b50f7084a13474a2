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
    // A cube of neighbours is a row of neighbours along x, of those along y, of those along z.
    // What is not a number counts as occupied, so that a picture shows that something is wrong.
    var marks = densities.map { !($0 <= threshold) }
    var stride = 1
    for axis in 0..<3 {
      marks = Self.spread(marks, stride: stride, count: cells.counts[axis])
      stride *= cells.counts[axis]
    }
    for (index, isMarked) in marks.enumerated() where isMarked {
      words[index >> 6] |= 1 << UInt64(index & 63)
    }
  }

  /// Marks each cell whose neighbour before or behind along one axis is marked.
  ///
  /// - Parameters:
  ///   - stride: from a cell to the next along the axis.
  ///   - count: cells along the axis.
  private static func spread(_ marks: [Bool], stride: Int, count: Int) -> [Bool] {
    var result = marks
    for first in Swift.stride(from: 0, to: marks.count, by: stride * count) {
      for index in first..<first + stride * (count - 1) {
        result[index] = result[index] || marks[index + stride]
        result[index + stride] = result[index + stride] || marks[index]
      }
    }
    return result
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
      return Self.densities(of: field, in: cells, at: range, batch: &batch) {
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

  /// σ at one point of each of some cells.
  ///
  /// - Parameters:
  ///   - indices: the cells, at most as many as the batch has room for.
  ///   - offset: where in the cell, [0, 1]³; called once per cell, in order.
  package static func densities(
    of field: any RadianceField, in cells: CellGrid, at indices: some Sequence<Int>,
    batch: inout FieldBatch, offset: () -> SIMD3<Float>
  ) -> [Float] {
    batch.count = 0
    for index in indices {
      batch.append(
        position: cells.position(in: cells.cell(at: index), offset: offset()),
        direction: [0, 0, -1])
    }
    field.evaluate(&batch)
    return Array(batch.density[..<batch.count])
  }

  package func isOccupied(_ cell: SIMD3<Int>) -> Bool { isOccupied(index: cells.index(of: cell)) }

  package func isOccupied(index: Int) -> Bool {
    words[index >> 6] & (1 << UInt64(index & 63)) != 0
  }

  package func isOccupied(at position: SIMD3<Float>) -> Bool {
    isOccupied(cells.cell(containing: position))
  }

  /// Whether no cell is occupied.
  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  /// The share of cells that are occupied, 0…1.
  package var occupiedShare: Float {
    Float((0..<cells.cellCount).count { isOccupied(index: $0) }) / Float(cells.cellCount)
  }
}
