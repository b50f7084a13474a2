package import Kernels
package import NeuralFields

extension OccupancyGrid {
  /// The grid of a field, from its density at the centres of cells, coarse to fine.
  ///
  /// A first grid of larger cells is looked at as a whole. Each finer one is looked at only where the
  /// coarser is dense, has a dense neighbour or shows a trace of density; and not in its inside, where
  /// all neighbours are dense: there the finer cells count as dense. The finest dense cells and all
  /// their neighbours make the grid.
  ///
  /// - Parameter resolution: cells along the longest edge of the bound, 1…512. The first grid has
  ///   as many, halved as often as leaves a whole number of at least `coarsestResolution`.
  /// - Complexity: one field evaluation per cell of the first grid, and eight per cell near a
  ///   surface for each doubling.
  package init(
    of field: any RadianceField, resolution: Int = OccupancyGrid.defaultResolution,
    threadCount: Int
  ) {
    var batches = ParallelLoop.workspaces(threadCount: threadCount) {
      FieldBatch(capacity: Self.blockLength)
    }
    var level = resolution
    while level % 2 == 0 && level / 2 >= Self.coarsestResolution { level /= 2 }
    let finest = CellGrid(bound: field.bound, resolution: resolution)
    let threshold = Self.emptyOpacity / finest.cellSize
    var cells = CellGrid(bound: field.bound, resolution: level)
    var found = Self.look(
      at: CellMask(fullWithCounts: cells.counts), of: field, in: cells, threshold: threshold,
      batches: &batches)
    while level < resolution {
      level *= 2
      cells = CellGrid(bound: field.bound, resolution: level)
      let inside = found.dense.eroded
      let near = found.dense.dilated.union(found.traces).subtracting(inside)
      found = Self.look(
        at: near.refined(to: cells.counts), of: field, in: cells, threshold: threshold,
        batches: &batches)
      let filled = inside.refined(to: cells.counts)
      found = (found.dense.union(filled), found.traces.union(filled))
    }
    self.init(cells: finest, occupied: found.dense.dilated)
  }

  /// Cells along the longest edge of the bound.
  package static let defaultResolution = 128

  /// The fewest cells along the longest edge at which a field is first looked at.
  static let coarsestResolution = 64

  /// A cell of a field's grid is dense if it would be at least this opaque.
  ///
  /// Small enough that what all skipped cells together take from a ray is less than 1 % of opacity, as
  /// `OccupancyCheck` finds on the shipped cars.
  package static let emptyOpacity: Float = 0.001

  /// The share of a dense cell's density that is a trace.
  static let traceShare: Float = 0x1p-4

  /// Cells per evaluated batch.
  package static let blockLength = 2048

  /// The density below which a cell counts as empty: it would make a cell 0.5 % opaque.
  ///
  ///     1 − e^(−σ cellSize) = 0.005
  package static func threshold(for cells: CellGrid) -> Float { 0.005 / cells.cellSize }

  /// Of some cells those whose centre is dense, and those that show a trace of density: a surface
  /// that passes between the centres of large cells shows less at them.
  private static func look(
    at candidates: CellMask, of field: any RadianceField, in cells: CellGrid, threshold: Float,
    batches: inout [FieldBatch]
  ) -> (dense: CellMask, traces: CellMask) {
    let indices = candidates.indices
    let blockCount = (indices.count + blockLength - 1) / blockLength
    let blocks = ParallelLoop.map(count: blockCount, workspaces: &batches) { block, batch in
      let first = block * blockLength
      return densities(
        of: field, in: cells, at: indices[first..<min(first + blockLength, indices.count)],
        batch: &batch
      ) { SIMD3(repeating: 0.5) }
    }
    var dense = CellMask(counts: cells.counts)
    var traces = dense
    for (block, densities) in blocks.enumerated() {
      for (place, density) in densities.enumerated() {
        // What is not a number counts as dense, so that a picture shows that something is wrong.
        if density <= threshold * traceShare { continue }
        let index = indices[block * blockLength + place]
        traces.insert(index: index)
        if !(density <= threshold) { dense.insert(index: index) }
      }
    }
    return (dense, traces)
  }

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
}
