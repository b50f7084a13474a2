import Foundation
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Deviations of codes") struct CodeDeviationsTests {
  static let prior: Float = 0.1

  /// Three codes of different certainty.
  static let means: LatentTable = {
    var random = SeededGenerator(seed: 3)
    return LatentTable(
      names: ["a", "b", "c"], width: 4, standardDeviation: 0.2, generator: &random)
  }()

  static func deviations(
    _ logarithms: [Float]? = nil, of means: LatentTable = means
  ) -> CodeDeviations {
    var random = SeededGenerator(seed: 4)
    return CodeDeviations(
      logarithms: logarithms ?? means.values.map { _ in -2 + 0.5 * random.normal() },
      width: means.width, optimizer: Adam(rowCount: means.names.count, rowLength: means.width))
  }

  @Test("the prior diverges from itself by nothing, and all else by something")
  func prior() {
    func divergence(_ mean: [Float], _ logarithms: [Float]) -> Double {
      CodeDeviations.divergence(
        mean: mean.span, logarithms: logarithms.span, priorDeviation: Self.prior)
    }
    let same = [Float](repeating: log(Self.prior), count: 4)
    #expect(abs(divergence([0, 0, 0, 0], same)) < 1e-9)
    for change: Float in [-1, -0.01, 0.01, 1] {
      #expect(divergence([0, 0, 0, 0], same.map { $0 + change }) > 1e-5)
      #expect(divergence([0, 0, 0.1 * change, 0], same) > 1e-5)
    }
    // ½ (e² + 4 − 1) − 1 of one number.
    let found = divergence([0.2], [log(Self.prior) + 1])
    #expect(abs(found - (0.5 * (exp(2) + 3) - 1)) < 1e-5)
  }

  @Test("slopes to means and deviations agree with finite differences")
  func slopes() {
    let deviations = Self.deviations()
    let (rows, weight) = ([2, 0], Float(0.3))
    var codes = rows.flatMap { Self.means[$0].values }
    let means = codes.inDouble
    let moves = deviations.move(&codes, ofRows: rows, random: SeededGenerator(seed: 1))
    #expect(
      zip(codes, zip(means, moves)).allSatisfy { abs(Double($0) - $1.0 - Double($1.1)) < 1e-6 })
    let logarithms = rows.flatMap { row in deviations.logarithms[row * 4..<row * 4 + 4] }.inDouble
    let noise = zip(moves, logarithms).map { Double($0) / exp($1) }
    // Pictures whose loss is Σ cᵢ zᵢ + ½ zᵢ².
    let slope = (0..<8).map { 0.1 * Double($0) - 0.3 }
    func loss(_ point: [Double]) -> Double {
      (0..<8).reduce(0) { sum, index in
        let (mean, logarithm) = (point[index], point[8 + index])
        let z = mean + exp(logarithm) * noise[index]
        let ratio = exp(2 * logarithm) / 0.01
        return sum + slope[index] * z + 0.5 * z * z
          + 0.3 / 2 * 0.5 * (ratio + mean * mean / 0.01 - 1 - log(ratio))
      }
    }
    var gradient = (0..<8).map { Float(slope[$0]) + codes[$0] }
    let found = deviations.slopes(
      ofRows: rows, moves: moves, means: Self.means, priorDeviation: Self.prior, weight: weight,
      gradient: &gradient)
    let point = means + logarithms
    let expected = FiniteDifference.derivatives(of: loss, at: point, entries: Array(0..<16))
    #expect(Tolerance.errorOfLargest(gradient, Array(expected[..<8])) < 1e-5)
    #expect(Tolerance.errorOfLargest(found.logarithms, Array(expected[8...])) < 1e-5)
    let pictures = (0..<8).reduce(0) { sum, index in
      let z = means[index] + Double(moves[index])
      return sum + slope[index] * z + 0.5 * z * z
    }
    #expect(abs(found.penalty - (loss(point) - pictures)) < 1e-5 * found.penalty)
  }

  @Test("draws have the mean and the deviation of their code, and their own in every step")
  func draws() {
    let deviations = Self.deviations()
    let count = 4000
    var (sums, squares) = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 4))
    for step in 0..<count {
      var codes = Self.means[1].values
      _ = deviations.move(&codes, ofRows: [1], random: SeededGenerator(seed: 8, UInt64(step)))
      for (index, code) in codes.enumerated() {
        let error = Double(code - Self.means[1].values[index])
        sums[index] += error / Double(count)
        squares[index] += error * error / Double(count)
      }
    }
    for index in 0..<4 {
      let deviation = Double(exp(deviations.logarithms[4 + index]))
      #expect(abs(sums[index]) < 4 * deviation / Double(count).squareRoot())
      #expect(abs(squares[index].squareRoot() / deviation - 1) < 0.05)
    }
  }

  @Test("a code's draw is its own, whatever codes stand beside it")
  func independence() {
    let deviations = Self.deviations()
    var (alone, together) = (Self.means[1].values, [0, 1].flatMap { Self.means[$0].values })
    let random = SeededGenerator(seed: 5)
    _ = deviations.move(&alone, ofRows: [1], random: random)
    _ = deviations.move(&together, ofRows: [0, 1], random: random)
    #expect(Array(together[4...]) == alone && Array(together[..<4]) != Self.means[0].values)
  }

  static let configuration: TrainingConfiguration = {
    var configuration = TrainingFixture.configuration
    configuration.divergenceWeight = 1e-3
    return configuration
  }()

  @Test("certain codes and no weight are the plain training, to the last bit")
  func plain() {
    var configuration = Self.configuration
    configuration.divergenceWeight = 0
    var plain = TrainingFixture.trainer()
    var state = plain.state
    state.deviations = Self.deviations(
      [Float](repeating: -80, count: state.latents.values.count), of: state.latents)
    var variational = TrainingFixture.trainer(state: state, configuration: configuration)
    for _ in 0..<12 {
      #expect(variational.step(progress: 0.2).loss == plain.step(progress: 0.2).loss)
    }
    #expect(
      variational.state.hypernetwork.parameters.bitPatterns
        == plain.state.hypernetwork.parameters.bitPatterns)
    #expect(variational.state.latents.values.bitPatterns == plain.state.latents.values.bitPatterns)
    #expect(plain.state.deviations == nil && variational.state.deviations != nil)
  }

  @Test("the same bytes for any number of threads", arguments: [2, 3, 8])
  func threads(threadCount: Int) {
    let states = [1, threadCount].map { threads in
      var trainer = TrainingFixture.trainer(configuration: Self.configuration, threadCount: threads)
      for _ in 0..<12 { _ = trainer.step(progress: 0.3) }
      return trainer.state
    }
    #expect(states[0].isIdentical(to: states[1]))
    #expect(states[0].deviations == states[1].deviations)
  }

  @Test("what no picture decides goes back to the prior, and weight keeps codes nearer to it")
  func weights() throws {
    let found = try [Float(1e-5), 10].map { weight in
      var configuration = Self.configuration
      configuration.divergenceWeight = weight
      var trainer = TrainingFixture.trainer(configuration: configuration)
      for _ in 0..<150 { _ = trainer.step(progress: 0.3) }
      return try #require(trainer.state.meanDivergence)
    }
    #expect(found[1] < 0.1 && found[0] > 10 * found[1], "\(found)")
    #expect(TrainingFixture.trainer().state.meanDivergence == nil)
  }

  @Test("a deviation that no step made takes the training back")
  func damage() {
    var trainer = TrainingFixture.trainer(configuration: Self.configuration)
    for _ in 0..<3 { _ = trainer.step(progress: 0.3) }
    #expect(trainer.settle() == nil)
    var logarithms = trainer.state.deviations?.logarithms ?? []
    logarithms[2] += 5
    trainer.state.deviations = CodeDeviations(
      logarithms: logarithms, width: 5,
      optimizer: trainer.state.deviations?.optimizer ?? Adam(rowCount: 3, rowLength: 5))
    #expect(trainer.settle() == .rolledBack(.unsound))
  }
}
