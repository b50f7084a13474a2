/// How a path of codes is fitted to a sequence.
package struct SequenceFitSettings: Sendable {
  /// Keys of the path, at most as many as there are times.
  package var keyCount = 12
  /// Weight of the roughness of the path's change since its start, in the prior's standard deviations.
  package var smoothness: Float = 1e-4
  /// Paths that are tried before one is chosen, and the steps that each of them takes.
  package var startCount = 3
  package var startSteps = 30
  /// Steps that the chosen one takes after that, at most.
  package var steps = 400
  /// Frames that a step looks at.
  package var framesPerStep = 4
  /// Adam's step size for the keys, in the prior's standard deviations.
  package var learningRate: Float = 0.06
  /// λ: the loss is the mean squared error + λ |y|² / d, y the whitened code of a frame, of width d.
  package var priorWeight: Float = 1e-3
  /// The share of the pixels that only tell when to stop.
  package var heldOutShare: Float = 0.1
  /// Steps between looks at the held-out pixels, and looks without a gain after which the fit ends.
  package var heldOutPeriod = 25
  package var patience = 4
  /// Frames that decide which start is the best, at most, and the rays of each.
  package var rankingFrames = 8
  package var rankingRays = 32

  package init() {}
}
