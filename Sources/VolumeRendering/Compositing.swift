package import Kernels

/// The colour, opacity and depth of one ray, gathered sample by sample from front to back.
///
///     αᵢ = 1 − exp(−σᵢ δ)    Tᵢ = ∏ⱼ₍ⱼ<ᵢ₎ (1 − αⱼ)    wᵢ = Tᵢ αᵢ
///     C = Σᵢ wᵢ cᵢ      opacity = Σᵢ wᵢ = 1 − T      depth = Σᵢ wᵢ tᵢ / Σᵢ wᵢ
///
/// (Max 1995; Mildenhall et al. 2020, eq. 3.) The sum runs front to back, so a ray that stops early
/// is a prefix of the same sum.
package struct RayAccumulator: Sendable, Hashable {
  /// T: the share of light from behind that still passes, 1…0.
  package private(set) var transmittance: Float = 1
  /// Σ w c: RGB without background, premultiplied by the ray's opacity.
  package private(set) var radiance: SIMD3<Float> = .zero
  /// Σ w t, scene units.
  package private(set) var weightedDistance: Float = 0

  package init() {}

  /// Adds one sample behind those before it.
  ///
  /// - Parameters:
  ///   - density: σ per scene unit, ≥ 0.
  ///   - interval: δ, scene units.
  ///   - distance: t along the ray, scene units.
  package mutating func add(
    density: Float, radiance sample: SIMD3<Float>, distance: Float, interval: Float
  ) {
    add(passing: Exponential.decay(density * interval), radiance: sample, distance: distance)
  }

  /// Adds one sample behind those before it, of which the share of light that passes it is known.
  ///
  /// - Parameter passing: e^(−σδ), 0…1.
  @inline(__always)
  package mutating func add(passing: Float, radiance sample: SIMD3<Float>, distance: Float) {
    let weight = transmittance * (1 - passing)
    radiance += sample * weight
    weightedDistance += weight * distance
    transmittance *= passing
  }

  package var opacity: Float { 1 - transmittance }

  /// Expected distance along the ray, scene units; 0 where nothing was met.
  package var expectedDepth: Float { opacity > 0 ? weightedDistance / opacity : 0 }
}

/// Compositing of whole rays for training: forward, and directly below it backward.
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
    var transmittances = transmittances.mutableSpan
    // First the share that passes each sample alone; these are then multiplied up.
    Exponential.passing(
      density: batch.density.span, range: range, interval: interval, &transmittances)
    let red = batch.red.span
    let green = batch.green.span
    let blue = batch.blue.span
    var transmittance: Float = 1
    var pixel: SIMD3<Float> = .zero
    for i in range {
      let passed = transmittance * transmittances[i]
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
