internal import CFieldKernels

/// A grid of cubic cells, and how far each is from the nearest that may hold density.
package struct EmptySpace: Sendable, Hashable {
  /// The grid's corner, scene units.
  private let minimum: SIMD3<Float>
  private let cellSize: Float
  /// Cells along x, y and z.
  private let counts: SIMD3<Int>
  /// For each cell the steps, across edges and corners too, to the nearest that may hold density; 0
  /// in such a cell; x fastest, `[counts.x × counts.y × counts.z]`.
  package let distances: [UInt8]

  /// - Parameters:
  ///   - minimum: the grid's corner, scene units.
  ///   - cellSize: scene units, > 0.
  ///   - distances: may be less than what they are, 0 only where there may be density.
  package init(
    minimum: SIMD3<Float>, cellSize: Float, counts: SIMD3<Int>, distances: [UInt8]
  ) {
    precondition(
      distances.count == counts.x * counts.y * counts.z && !distances.isEmpty,
      "found \(distances.count) distances, expected those of \(counts) cells")
    self.minimum = minimum
    self.cellSize = cellSize
    self.counts = counts
    self.distances = distances
  }

  func withCells<Result>(_ body: (fk_empty_space) -> Result) -> Result {
    unsafe distances.withUnsafeBufferPointer { distances in
      unsafe body(
        fk_empty_space(
          minimum: (minimum.x, minimum.y, minimum.z), cell_size: cellSize,
          inverse_cell_size: 1 / cellSize,
          counts: (Int32(counts.x), Int32(counts.y), Int32(counts.z)),
          distances: distances.baseAddress))
    }
  }
}
