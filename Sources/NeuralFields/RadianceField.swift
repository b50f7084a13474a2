package import Kernels

/// A function from position and view direction to density and radiance.
///
///     (x, d) ↦ (σ, c)
///
/// (Mildenhall et al. 2020, sec. 3, https://arxiv.org/abs/2003.08934.) The ray marcher knows only
/// this: it renders a closed-form scene and a generated network alike. Evaluation is per batch, never
/// per sample, and may be called from many threads at once.
package protocol RadianceField: Sendable {
  /// The part of space outside which the field is empty.
  var bound: BoundingBox { get }

  /// Fills `density`, `red`, `green` and `blue` of the batch's first `count` samples.
  ///
  /// The result of a sample depends on that sample alone, never on its neighbours in the batch.
  func evaluate(_ batch: inout FieldBatch)
}
