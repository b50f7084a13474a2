import Kernels

/// ∂L/∂ of some of a hypernetwork's parameters, in the form in which the backward pass leaves it.
///
/// The weights of an affine map have an outer product as gradient, as large as the map itself; it is
/// formed where the optimizer needs it and kept nowhere.
enum ParameterGradient {
  /// Of an affine map: ∂L/∂W = slopesᵀ inputs, ∂L/∂b = Σ slopes.
  ///
  /// Slopes are ∂L/∂ of the map's outputs, `[batch × outputs]`; inputs are `[batch × inputs]`.
  case product(map: LinearMap, slopes: [Float], inputs: [Float], batch: Int)
  /// Of a stretch of parameters, entry by entry.
  case dense(values: [Float], offset: Int)

  /// A number that no entry of the gradient exceeds in magnitude; not finite where an entry may be so.
  ///
  ///     |Σ_b u_b x_b| ≤ B · max |u| · max |x|        and for the biases x = 1
  var bound: Double {
    switch self {
    case .product(_, let slopes, let inputs, let batch):
      Double(batch) * Double(slopes.span.largestMagnitude)
        * max(1, Double(inputs.span.largestMagnitude))
    case .dense(let values, _): Double(values.span.largestMagnitude)
    }
  }

  /// Takes one step of Adam with the parameters that it belongs to.
  func step(
    _ update: AdamUpdate, parameters: inout [Float], firstMoment: inout [Float],
    secondMoment: inout [Float], threadCount: Int
  ) {
    switch self {
    case .product(let map, let slopes, let inputs, let batch):
      map.learn(
        update, yGradient: slopes, of: inputs, batch: batch, parameters: &parameters,
        firstMoment: &firstMoment, secondMoment: &secondMoment, threadCount: threadCount)
    case .dense(let values, let offset):
      update.apply(
        to: &parameters, gradient: values.span, firstMoment: &firstMoment,
        secondMoment: &secondMoment, offset: offset, threadCount: threadCount)
    }
  }
}
