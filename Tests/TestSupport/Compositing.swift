package import Kernels

/// Compositing of one whole ray, written plainly: forward, and directly below it backward.
///
/// What marching, sample by sample, and training, batch by batch, are compared with.
package enum Compositing {
  /// The pixel of one ray over a background.
  ///
  ///     C = Σᵢ wᵢ cᵢ + T_end background
  ///
  /// - Parameters:
  ///   - batch: evaluated samples.
  ///   - range: the ray's samples in the batch, front to back.
  ///   - interval: δ, scene units.
  ///   - transmittances: Tᵢ₊₁, what passes each sample, is written to the same range.
  package static func pixel(
    of batch: FieldBatch, range: Range<Int>, interval: Float, background: SIMD3<Float>,
    transmittances: inout [Float]
  ) -> SIMD3<Float> {
    let red = batch.red.span
    let green = batch.green.span
    let blue = batch.blue.span
    var transmittance: Float = 1
    var pixel: SIMD3<Float> = .zero
    for i in range {
      let passed = transmittance * Exponential.decay(batch.density[i] * interval)
      pixel += SIMD3(red[i], green[i], blue[i]) * (transmittance - passed)
      transmittance = passed
      transmittances[i] = passed
    }
    return pixel + background * transmittance
  }

  /// ∂L/∂σ and ∂L/∂c of one ray's samples, given g = ∂L/∂C.
  ///
  ///     ∂L/∂cᵢ = wᵢ g
  ///     ∂L/∂σᵢ = δ (Tᵢ₊₁ cᵢ·g − Sᵢ)      Sᵢ = Σⱼ₍ⱼ>ᵢ₎ wⱼ cⱼ·g + T_end background·g
  ///
  /// Runs back to front, so that Sᵢ is a running sum. Finite for any density, zero and infinite
  /// opacity included. Overwrites the range of `gradient`.
  package static func backward(
    pixelGradient g: SIMD3<Float>, of batch: FieldBatch, range: Range<Int>, interval: Float,
    background: SIMD3<Float>, transmittances: [Float], gradient: inout FieldOutputGradient
  ) {
    let end = range.isEmpty ? 1 : transmittances[range.upperBound - 1]
    var behind = end * (background * g).sum()
    for i in range.reversed() {
      let before = i == range.lowerBound ? 1 : transmittances[i - 1]
      let after = transmittances[i]
      let weight = before - after
      let slope = batch.red[i] * g.x + batch.green[i] * g.y + batch.blue[i] * g.z
      gradient.density[i] = interval * (after * slope - behind)
      gradient.red[i] = weight * g.x
      gradient.green[i] = weight * g.y
      gradient.blue[i] = weight * g.z
      behind += weight * slope
    }
  }
}
