/// e^(−x), in plain multiplications and additions.
///
///     e^(−x) = 2ⁿ eʳ      n = round(−x / ln 2)      r = −x − n ln 2,  |r| ≤ ½ ln 2
///     eʳ ≈ Σₖ rᵏ / k!     k = 0…7: the rest is below 6·10⁻⁹
///
/// n ln 2 is subtracted in two parts, the first of which has so few digits that n times it is exact
/// (Cody and Waite 1980). Results below 2⁻¹²⁵ are 0; a number below zero counts as zero; what is
/// not a number stays so. `RayFront.composite` does the same operations on many numbers at once.
package enum Exponential {
  @inline(__always)
  package static func decay(_ x: Float) -> Float {
    let limited = x > 87 ? -87 : (x < 0 ? 0 : -x)
    // Adding 1.5·2²³ rounds to whole numbers, and leaves them in the lower bits.
    let shifted = limited * 1.442_695_04 + 12_582_912
    let n = shifted - 12_582_912
    let r = (limited - n * 0.693_359_375) + n * 2.121_944_4e-4
    var sum: Float = 1 / 5040
    sum = sum * r + 1 / 720
    sum = sum * r + 1 / 120
    sum = sum * r + 1 / 24
    sum = sum * r + 1 / 6
    sum = sum * r + 0.5
    sum = sum * r + 1
    sum = sum * r + 1
    let power = Float(bitPattern: (shifted.bitPattern &- 0x4B40_0000 &+ 127) &<< 23)
    return x > 87 ? 0 : sum * power
  }
}
