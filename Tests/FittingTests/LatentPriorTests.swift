import Fitting
import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Latent prior")
struct LatentPriorTests {
  /// Codes with correlated entries.
  static func table(count: Int, width: Int) -> LatentTable {
    var random = SeededGenerator(seed: 21)
    var values: [Float] = []
    for _ in 0..<count {
      let shared = random.normal()
      values += (0..<width).map { Float($0) * 0.1 + 0.3 * random.normal() + 0.5 * shared }
    }
    return LatentTable(names: (0..<count).map { "\($0)" }, width: width, values: values)
  }

  /// zᵀ A⁻¹ z by Gauss and Jordan.
  static func quadraticForm(_ matrix: [[Double]], _ vector: [Double]) -> Double {
    let size = vector.count
    var rows = (0..<size).map { matrix[$0] + [vector[$0]] }
    for column in 0..<size {
      let pivot = (column..<size).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
      rows.swapAt(column, pivot)
      for row in 0..<size where row != column {
        let factor = rows[row][column] / rows[column][column]
        for k in column...size { rows[row][k] -= factor * rows[column][k] }
      }
    }
    return (0..<size).reduce(0) { $0 + vector[$1] * rows[$1][size] / rows[$1][$1] }
  }

  @Test("where training held codes to a prior it is that, whatever the codes")
  func variational() {
    let table = Self.table(count: 9, width: 6)
    let prior = LatentPrior(table, deviation: 0.25)
    let code = LatentCode([0.5, -0.25, 0, 1, 0, 0])
    #expect(prior.whitened(code) == [2, -1, 0, 4, 0, 0])
    #expect(prior.code(whitened: [2, -1, 0, 4, 0, 0]) == code)
    #expect(prior.mean.values.allSatisfy { $0 == 0 })
    #expect(prior.trainingDistances.count == 9)
    let farthest = (0..<9).map { prior.distance(of: table[$0]) }.max()
    #expect(prior.trainingDistances.last == farthest)
  }

  @Test("distances are those of the shrunk covariance", arguments: [(40, 6), (66, 64), (5, 12)])
  func distances(count: Int, width: Int) {
    let table = Self.table(count: count, width: width)
    let prior = LatentPrior(table)
    let codes = (0..<count).map { table[$0].values.inDouble }
    let mean = (0..<width).map { k in codes.reduce(0) { $0 + $1[k] } / Double(count) }
    var covariance = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    for row in 0..<width {
      for column in 0..<width {
        covariance[row][column] =
          codes.reduce(0) { $0 + ($1[row] - mean[row]) * ($1[column] - mean[column]) }
          / Double(count)
      }
    }
    let scale = (0..<width).reduce(0) { $0 + covariance[$1][$1] } / Double(width)
    for row in 0..<width {
      for column in 0..<width { covariance[row][column] *= 1 - prior.shrinkage }
      covariance[row][row] += prior.shrinkage * scale
    }
    var random = SeededGenerator(seed: 22)
    for _ in 0..<3 {
      let code = random.normals(count: width, standardDeviation: 1)
      let centred = (0..<width).map { Double(code[$0]) - mean[$0] }
      let expected = Self.quadraticForm(covariance, centred).squareRoot()
      #expect(abs(Double(prior.distance(of: LatentCode(code))) - expected) < 1e-4 * expected)
    }
    #expect(prior.shrinkage > 0 && prior.shrinkage <= 1)
  }

  @Test("whitening and its inverse undo each other")
  func roundTrip() {
    let prior = LatentPrior(Self.table(count: 66, width: 64))
    var random = SeededGenerator(seed: 23)
    let y = random.normals(count: 64, standardDeviation: 1)
    let back = prior.whitened(prior.code(whitened: y))
    #expect(Tolerance.errorOfLargest(back, y.inDouble) < 1e-3)
    #expect(prior.code(whitened: [Float](repeating: 0, count: 64)) == prior.mean)
  }

  @Test("the gradient to the whitened code is that of finite differences")
  func gradient() {
    let prior = LatentPrior(Self.table(count: 20, width: 6))
    var random = SeededGenerator(seed: 24)
    let slope = random.normals(count: 6, standardDeviation: 1)
    let y = random.normals(count: 6, standardDeviation: 1)
    let weight: Float = 0.7
    let found = prior.penalised(slope, at: y, weight: weight).slope
    func objective(_ point: [Double]) -> Double {
      let moved = prior.factor.multiply(point)
      let linear = zip(moved, slope).reduce(0.0) { $0 + $1.0 * Double($1.1) }
      return linear + Double(weight) * point.reduce(0) { $0 + $1 * $1 } / 6
    }
    let expected = FiniteDifference.derivatives(
      of: objective, at: y.inDouble, entries: Array(0..<6))
    #expect(Tolerance.errorOfLargest(found, expected) < 1e-5)
  }

  @Test("samples have the prior's mean and distances")
  func samples() {
    let prior = LatentPrior(Self.table(count: 66, width: 8))
    var random = SeededGenerator(seed: 25)
    let codes = (0..<2000).map { _ in prior.sample(using: &random) }
    for k in 0..<8 {
      let mean = codes.reduce(Float(0)) { $0 + $1.values[k] } / 2000
      #expect(abs(mean - prior.mean.values[k]) < 0.06)
    }
    let square = codes.reduce(Float(0)) { $0 + prior.distance(of: $1) * prior.distance(of: $1) }
    #expect(abs(square / 2000 - 8) < 0.5)
    #expect(prior.sample(using: &random, truncation: 0) == prior.mean)
  }

  @Test("one code alone makes a prior")
  func single() {
    let prior = LatentPrior(Self.table(count: 1, width: 4))
    #expect(prior.shrinkage == 1)
    #expect(prior.distance(of: prior.mean) == 0)
  }
}
