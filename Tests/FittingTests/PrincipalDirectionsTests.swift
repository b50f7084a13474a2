import Fitting
import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Principal directions")
struct PrincipalDirectionsTests {
  /// A symmetric matrix, row-major.
  static func symmetric(size: Int, seed: UInt64) -> [Double] {
    var random = SeededGenerator(seed: seed)
    let values = random.normals(count: size * size, standardDeviation: 1).inDouble
    return (0..<size * size).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: size)
      return values[index] + values[column * size + row]
    }
  }

  @Test("eigenvectors are turned into their own multiples", arguments: [1, 2, 7, 40])
  func eigenvectors(size: Int) {
    let matrix = Self.symmetric(size: size, seed: 31)
    let system = SymmetricEigenvalues(of: matrix, size: size)
    #expect(system.values == system.values.sorted(by: >))
    for (value, vector) in zip(system.values, system.vectors) {
      for row in 0..<size {
        let turned = (0..<size).reduce(0) { $0 + matrix[row * size + $1] * vector[$1] }
        #expect(abs(turned - value * vector[row]) < 1e-11 * Double(size))
      }
    }
  }

  @Test("eigenvectors are orthogonal and of length 1, also of equal eigenvalues")
  func orthogonality() {
    let size = 12
    // Twice the identity, and one direction more.
    let matrix = (0..<size * size).map { $0 % (size + 1) == 0 ? 3.0 : 1 }
    let system = SymmetricEigenvalues(of: matrix, size: size)
    #expect(abs(system.values[0] - (2 + Double(size))) < 1e-12)
    #expect(system.values.dropFirst().allSatisfy { abs($0 - 2) < 1e-12 })
    for (row, first) in system.vectors.enumerated() {
      for (column, second) in system.vectors.enumerated() {
        let product = zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (row == column ? 1 : 0)) < 1e-12)
      }
    }
  }

  @Test("the eigenvalues of a matrix of three rows are the roots of its polynomial")
  func roots() {
    let system = SymmetricEigenvalues(of: [2, -1, 0, -1, 2, -1, 0, -1, 2], size: 3)
    let expected = [2 + 2.0.squareRoot(), 2, 2 - 2.0.squareRoot()]
    for (found, root) in zip(system.values, expected) { #expect(abs(found - root) < 1e-14) }
  }

  /// The variance of the codes along a direction, in `Double`.
  static func variance(_ table: LatentTable, along direction: [Float]) -> Double {
    let places = table.names.indices.map { row in
      zip(table[row].values, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
    let mean = places.reduce(0, +) / Double(places.count)
    return places.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(places.count)
  }

  @Test(
    "the codes have the found deviation along each direction, and shares that add up to 1",
    arguments: [(40, 6), (7, 16), (16, 16)])
  func deviations(count: Int, width: Int) {
    let table = LatentPriorTests.table(count: count, width: width)
    let found = PrincipalDirections(table)
    #expect(found.deviations.count == min(count - 1, width))
    #expect(abs(found.explained.reduce(0, +) - 1) < 1e-9)
    var total = 0.0
    for k in 0..<width {
      total += Self.variance(table, along: (0..<width).map { $0 == k ? 1 : 0 })
    }
    for (index, direction) in found.directions.enumerated() {
      let variance = Self.variance(table, along: direction)
      #expect(abs(variance.squareRoot() - Double(found.deviations[index])) < 1e-5)
      #expect(abs(variance / total - found.explained[index]) < 1e-5)
    }
  }

  @Test("no direction has more variance than the first") func greatest() {
    let table = LatentPriorTests.table(count: 30, width: 8)
    let found = PrincipalDirections(table)
    var random = SeededGenerator(seed: 32)
    for _ in 0..<200 {
      let direction = random.normals(count: 8, standardDeviation: 1)
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let variance = Self.variance(table, along: direction.map { $0 / length })
      #expect(variance.squareRoot() <= Double(found.deviations[0]) + 1e-6)
    }
  }

  @Test("covariance and products of codes give the same directions") func sameDirections() {
    // The second table is the first with entries that are always 0, so wider than it has codes.
    let table = LatentPriorTests.table(count: 12, width: 5)
    let wide = LatentTable(
      names: table.names, width: 20,
      values: (0..<12).flatMap { table[$0].values + [Float](repeating: 0, count: 15) })
    let (first, second) = (PrincipalDirections(table), PrincipalDirections(wide))
    #expect(first.deviations.count == second.deviations.count)
    for index in first.directions.indices {
      let padded = first.directions[index].inDouble + [Double](repeating: 0, count: 15)
      #expect(Tolerance.errorOfLargest(second.directions[index], padded) < 1e-5)
    }
  }

  @Test("a code along a direction lies as far from the mean as is asked") func along() {
    let found = PrincipalDirections(LatentPriorTests.table(count: 30, width: 8))
    #expect(found.code(along: 2, at: 0) == found.mean)
    let code = found.code(along: 2, at: -2)
    let square = zip(code.values, found.mean.values).reduce(Float(0)) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
    #expect(abs(square.squareRoot() - 2 * found.deviations[2]) < 1e-5)
  }

  @Test("codes without any difference have no directions", arguments: [1, 4])
  func same(count: Int) {
    let table = LatentTable(
      names: (0..<count).map { "\($0)" }, width: 3,
      values: (0..<count).flatMap { _ in [0.5, -1, 2] as [Float] })
    let found = PrincipalDirections(table)
    #expect(found.deviations.isEmpty && found.mean.values == [0.5, -1, 2])
  }
}
