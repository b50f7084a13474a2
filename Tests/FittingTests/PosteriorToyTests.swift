import Fitting
import Foundation
import Kernels
import Testing

/// A measurement that depends on three numbers linearly, with Gaussian noise: its posterior has a closed
/// form.
///
///     U(y) = w / (2 R) |J y − d|²        A = I + w / R Jᵀ J        ŷ = A⁻¹ w / R Jᵀ d
struct LinearCost: PerturbedCost {
  /// J, rows of three, and d.
  static let rows: [[Double]] = [
    [1, 0.5, 0], [0.2, -1, 0], [0.8, 0.1, 0.05], [-0.3, 0.9, 0], [0.6, 0.6, -0.02], [0, 0.4, 0],
  ]
  static let values = [1.2, -0.4, 0.9, 0.3, 1.1, 0.2]
  static let weight = 24.0

  private var values = Self.values

  /// Every value is known to R / w.
  mutating func perturb(using random: inout SeededGenerator) {
    let deviation = (Double(Self.rows.count) / Self.weight).squareRoot()
    values = Self.values.map { $0 + deviation * Double(random.normal()) }
  }

  mutating func begin(at place: [Double]) {}

  mutating func evaluate(at y: [Double]) -> AnnealedChain.Cost {
    let scale = Self.weight / Double(Self.rows.count)
    var (value, slope) = (0.0, [0.0, 0.0, 0.0])
    for (row, target) in zip(Self.rows, values) {
      let error = row[0] * y[0] + row[1] * y[1] + row[2] * y[2] - target
      value += scale / 2 * error * error
      for k in 0..<3 { slope[k] += scale * error * row[k] }
    }
    return (value, slope)
  }

  /// A.
  static var precision: [[Double]] {
    let scale = weight / Double(rows.count)
    return (0..<3).map { i in
      (0..<3).map { j -> Double in
        var sum: Double = i == j ? 1 : 0
        for row in rows { sum += scale * row[i] * row[j] }
        return sum
      }
    }
  }

  /// A⁻¹ by cofactors.
  static var covariance: [[Double]] {
    let a = precision
    func cofactor(_ i: Int, _ j: Int) -> Double {
      let (r0, r1) = ((i + 1) % 3, (i + 2) % 3)
      let (c0, c1) = ((j + 1) % 3, (j + 2) % 3)
      return a[r0][c0] * a[r1][c1] - a[r0][c1] * a[r1][c0]
    }
    var determinant = 0.0
    for column in 0..<3 { determinant += a[0][column] * cofactor(0, column) }
    let inverse = 1 / determinant
    return (0..<3).map { i in (0..<3).map { j in cofactor(j, i) * inverse } }
  }

  /// ŷ.
  static var mean: [Double] {
    let scale = weight / Double(rows.count)
    var right: [Double] = [0, 0, 0]
    for (row, value) in zip(rows, values) {
      for k in 0..<3 { right[k] += scale * row[k] * value }
    }
    return covariance.map { row in
      row[0] * right[0] + row[1] * right[1] + row[2] * right[2]
    }
  }

  static var laplace: LaplacePosterior {
    LaplacePosterior(
      mean: mean, columns: (0..<3).map { k in rows.map { Float($0[k]) } }, weight: weight,
      threadCount: 2)
  }
}

/// A cost of nothing: the posterior is the prior.
struct NoCost: ChainCost {
  mutating func begin(at place: [Double]) {}

  mutating func evaluate(at place: [Double]) -> AnnealedChain.Cost {
    (0, [Double](repeating: 0, count: place.count))
  }
}

/// Two wells in the first direction, of the same depth.
struct TwoWells: ChainCost {
  mutating func begin(at place: [Double]) {}

  mutating func evaluate(at y: [Double]) -> AnnealedChain.Cost {
    let off = y[0] * y[0] - 1
    return (20 * off * off, [80 * off * y[0], 0])
  }
}

@Suite("Posteriors in closed form") struct PosteriorToyTests {
  /// The means and the covariance of draws.
  static func moments(_ draws: [[Double]]) -> (mean: [Double], covariance: [[Double]]) {
    let (width, count) = (draws[0].count, Double(draws.count))
    let mean = (0..<width).map { k in draws.reduce(0) { $0 + $1[k] } / count }
    let covariance = (0..<width).map { i in
      (0..<width).map { j -> Double in
        var sum = 0.0
        for draw in draws { sum += (draw[i] - mean[i]) * (draw[j] - mean[j]) }
        return sum / count
      }
    }
    return (mean, covariance)
  }

