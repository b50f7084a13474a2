/// Watches the numbers of a training, and takes it back to a good state when they go wrong.
///
/// A step whose loss or gradient is not finite is skipped. A gradient of ten times its usual norm is cut to
/// that. Three bad steps in fifty, fifty steps in a row with five times the usual loss, or a state that no
/// optimizer could have made, and the training goes back to its last good state and leaves out the batches
/// since. (The restarts of Chowdhery et al. 2022, sec. 5.1, https://arxiv.org/abs/2204.02311.) Where that
/// happens again within two hundred steps, it learns at half the rate for as long: one number that went
/// wrong says nothing of the rate. What is usual is the median of the last hundred good steps.
package struct TrainingGuard: Sendable {
  /// The state to go back to.
  package private(set) var lastGood: TrainingState
  /// How the training has gone lately.
  package private(set) var record: Record

  /// Everything that a guard remembers but the state to go back to.
  package struct Record: Sendable, Hashable {
    /// Norms of gradients and losses of the last good steps, the latest last.
    package var norms: [Float] = []
    package var losses: [Float] = []
    /// Steps in a row, up to the last, whose loss was far above what is usual.
    package var explodedStepCount = 0
    /// The batches of late whose loss or gradient was not finite.
    package var badBatches: [Int] = []
    /// Batches that were left out: a step's batch has the step's number and so many more.
    package var skippedBatchCount = 0
    /// Steps after going back in which it must not be necessary again; the rate is halved where it was.
    package var slowStepCount = 0
    /// Steps back since the training last went well for long.
    package var rollbackCount = 0

    package init() {}
  }

  /// What the numbers of a step, or of the state after it, led to.
  package enum Outcome: Sendable, Hashable {
    case taken
    case skipped
    /// Back to the last good state.
    case rolledBack(Reason)
  }

  /// Why a training went back; the raw value is its name in messages.
  package enum Reason: String, Sendable, Hashable {
    case notFinite = "its loss or gradients were not finite"
    case exploded = "its loss had exploded"
    case unsound = "its weights were none that training makes"
  }

  package init(lastGood: TrainingState, record: Record = Record()) {
    self.lastGood = lastGood
    self.record = record
  }

  /// Steps between two looks at the whole state, which makes it the one to go back to.
  package static let period = 100
  /// Good steps that decide what is usual, and how many of them it takes.
  package static let windowLength = 100
  private static let leastCount = 20
  private static let largestNormRatio: Float = 10
  private static let largestLossRatio: Float = 5
  private static let mostExplodedSteps = 50
  private static let badWindowLength = 50
  private static let mostBadSteps = 3
  private static let slowStepCount = 200
  private static let mostRollbacks = 5

  /// Whether going back has not helped: the training should end.
  package var hasGivenUp: Bool { record.rollbackCount >= Self.mostRollbacks }

  /// The batch of a step: a random stream of its own.
  func batch(ofStep step: Int) -> Int { step + record.skippedBatchCount }

  /// Whether the learning rates are halved.
  package var learnsSlowly: Bool { record.slowStepCount > 0 && record.rollbackCount > 1 }

  /// What is left of the learning rates.
  var rateShare: Float { learnsSlowly ? 0.5 : 1 }

  /// What to multiply a gradient of some norm by: below 1 only where it is far above what is usual.
  func gradientScale(norm: Float) -> Float {
    guard record.norms.count >= Self.leastCount else { return 1 }
    let largest = Self.largestNormRatio * record.norms.median
    return norm > largest ? largest / norm : 1
  }

  /// The numbers of a step that decide about it.
  struct StepNumbers {
    let batch: Int
    let loss: Double
    let norm: Float
    let isFinite: Bool
  }

  /// Judges a step that was just taken or skipped, and keeps or replaces the state.
  mutating func judge(
    _ numbers: StepNumbers, state: inout TrainingState, limits: SoundnessLimits
  ) -> Outcome {
    record.badBatches.removeAll { $0 <= numbers.batch - Self.badWindowLength }
    guard numbers.isFinite else {
      record.badBatches.append(numbers.batch)
      if record.badBatches.count >= Self.mostBadSteps { return rollBack(&state, .notFinite) }
      // A step that fails because the state is broken would fail again.
      return settle(&state, limits: limits) ?? .skipped
    }
    if isExploded(Float(numbers.loss)) {
      record.explodedStepCount += 1
      if record.explodedStepCount >= Self.mostExplodedSteps { return rollBack(&state, .exploded) }
    } else {
      record.explodedStepCount = 0
      record.losses.remember(Float(numbers.loss), atMost: Self.windowLength)
      record.norms.remember(numbers.norm, atMost: Self.windowLength)
    }
    if record.slowStepCount > 0 {
      record.slowStepCount -= 1
      if record.slowStepCount == 0 { record.rollbackCount = 0 }
    }
    if state.step % Self.period == 0 {
      if let outcome = settle(&state, limits: limits) { return outcome }
      if record.explodedStepCount == 0 && record.badBatches.isEmpty { lastGood = state }
    }
    return .taken
  }

  /// Goes back if the state is none that the optimizer could have made of the last good one.
  ///
  /// - Returns: nil where it stays as it is.
  mutating func settle(_ state: inout TrainingState, limits: SoundnessLimits) -> Outcome? {
    limits.allow(state, after: lastGood) ? nil : rollBack(&state, .unsound)
  }

  private func isExploded(_ loss: Float) -> Bool {
    record.losses.count >= Self.leastCount
      && loss > Self.largestLossRatio * record.losses.median
  }

  private mutating func rollBack(_ state: inout TrainingState, _ reason: Reason) -> Outcome {
    let nextBatch = batch(ofStep: state.step)
    let skippedStepCount = state.skippedStepCount
    state = lastGood
    state.skippedStepCount = skippedStepCount
    record.skippedBatchCount = nextBatch - state.step
    record.slowStepCount = Self.slowStepCount
    record.rollbackCount += 1
    record.explodedStepCount = 0
    record.badBatches = []
    return .rolledBack(reason)
  }
}

extension [Float] {
  /// The value in the middle; of an even number of them the upper of the two.
  fileprivate var median: Float { sorted()[count / 2] }

  /// Adds a value, and forgets the oldest beyond a number of them.
  fileprivate mutating func remember(_ value: Float, atMost limit: Int) {
    append(value)
    if count > limit { removeFirst(count - limit) }
  }
}
