import Kernels

/// What turns a trunk's features into the weights of a target network, for a batch of scenes.
///
/// A generator owns a stretch of the hypernetwork's flat parameters, whose layout it publishes, and
/// knows of its target only the layout.
protocol WeightGenerator: Sendable {
  /// Draws the initial values of its own tensors.
  func initialize(_ parameters: inout [Float], generator: inout SeededGenerator)

  /// Features to weights.
  ///
  /// - Parameters:
  ///   - features: `[batch × featureWidth]`.
  ///   - weights: `[batch × target count]`, overwritten.
  ///   - workspace: keeps what `backward` wants to see again.
  func forward(
    features: [Float], batch: Int, parameters: [Float], weights: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  )

  /// ∂L/∂features, given ∂L/∂weights; leaves in the workspace what `forEachGradient` gives away.
  ///
  /// - Parameter featureGradient: `[batch × featureWidth]`, overwritten.
  func backward(
    weightGradient: [Float], batch: Int, parameters: [Float], featureGradient: inout [Float],
    workspace: inout GeneratorWorkspace, threadCount: Int
  )

  /// The gradients of all its parameters, after `backward`; arguments are as there.
  func forEachGradient(
    weightGradient: [Float], features: [Float], batch: Int, workspace: GeneratorWorkspace,
    _ body: (ParameterGradient) -> Void
  )
}

/// Fills a stretch of a flat array with normal draws.
func fillNormal(
  _ values: inout [Float], _ range: Range<Int>, deviation: Float,
  generator: inout SeededGenerator
) {
  for index in range { values[index] = generator.normal() * deviation }
}
