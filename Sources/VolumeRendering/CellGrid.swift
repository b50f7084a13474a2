package import NeuralFields

/// A division of a box into cubic cells.
package struct CellGrid: Sendable, Hashable {
  package let bound: BoundingBox
  /// The edge of a cell, scene units.
  package let cellSize: Float
  /// Cells along x, y and z; the last ones may reach past the bound.
  package let counts: SIMD3<Int>
  private let inverseCellSize: Float
  private let lastCell: SIMD3<Float>

  /// - Parameter resolution: cells along the box's longest edge, 1…512.
  package init(bound: BoundingBox, resolution: Int) {
    precondition((1...512).contains(resolution), "found resolution \(resolution), expected 1…512")
    self.bound = bound
    let cellSize = bound.extent.max() / Float(resolution)
    self.cellSize = cellSize
    let extent = bound.extent
    // A box that is a whole number of cells wide, but for rounding, gets that number.
    func count(_ axis: Int) -> Int {
      max(1, Int((extent[axis] / cellSize - 1e-3).rounded(.up)))
    }
    counts = SIMD3(count(0), count(1), count(2))
    inverseCellSize = 1 / cellSize
    lastCell = SIMD3<Float>(Float(count(0) - 1), Float(count(1) - 1), Float(count(2) - 1))
  }

  package var cellCount: Int { counts.x * counts.y * counts.z }

  /// x runs fastest.
  package func index(of cell: SIMD3<Int>) -> Int {
    cell.x + counts.x * (cell.y + counts.y * cell.z)
  }

  package func cell(at index: Int) -> SIMD3<Int> {
    let (rest, x) = index.quotientAndRemainder(dividingBy: counts.x)
    let (z, y) = rest.quotientAndRemainder(dividingBy: counts.y)
    return [x, y, z]
  }

  /// A point of a cell: `offset` runs over [0, 1]³, the middle is at ½.
  package func position(in cell: SIMD3<Int>, offset: SIMD3<Float>) -> SIMD3<Float> {
    let corner = SIMD3<Float>(Float(cell.x), Float(cell.y), Float(cell.z))
    return bound.minimum + (corner + offset) * cellSize
  }

  /// The cell that holds a point; points outside belong to the nearest cell.
  @inline(__always)
  package func cell(containing position: SIMD3<Float>) -> SIMD3<Int> {
    let scaled = (position - bound.minimum) * inverseCellSize
    // Held to the grid first, a coordinate is not negative, so cutting off its fraction rounds down.
    let held = pointwiseMin(pointwiseMax(scaled, .zero), lastCell)
    return SIMD3(Int(held.x), Int(held.y), Int(held.z))
  }
}
