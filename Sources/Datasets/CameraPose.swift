import NeuralFields

/// Where a camera stands and how it is turned, out of a camera-to-world matrix.
struct CameraPose: Equatable {
  /// The camera's axes in world coordinates, orthonormal: right, up, backward.
  let right: SIMD3<Float>
  let up: SIMD3<Float>
  let backward: SIMD3<Float>

  /// The centre of projection, scene units.
  let position: SIMD3<Float>

  /// The directions that a matrix's first three columns stand for.
  enum Axes {
    /// Right, up, backward: NeRF's files.
    case openGL
    /// Right, down, forward: SRN's files.
    case openCV
  }

  /// What is wrong with a matrix.
  struct Flaw: Error, Equatable {
    let found: String
    let expected: String
  }

  /// Reads a matrix `[R | t]` whose columns are the camera's axes and position in world coordinates.
  ///
  /// The axes may share a scale, as when a whole scene has been rescaled; it is divided out. What
  /// rounding left of a rotation is made one again: backward is kept, right is turned into the plane
  /// that is perpendicular to it, and up follows.
  ///
  /// - Parameter rows: 3 or 4 rows of 4, the fourth being 0 0 0 1.
  init(rows: [[Double]], axes: Axes) throws(Flaw) {
    guard (3...4).contains(rows.count), rows.allSatisfy({ $0.count == 4 }) else {
      throw Flaw(
        found: CameraPose.shape(of: rows), expected: "4 rows of 4 numbers, camera to world")
    }
    // Beyond a million scene units single precision leaves less than a digit for the scene.
    let limit = 1e6
    for (index, row) in rows.enumerated() {
      guard row.allSatisfy({ abs($0) <= limit }) else {
        let value = row.first { !(abs($0) <= limit) } ?? .nan
        throw Flaw(
          found: "\(value) in row \(index)", expected: "finite numbers of at most 1e6")
      }
    }
    if rows.count == 4 {
      guard zip(rows[3], [0, 0, 0, 1]).allSatisfy({ abs($0 - $1) <= 1e-4 }) else {
        throw Flaw(
          found: "the last row \(rows[3].map { "\($0)" }.joined(separator: " "))",
          expected: "0 0 0 1, as in a matrix that is stored by rows")
      }
    }
    var columns = (0..<3).map { column in SIMD3(rows[0][column], rows[1][column], rows[2][column]) }
    try CameraPose.normalise(&columns)
    if axes == .openCV {
      columns[1] = -columns[1]
      columns[2] = -columns[2]
    }
    let backward = columns[2]
    let right = columns[0] - backward * (columns[0] * backward).sum()
    self.backward = SIMD3<Float>(backward / CameraPose.length(backward))
    self.right = SIMD3<Float>(right / CameraPose.length(right))
    up = self.backward.cross(self.right)
    position = SIMD3<Float>(SIMD3(rows[0][3], rows[1][3], rows[2][3]))
  }

  /// Divides the common scale out of three axes and checks that a rotation is left.
  private static func normalise(_ columns: inout [SIMD3<Double>]) throws(Flaw) {
    let expected = "a rotation and a position"
    let scale = (length(columns[0]) + length(columns[1]) + length(columns[2])) / 3
    guard scale > 1e-6 else { throw Flaw(found: "axes of length 0", expected: expected) }
    for column in 0..<3 { columns[column] /= scale }
    let determinant = columns[0].tripleProduct(columns[1], columns[2])
    guard abs(determinant) > 1e-3 else {
      throw Flaw(found: "a singular matrix", expected: expected)
    }
    // Half a degree of skew, or a hundredth in length, is beyond what rounding or solving leaves.
    let tolerance = 0.01
    for first in 0..<3 {
      for second in first..<3 {
        let product = (columns[first] * columns[second]).sum()
        guard abs(product - (first == second ? 1 : 0)) <= tolerance else {
          let flaw = first == second ? "of unequal length" : "that are not perpendicular"
          throw Flaw(found: "axes \(flaw)", expected: expected)
        }
      }
    }
    guard determinant > 0 else { throw Flaw(found: "a reflection", expected: expected) }
  }

  private static func length(_ vector: SIMD3<Double>) -> Double {
    (vector * vector).sum().squareRoot()
  }

  private static func shape(of rows: [[Double]]) -> String {
    guard let first = rows.first else { return "no rows" }
    return rows.allSatisfy { $0.count == first.count }
      ? "\(rows.count) rows of \(first.count) numbers" : "\(rows.count) rows of unequal length"
  }
}

extension SIMD3<Double> {
  /// The determinant of the matrix with three columns, or with three rows, of which this is the first.
  func tripleProduct(_ second: SIMD3<Double>, _ third: SIMD3<Double>) -> Double {
    x * (second.y * third.z - second.z * third.y) - y * (second.x * third.z - second.z * third.x)
      + z * (second.x * third.y - second.y * third.x)
  }
}
