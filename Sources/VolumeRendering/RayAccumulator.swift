import Kernels

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

  /// What a ray of a front has gathered.
  init(_ ray: RayFront.Veteran) {
    transmittance = ray.transmittance
    radiance = ray.radiance
    weightedDistance = ray.weightedDistance
  }

  /// Adds one sample behind those before it.
  ///
  /// - Parameters:
  ///   - density: σ per scene unit, ≥ 0.
  ///   - interval: δ, scene units.
  ///   - distance: t along the ray, scene units.
  package mutating func add(
    density: Float, radiance sample: SIMD3<Float>, distance: Float, interval: Float
  ) {
    let passing = Exponential.decay(density * interval)
    let weight = transmittance * (1 - passing)
    radiance += sample * weight
    weightedDistance += weight * distance
    transmittance *= passing
  }

  package var opacity: Float { 1 - transmittance }

  /// Expected distance along the ray, scene units; 0 where nothing was met.
  package var expectedDepth: Float { opacity > 0 ? weightedDistance / opacity : 0 }
}