  static func chains<Cost: ChainCost>(
    _ cost: Cost, information: [Double], width: Int, denseWidth: Int? = nil, count: Int
  ) -> [[Double]] {
    let settings = AnnealedChain.Settings()
    let masses = ChainMass.stages(
      of: information, width: width, denseWidth: denseWidth ?? width,
      shares: AnnealedChain.shares(settings))
    var cost = cost
    return (0..<count).map { index in
      AnnealedChain.run(
        width: width, masses: masses, settings: settings,
        random: SeededGenerator(seed: 5, UInt64(index)), cost: &cost
      ).place
    }
  }

  /// Expects moments within five standard errors.
  static func expect(
    _ draws: [[Double]], mean: [Double], covariance: [[Double]],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = moments(draws)
    let count = Double(draws.count)
    for i in mean.indices {
      let error = (covariance[i][i] / count).squareRoot()
      #expect(abs(found.mean[i] - mean[i]) < 5 * error, sourceLocation: sourceLocation)
      for j in mean.indices {
        let spread = covariance[i][i] * covariance[j][j] + covariance[i][j] * covariance[i][j]
        #expect(
          abs(found.covariance[i][j] - covariance[i][j]) < 5 * (spread / count).squareRoot(),
          sourceLocation: sourceLocation)
      }
    }
  }

  @Test("of a linear measurement Laplace's covariance is the closed form")
  func laplaceCovariance() {
    let found = LinearCost.laplace.covariance
    for i in 0..<3 {
      for j in 0..<3 { #expect(abs(found[3 * i + j] - LinearCost.covariance[i][j]) < 1e-6) }
    }
    let trace = (0..<3).reduce(0) { $0 + LinearCost.covariance[$1][$1] }
    let determined = LinearCost.laplace.determinedDirections(among: 0..<3, threadCount: 2)
    #expect(abs(determined - (3 - trace)) < 1e-6)
    let first = LinearCost.laplace.determinedDirections(among: 0..<1, threadCount: 1)
    #expect(abs(first - (1 - LinearCost.covariance[0][0])) < 1e-6)
  }

  @Test("of a linear measurement Laplace's draws have the closed form's moments")
  func laplaceDraws() {
    let laplace = LinearCost.laplace
    var random = SeededGenerator(seed: 8)
    let draws = (0..<3000).map { _ in laplace.sample(using: &random) }
    Self.expect(draws, mean: LinearCost.mean, covariance: LinearCost.covariance)
  }

  @Test(
    "of a linear measurement the chains' ends have the closed form's moments, whatever their mass",
    arguments: [3, 1, 0])
  func chainDraws(denseWidth: Int) {
    let draws = Self.chains(
      LinearCost(), information: LinearCost.laplace.information, width: 3,
      denseWidth: denseWidth, count: 800)
    Self.expect(draws, mean: LinearCost.mean, covariance: LinearCost.covariance)
  }

  @Test("of a linear measurement randomised optima have the closed form's moments")
  func randomizedDraws() {
    var cost = LinearCost()
    let draws = (0..<3000).map { index in
      RandomizedOptimum.draw(
        around: LinearCost.laplace, random: SeededGenerator(seed: 6, UInt64(index)), cost: &cost)
    }
    Self.expect(draws, mean: LinearCost.mean, covariance: LinearCost.covariance)
  }

  @Test("the chains of no measurement end as the prior is")
  func chainPrior() {
    let draws = Self.chains(
      NoCost(), information: [Double](repeating: 0, count: 4), width: 2, count: 800)
    Self.expect(draws, mean: [0, 0], covariance: [[1, 0], [0, 1]])
  }

  @Test("chains end in each of two wells about equally often")
  func twoWells() {
    let draws = Self.chains(
      TwoWells(), information: [160, 0, 0, 0], width: 2, count: 200)
    #expect(draws.allSatisfy { abs(abs($0[0]) - 1) < 0.5 })
    #expect((60...140).contains(draws.count { $0[0] > 0 }))
  }
}
