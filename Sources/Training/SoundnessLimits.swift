import NeuralFields

/// How far Adam can have moved what a training learns: more is damage, whatever the loss says.
///
///     |m| ≤ (1 − β₁) / √((1 − β₂) (1 − β₁²/β₂)) · √v = 2.35 √v       |Δθ| ≤ 2.35 η a step
///
/// (Both by Cauchy and Schwarz, from the sums that the two means are.) So one look at the state finds a
/// weight that was hit between steps, long before what it spoils has spread.
struct SoundnessLimits {
  /// η at the peak of the schedule.
  let learningRate: Float
  let codeLearningRate: Float
  /// The length that codes are kept at; nil where they are not.
  let codeLength: Float?

  /// Per step and unit of the rate; a little above 2.35.
  private static let reach: Float = 3
  /// What rounding may add, as a share of a value.
  private static let rounding: Float = 1e-4

  /// Whether a state can have become of an earlier one.
  func allow(_ state: TrainingState, after earlier: TrainingState) -> Bool {
    let steps = state.optimizer.stepCounts[0] - earlier.optimizer.stepCounts[0]
    let reach = Self.reach * learningRate * Float(max(steps, 0))
    return Self.isNear(
      state.hypernetwork.parameters.span, earlier.hypernetwork.parameters.span, reach: reach)
      && state.optimizer.isSound && state.codeOptimizer.isSound
      && allowCodes(state, after: earlier) && allowRecurrence(state, after: earlier)
      && allowDeviations(state, after: earlier)
      && allowAverage(
        state.average, after: earlier, reach: reach,
        codeReach: state.latents.names.indices.reduce(0) {
          max($0, codeReach(ofRow: $1, of: state, after: earlier))
        })
  }

  private func allowCodes(_ state: TrainingState, after earlier: TrainingState) -> Bool {
    let (values, others) = (state.latents.values.span, earlier.latents.values.span)
    return state.latents.names.indices.allSatisfy { row in
      let range = state.latents.range(ofRow: row)
      return Self.isNear(
        values.extracting(range), others.extracting(range),
        reach: codeReach(ofRow: row, of: state, after: earlier))
    }
  }

  /// What makes the keys of recurrent paths can have moved as weights and codes can, and the keys are
  /// what it makes.
  private func allowRecurrence(_ state: TrainingState, after earlier: TrainingState) -> Bool {
    guard let own = state.recurrence, let before = earlier.recurrence else { return true }
    let steps = own.optimizer.stepCounts[0] - before.optimizer.stepCounts[0]
    let reach = Self.reach * Float(max(steps, 0))
    var keys = state.latents
    own.unroll(into: &keys)
    return keys == state.latents && own.optimizer.isSound && own.codeOptimizer.isSound
      && Self.isNear(
        own.recurrence.parameters.span, before.recurrence.parameters.span,
        reach: reach * learningRate)
      && Self.isNear(own.codes.span, before.codes.span, reach: reach * codeLearningRate)
  }

  private func allowDeviations(_ state: TrainingState, after earlier: TrainingState) -> Bool {
    guard let found = state.deviations, let before = earlier.deviations else { return true }
    return found.optimizer.isSound
      && state.latents.names.indices.allSatisfy { row in
        let range = state.latents.range(ofRow: row)
        let steps = found.optimizer.stepCounts[row] - before.optimizer.stepCounts[row]
        return Self.isNear(
          found.logarithms.span.extracting(range), before.logarithms.span.extracting(range),
          reach: Self.reach * CodeDeviations.rateShare * codeLearningRate * Float(max(steps, 0)))
      }
  }

  private func codeReach(
    ofRow row: Int, of state: TrainingState, after earlier: TrainingState
  ) -> Float {
    // How far keys go follows from more than their own slopes.
    if state.recurrence?.makes(row: row) == true { return .infinity }
    let steps = state.codeOptimizer.stepCounts[row] - earlier.codeOptimizer.stepCounts[row]
    guard steps > 0 else { return 0 }
    // A code that is brought back to its length moves by twice that at most.
    return Self.reach * codeLearningRate * Float(steps) + 2 * (codeLength ?? 0)
  }

  private func allowAverage(
    _ average: WeightAverage?, after earlier: TrainingState, reach: Float, codeReach: Float
  ) -> Bool {
    guard let average, let before = earlier.average else { return true }
    return Self.isBetween(
      average.parameters.span, before.parameters.span, earlier.hypernetwork.parameters.span,
      reach: reach)
      && Self.isBetween(
        average.codes.span, before.codes.span, earlier.latents.values.span, reach: codeReach)
  }

  /// Whether a running mean lies between what it was and the values that it ran over since.
  private static func isBetween(
    _ mean: Span<Float>, _ earlierMean: Span<Float>, _ earlier: Span<Float>, reach: Float
  ) -> Bool {
    for index in mean.indices {
      let before = earlierMean[index]
      let most =
        (earlier[index] - before).magnitude + reach + rounding * max(1, before.magnitude)
      guard (mean[index] - before).magnitude <= most else { return false }
    }
    return true
  }

  private static func isNear(
    _ values: Span<Float>, _ others: Span<Float>, reach: Float
  ) -> Bool {
    guard values.count == others.count else { return false }
    for index in values.indices {
      let other = others[index]
      // What is not a number compares as false.
      guard (values[index] - other).magnitude <= reach + rounding * other.magnitude else {
        return false
      }
    }
    return true
  }
}

extension Adam {
  /// Whether the moments can be means of gradients and of their squares.
  var isSound: Bool {
    let (first, second) = (firstMoment.span, secondMoment.span)
    for index in first.indices {
      let (mean, square) = (first[index], second[index])
      // Squares of the smallest gradients are rounded to nothing.
      guard mean * mean <= 6 * square + 1e-30, square >= 0, square.isFinite else { return false }
    }
    return true
  }
}
