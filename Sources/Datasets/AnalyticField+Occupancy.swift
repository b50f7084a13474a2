import Kernels
package import VolumeRendering

extension AnalyticField {
  /// The occupancy grid that misses nothing, however thin: closed forms bound the density of a
  /// cell.
  ///
  /// Blocks of cells in which nothing can be are not looked into.
  ///
  /// - Parameter resolution: cells along the longest edge of the bound, 1…512.
  package func occupancyGrid(resolution: Int, threadCount: Int) -> OccupancyGrid {
    let cells = CellGrid(bound: bound, resolution: resolution)
    let threshold = OccupancyGrid.emptyOpacity / cells.cellSize
    let edge = 4
    let blockCounts = (cells.counts &+ (edge - 1)) / edge
    let layers = ParallelLoop.map(count: blockCounts.z, threadCount: threadCount) { z in
      var occupied: [Int] = []
      for y in 0..<blockCounts.y {
        for x in 0..<blockCounts.x {
          let first = SIMD3(x, y, z) &* edge
          guard mayHold(cells: cells, first: first, edge: edge, above: threshold) else { continue }
          let end = pointwiseMin(first &+ edge, cells.counts)
          for z in first.z..<end.z {
            for y in first.y..<end.y {
              for x in first.x..<end.x
              where mayHold(cells: cells, first: [x, y, z], edge: 1, above: threshold) {
                occupied.append(cells.index(of: [x, y, z]))
              }
            }
          }
        }
      }
      return occupied
    }
    var mask = CellMask(counts: cells.counts)
    for index in layers.joined() { mask.insert(index: index) }
    return OccupancyGrid(cells: cells, occupied: mask)
  }

  /// Whether the density can be above a threshold somewhere in a cube of cells.
  private func mayHold(
    cells: CellGrid, first: SIMD3<Int>, edge: Int, above threshold: Float
  ) -> Bool {
    let half = Float(edge) / 2
    let centre = cells.position(in: first, offset: SIMD3(repeating: half))
    // From the centre to the corners, and a little more for rounding.
    let radius = 1.001 * Float(3).squareRoot() * half * cells.cellSize
    return !(largestDensity(within: radius, of: centre) <= threshold)
  }
}
