/// e^(−x) for many numbers at once, in plain multiplications and additions.
///
///     e^(−x) = 2ⁿ eʳ      n = round(−x / ln 2)      r = −x − n ln 2,  |r| ≤ ½ ln 2
///     eʳ ≈ Σₖ rᵏ / k!     k = 0…7: the rest is below 6·10⁻⁹
///
/// n ln 2 is subtracted in two parts, the first of which has so few digits that n times it is exact
/// (Cody and Waite 1980). Results below 2⁻¹²⁵ are 0; a number below zero counts as zero; what is
/// not a number stays so. Each lane's result depends on that lane alone, so one number alone and
/// the same number among others give the same bits.
package enum Exponential {
  package typealias Lanes = SIMD8<Float>

  @inline(__always)
  package static func decay(_ x: Lanes) -> Lanes {
    let limited = (-x).replacing(with: 0, where: x .< 0).replacing(with: -87, where: x .> 87)
    // Adding 1.5·2²³ rounds to whole numbers, and leaves them in the lower bits.
    let shifted = limited * 1.442_695_04 + 12_582_912
    let n = shifted - 12_582_912
    let r = (limited - n * 0.693_359_375) + n * 2.121_944_4e-4
    var sum = Lanes(repeating: 1 / 5040)
    sum = sum * r + 1 / 720
    sum = sum * r + 1 / 120
    sum = sum * r + 1 / 24
    sum = sum * r + 1 / 6
    sum = sum * r + 0.5
    sum = sum * r + 1
    sum = sum * r + 1
    let bits = unsafe unsafeBitCast(shifted, to: SIMD8<Int32>.self)
    let power = unsafe unsafeBitCast((bits &- 0x4B40_0000 &+ 127) &<< 23, to: Lanes.self)
    return (sum * power).replacing(with: 0, where: x .> 87)
  }

  @inline(__always)
  package static func decay(_ x: Float) -> Float { decay(Lanes(repeating: x))[0] }
}

extension Exponential {
  /// The share of light that passes each of some samples: e^(−σᵢ δ).
  ///
  /// - Parameters:
  ///   - density: σ per scene unit.
  ///   - range: the samples; written to the same range of `passing`.
  ///   - interval: δ, scene units.
  package static func passing(
    density: Span<Float>, range: Range<Int>, interval: Float, _ passing: inout MutableSpan<Float>
  ) {
    var first = range.lowerBound
    while first &+ 8 <= range.upperBound {
      let lanes = Lanes(
        density[first], density[first &+ 1], density[first &+ 2], density[first &+ 3],
        density[first &+ 4], density[first &+ 5], density[first &+ 6], density[first &+ 7])
      let result = decay(lanes * interval)
      for lane in 0..<8 { passing[first &+ lane] = result[lane] }
      first &+= 8
    }
    let rest = range.upperBound - first
    guard rest > 0 else { return }
    var lanes = Lanes.zero
    for lane in 0..<rest { lanes[lane] = density[first &+ lane] }
    let result = decay(lanes * interval)
    for lane in 0..<rest { passing[first &+ lane] = result[lane] }
  }
}
