extension Trainer {
  /// What one step did.
  package struct StepReport: Sendable {
    /// Mean squared error per channel over the step's rays.
    package let loss: Double
    /// What the change of the held fields' weights adds to the loss.
    package let change: Double
    package let rayCount: Int
    package let sampleCount: Int
    /// Whether the step was left out because a number was not finite.
    package let wasSkipped: Bool
    /// Whether its gradient was cut to a length that is not far above what is usual.
    package let wasClipped: Bool
    /// What became of the training's state.
    package let outcome: TrainingGuard.Outcome
    /// Where its processor time went; nil unless it was asked for.
    package let seconds: PhaseSeconds?
  }
}
