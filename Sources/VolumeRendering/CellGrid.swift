package import NeuralFields

/// A division of a box into cubic cells.
package struct CellGrid: Sendable, Hashable {
  package let bound: BoundingBox
  /// The edge of a cell, scene units.
  package let cellSize: Float
  /// Cells along x, y and z; the last ones may reach past the bound.
  package let counts: SIMD3<Int>
  private let inverseCellSize: Float
  /// The middle of the last cell, in units of cells from the grid's corner.
  private let lastMiddle: SIMD3<Float>

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
    lastMiddle = SIMD3(Float(count(0)) - 0.5, Float(count(1)) - 0.5, Float(count(2)) - 0.5)
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
  ///
  /// A point on the face between two cells belongs to the one with the even number. What is not a
  /// number becomes 0.
  @inline(__always)
  package func cell(containing position: SIMD3<Float>) -> SIMD3<Int> {
    let scaled = (position - bound.minimum) * inverseCellSize
    return [
      Self.wholePart(scaled.x, limit: lastMiddle.x), Self.wholePart(scaled.y, limit: lastMiddle.y),
      Self.wholePart(scaled.z, limit: lastMiddle.z),
    ]
  }

  /// The whole part of a number that is first held to 0…`limit`.
  ///
  /// Adding 1.5 · 2²³ leaves no room for a fraction, and the nearest whole number in the lower
  /// bits: a conversion that cannot fail, so that nothing has to be checked in the rays' innermost
  /// loop.
  @inline(__always)
  private static func wholePart(_ value: Float, limit: Float) -> Int {
    let raised = value > 0 ? value : 0
    let held = raised < limit ? raised : limit
    return Int(truncatingIfNeeded: ((held - 0.5) + 12_582_912).bitPattern &- 0x4B40_0000)
  }
}
