import Foundation
package import Kernels
package import NeuralFields

/// How certain the codes of a training are: each is the mean of a Gaussian, whose deviations are learned too.
///
///     q_k = N(μ_k, diag σ_k²)      z_k = μ_k + σ_k ε,  ε ~ N(0, I)
///     L = E[L_pictures(z)] + β/n Σ_k KL(q_k ‖ N(0, s² I))
///
/// (Kingma and Welling 2014, eq. 10, https://arxiv.org/abs/1312.6114, without an encoder: every scene's own
/// numbers are learned.) ε is drawn anew for every scene of every step, n is the number of a step's scenes.
/// What pictures do not decide goes back to the prior, so that N(0, s² I) is what codes are drawn from.
package struct CodeDeviations: Sendable, Hashable {
  /// log σ, `[codes × width]`.
  package private(set) var logarithms: [Float]
  package private(set) var optimizer: Adam
  private let width: Int

  /// Adam's step size for log σ, in that of the codes.
  static let rateShare: Float = 10
  /// σ at the start, in the prior's s.
  private static let initialShare: Float = 0.1

  /// Deviations as they were saved.
  ///
  /// - Precondition: there are as many logarithms as the optimizer has moments.
  package init(logarithms: [Float], width: Int, optimizer: Adam) {
    precondition(
      logarithms.count == optimizer.firstMoment.count,
      "found \(logarithms.count) deviations, expected \(optimizer.firstMoment.count)")
    self.logarithms = logarithms
    self.width = width
    self.optimizer = optimizer
  }

  /// The beginning: codes that are nearly certain.
  ///
  /// - Parameter priorDeviation: s.
  package init(of codes: LatentTable, priorDeviation: Float) {
    self.init(
      logarithms: [Float](
        repeating: log(Self.initialShare * priorDeviation), count: codes.values.count),
      width: codes.width,
      optimizer: Adam(rowCount: codes.names.count, rowLength: codes.width))
  }

  /// Moves means to where draws from their Gaussians lie.
  ///
  /// - Parameters:
  ///   - codes: μ of some rows, `[rows × width]`; becomes z.
  ///   - random: a row of it for each row, whatever the others are.
  /// - Returns: z − μ, of the same shape.
  package func move(
    _ codes: inout [Float], ofRows rows: [Int], random: SeededGenerator
  ) -> [Float] {
    var moves: [Float] = []
    moves.reserveCapacity(codes.count)
    for row in rows {
      var own = random.split(UInt64(row))
      for index in row * width..<(row + 1) * width {
        moves.append(exp(logarithms[index]) * own.normal())
      }
    }
    for index in codes.indices { codes[index] += moves[index] }
    return moves
  }

  /// What the Gaussians of a step cost, and where that and the pictures pull them.
  package struct Slopes {
    /// β/n Σ KL.
    package var penalty = 0.0
    /// ∂L/∂ log σ, `[rows × width]`.
    package var logarithms: [Float] = []
  }

  /// The slopes of some rows.
  ///
  ///     ∂L/∂μ = ∂L/∂z + β/n μ/s²      ∂L/∂ log σ = ∂L/∂z (z − μ) + β/n (σ²/s² − 1)
  ///
  /// - Parameters:
  ///   - moves: z − μ, as `move` returned them.
  ///   - means: the table with μ.
  ///   - gradient: ∂L/∂z, `[rows × width]`; becomes ∂L/∂μ.
  ///   - weight: β.
  package func slopes(
    ofRows rows: [Int], moves: [Float], means: LatentTable, priorDeviation: Float, weight: Float,
    gradient: inout [Float]
  ) -> Slopes {
    var slopes = Slopes()
    slopes.logarithms.reserveCapacity(moves.count)
    let scale = weight / Float(rows.count)
    for (place, row) in rows.enumerated() {
      let start = row * width
      slopes.penalty +=
        Double(scale)
        * Self.divergence(
          mean: means.values.span.extracting(start..<start + width),
          logarithms: logarithms.span.extracting(start..<start + width),
          priorDeviation: priorDeviation)
      for column in 0..<width {
        let (mean, deviation) = (
          means.values[start + column] / priorDeviation,
          exp(logarithms[start + column]) / priorDeviation
        )
        let index = place * width + column
        slopes.logarithms.append(
          gradient[index] * moves[index] + scale * (deviation * deviation - 1))
        gradient[index] += scale * mean / priorDeviation
      }
    }
    return slopes
  }

  /// Takes one step of some rows.
  ///
  /// - Parameter codeLearningRate: of the means.
  mutating func step(rows: [Int], slopes: Slopes, codeLearningRate: Float) {
    for (place, row) in rows.enumerated() {
      optimizer.step(
        &logarithms, row: row,
        gradient: slopes.logarithms.span.extracting(place * width..<(place + 1) * width),
        learningRate: Self.rateShare * codeLearningRate, threadCount: 1)
    }
  }

  /// KL(N(μ, diag σ²) ‖ N(0, s² I)), nats.
  ///
  ///     ½ Σ (σ²/s² + μ²/s² − 1 − log σ²/s²)
  package static func divergence(
    mean: Span<Float>, logarithms: Span<Float>, priorDeviation: Float
  ) -> Double {
    let prior = Double(priorDeviation)
    var sum = 0.0
    for index in mean.indices {
      let logarithm = Double(logarithms[index]) - log(prior)
      let scaled = Double(mean[index]) / prior
      sum += 0.5 * (exp(2 * logarithm) + scaled * scaled - 1) - logarithm
    }
    return sum
  }

  /// What a row's pictures have told about its code: its divergence from the prior, nats.
  package func divergence(ofRow row: Int, means: LatentTable, priorDeviation: Float) -> Double {
    let range = means.range(ofRow: row)
    return Self.divergence(
      mean: means.values.span.extracting(range), logarithms: logarithms.span.extracting(range),
      priorDeviation: priorDeviation)
  }
}

extension TrainingState {
  /// Has deviations where they are wanted, new ones where there are none yet.
  mutating func keepDeviations(_ areWanted: Bool) {
    guard areWanted else {
      deviations = nil
      return
    }
    deviations =
      deviations
      ?? CodeDeviations(of: latents, priorDeviation: hypernetwork.architecture.latentDeviation)
  }

  /// The slopes of some rows' deviations, and what the prior adds to those of their codes; none without deviations.
  ///
  /// - Parameters:
  ///   - moves: as `CodeDeviations.move` returned them.
  ///   - gradient: ∂L/∂z, `[rows × width]`; becomes ∂L/∂μ.
  func deviationSlopes(
    ofRows rows: [Int], moves: [Float], weight: Float?, gradient: inout [Float]
  ) -> CodeDeviations.Slopes {
    deviations?.slopes(
      ofRows: rows, moves: moves, means: latents,
      priorDeviation: hypernetwork.architecture.latentDeviation, weight: weight ?? 0,
      gradient: &gradient) ?? CodeDeviations.Slopes()
  }

  /// What pictures have told about the codes of scenes that are no variants, on average, nats; nil where codes
  /// have no deviations.
  package var meanDivergence: Double? {
    guard let deviations else { return nil }
    let rows = latents.ownRows
    return rows.reduce(0) {
      $0
        + deviations.divergence(
          ofRow: $1, means: latents,
          priorDeviation: hypernetwork.architecture.latentDeviation)
    } / Double(rows.count)
  }
}
