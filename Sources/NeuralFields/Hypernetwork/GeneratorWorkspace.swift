/// What a generator keeps between its forward and its backward pass, and its scratch memory.
///
/// Made once and used again by every pass of the same shape.
struct GeneratorWorkspace: Sendable {
  /// Outputs of the generator's last affine map, before they become weights, and ∂L/∂ of them.
  var outputs: [Float] = []
  var outputGradient: [Float] = []
  /// Sums of a layer inside the generator, their activations, and ∂L/∂ of the sums.
  var sums: [Float] = []
  var activations: [Float] = []
  var sumGradient: [Float] = []
  /// The part of those sums that comes from the features, and from the embeddings; ∂L/∂ of either.
  var fromFeatures: [Float] = []
  var fromEmbeddings: [Float] = []
  /// Parameters that are inputs of a map.
  var embeddings: [Float] = []
  /// ∂L/∂ of parameters that belong to no map.
  var dense: [Float] = []
  /// Gradients scene by scene, before they are added.
  var gradientsOfScenes: [Float] = []
  /// Partial sums of the maps' input gradients.
  var partials: [Float] = []
}
