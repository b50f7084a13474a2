import Kernels
package import VolumeRendering

extension AnalyticField {
  /// The occupancy grid that misses nothing, however thin: closed forms bound the density of a cell.
  ///
  /// - Parameter resolution: cells along the longest edge of the bound, 1…512.
  package func occupancyGrid(resolution: Int, threadCount: Int) -> OccupancyGrid {
    let cells = CellGrid(bound: bound, resolution: resolution)
    // From a cell's centre to its corners.
    let radius = 0.75.squareRoot() * Double(cells.cellSize)
    let layers = ParallelLoop.map(count: cells.counts.z, threadCount: threadCount) { z in
      let layerSize = cells.counts.x * cells.counts.y
      return (z * layerSize..<(z + 1) * layerSize).map { index in
        largestDensity(
          within: Float(radius),
          of: cells.position(in: cells.cell(at: index), offset: SIMD3(repeating: 0.5)))
      }
    }
    return OccupancyGrid(
      cells: cells, densities: Array(layers.joined()),
      threshold: OccupancyGrid.threshold(for: cells))
  }
}
