/// How a latent is fitted.
package struct FitSettings: Sendable {
  /// Decides every random draw.
  package var seed: UInt64 = 42
  /// Intervals along the bound's diagonal.
  package var samplesPerDiagonal = 64
  /// The longest side of a picture that is fitted to, pixels; larger ones are reduced.
  package var pictureSide = 128

  /// Codes that are tried before one is chosen: the mean, and the nearest training codes.
  package var startCount = 3
  /// Steps that every start takes.
  package var startSteps = 30
  /// Steps that the chosen one takes after that.
  package var codeSteps = 170
  /// Rays per step.
  package var raysPerStep = 1024
  /// Adam's step size for the whitened code, in the prior's standard deviations.
  package var codeLearningRate: Float = 0.12
  /// The share of a step size that is left at the end.
  package var finalRateShare: Float = 0.05
  /// λ: the loss is the mean squared error + λ |y|² / (N d), y the whitened code of width d, for N
  /// pictures.
  package var priorWeight: Float = 1e-3
  /// The chance that a ray is a mirror image's, where the model's scenes are symmetric and there is
  /// one picture; it falls with the root of their number.
  package var mirrorShare: Float = 0.4
  /// Steps between looks at where density is.
  package var occupancyPeriod = 8
  /// The fit ends when a look at the loss is not this much better than the best for three looks.
  package var plateauShare = 0.002

  /// The rank of the change of each matrix.
  package var refineRank = 8
  /// Steps of a refinement, at most.
  package var refineSteps = 400
  package var refineLearningRate: Float = 6e-3
  /// λ of the refinement: the loss is the mean squared error + λ mean (ΔW / s)² / N, s the deviation of the
  /// tensor's weights over the training scenes.
  package var refineWeight: Float = 1e-3
  /// The share of the pixels that only tell when to stop.
  package var heldOutShare: Float = 0.1
  /// Steps between looks at the held-out pixels.
  package var heldOutPeriod = 20
  /// Looks without a gain after which a refinement ends.
  package var patience = 6

  /// Where cameras that are not known are looked for.
  package var search = CameraSearch()

  package init() {}
}
