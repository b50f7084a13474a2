/// Sixteen-bit storage of floats: IEEE 754 binary16 and bfloat16, from and to their bits.
///
/// Both directions work on bits, so that every platform gives the same bytes. Widening is exact.
/// Narrowing rounds to the nearest value, ties to even, and what is too large becomes infinite:
/// from 65,520 on in binary16.
extension Float {
  /// The value of a binary16: 1 sign bit, 5 of exponent, 10 of fraction.
  package init(float16Bits bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    switch magnitude {
    case 0x7C00...:
      self.init(bitPattern: sign | 0x7F80_0000 | ((magnitude & 0x3FF) << 13))
    case 0x0400...:
      // The exponents' biases differ by 127 − 15 = 112.
      self.init(bitPattern: sign | ((magnitude << 13) + (112 << 23)))
    default:
      // A subnormal binary16 is fraction · 2⁻²⁴, a normal number here.
      self.init(bitPattern: sign | (Float(magnitude) * 0x1p-24).bitPattern)
    }
  }

  /// The value of a bfloat16: the upper half of a `Float`.
  package init(bfloat16Bits bits: UInt16) {
    self.init(bitPattern: UInt32(bits) << 16)
  }

  /// The nearest binary16.
  package var float16Bits: UInt16 {
    let sign = UInt16(truncatingIfNeeded: bitPattern >> 16) & 0x8000
    let magnitude = bitPattern & 0x7FFF_FFFF
    switch magnitude {
    case 0x7F80_0001...:
      return sign | 0x7E00 | UInt16((magnitude >> 13) & 0x3FF)
    case 0x4780_0000...:
      return sign | 0x7C00
    case 0x3880_0000...:
      // At least 2⁻¹⁴: a carry out of the fraction is meant to reach the exponent, up to infinity.
      let rebiased = magnitude - (112 << 23)
      return sign | UInt16((rebiased + 0xFFF + ((rebiased >> 13) & 1)) >> 13)
    default:
      let fraction = (Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven)
      return sign | UInt16(fraction)
    }
  }

  /// The nearest bfloat16.
  package var bfloat16Bits: UInt16 {
    if isNaN { return UInt16(bitPattern >> 16) | 0x0040 }
    return UInt16((bitPattern + 0x7FFF + ((bitPattern >> 16) & 1)) >> 16)
  }
}
