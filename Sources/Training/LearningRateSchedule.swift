import Foundation

/// The share of the peak learning rate at a point of the training.
///
///     warm-up: (step + 1) / warmupSteps, then   f + (1 − f) (1 + cos πp) / 2
///
/// p is the progress, 0…1, and f the share that is left at the end. (Loshchilov and Hutter 2017, eq. 5,
/// one period, https://arxiv.org/abs/1608.03983.)
package struct LearningRateSchedule: Sendable, Hashable {
  package var warmupSteps: Int
  package var finalShare: Float

  package init(warmupSteps: Int, finalShare: Float) {
    self.warmupSteps = warmupSteps
    self.finalShare = finalShare
  }

  /// - Parameters:
  ///   - step: steps done before this one.
  ///   - progress: the share of the budget that is used up, 0…1.
  package func share(step: Int, progress: Float) -> Float {
    let warmup = min(1, Float(step + 1) / Float(max(1, warmupSteps)))
    return warmup * (finalShare + (1 - finalShare) * (1 + cos(.pi * progress)) / 2)
  }
}
