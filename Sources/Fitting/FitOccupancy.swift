package import Kernels
package import NeuralFields
import Training
import VolumeRendering

/// Where a field that a fit is changing has density now, coarsely and quickly.
package struct FitOccupancy: Sendable {
  package let occupied: OccupiedCells
  package let box: BoundingBox
  package let isEmpty: Bool

  /// Cells along the longest edge: enough that half the bound is skipped, and looked at in milliseconds.
  package static let resolution = 40

  /// Looks at the density in the middle of every cell; cells with density and their neighbours are
  /// occupied.
  package init(of field: CoordinateMLP, threadCount: Int) {
    let cells = CellGrid(bound: field.bound, resolution: Self.resolution)
    let threshold = OccupancyGrid.threshold(for: cells)
    let length = OccupancyGrid.blockLength
    let blocks = (cells.cellCount + length - 1) / length
    var batches = ParallelLoop.workspaces(threadCount: threadCount) {
      FieldBatch(capacity: length)
    }
    let densities = ParallelLoop.map(count: blocks, workspaces: &batches) { block, batch in
      batch.count = 0
      for index in block * length..<min((block + 1) * length, cells.cellCount) {
        batch.append(
          position: cells.position(in: cells.cell(at: index), offset: SIMD3(repeating: 0.5)),
          direction: [0, 0, -1])
      }
      field.evaluate(&batch)
      return Array(batch.density[..<batch.count])
    }
    let mask = CellMask(
      counts: cells.counts, densities: Array(densities.joined()), above: threshold
    ).dilated
    isEmpty = mask.isEmpty
    // Without a single sample there would be no gradient, and an empty field would stay empty.
    let estimate = OccupancyEstimate(
      cells: cells, mask: isEmpty ? CellMask(fullWithCounts: cells.counts) : mask)
    occupied = estimate.occupied
    box = estimate.occupiedBox
  }

  /// Every cell: nothing is known of the field.
  package init(everywhereIn bound: BoundingBox) {
    let estimate = OccupancyEstimate(cells: CellGrid(bound: bound, resolution: 1))
    occupied = estimate.occupied
    box = estimate.occupiedBox
    isEmpty = false
  }
}
