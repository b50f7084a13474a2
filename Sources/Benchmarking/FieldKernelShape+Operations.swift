package import Kernels

/// How many floating-point operations a field's evaluation takes.
///
/// A multiplication and an addition count as two, and only those of the layers' products count: neither
/// the encoding nor the activations.
extension FieldKernelShape {
  /// Of one sample, from position to density and radiance.
  package var forwardOperationCount: Int { 2 * multiplyAddCount }

  /// Of one sample's forward and backward pass.
  ///
  /// Backward, every layer has a product for the gradient of its weights and one for that of its inputs;
  /// the gradients of encoded positions and directions are not made.
  package var trainingOperationCount: Int {
    let encodedPosition = (3 + 6 * positionOctaves) * width
    let encodedDirection = directionOctaves.map { (3 + 6 * $0) * colourWidth } ?? 0
    return 2 * (3 * multiplyAddCount - encodedPosition - encodedDirection)
  }
}
