import Checkpoints
import Testing

/// Both formats are checked at every one of their values, and at both sides of the middle between
/// every two neighbours, which is where rounding changes its mind.
@Suite("Half-precision storage")
struct HalfPrecisionTests {
  /// A sixteen-bit format.
  enum Format: CaseIterable {
    case float16
    case bfloat16

    /// The pattern of infinity; the finite magnitudes are those below.
    var infinity: UInt16 { self == .float16 ? 0x7C00 : 0x7F80 }

    func value(_ bits: UInt16) -> Float {
      self == .float16 ? Float(float16Bits: bits) : Float(bfloat16Bits: bits)
    }

    func bits(_ value: Float) -> UInt16 {
      self == .float16 ? value.float16Bits : value.bfloat16Bits
    }

    /// The value that IEEE 754 gives a finite magnitude: (1 + f / 2ᵖ) 2ᵉ, or f / 2ᵖ · 2ᵉ⁺¹ below.
    func reference(_ magnitude: UInt16) -> Double {
      let (fractionBits, bias) = self == .float16 ? (10, 15) : (7, 127)
      let exponent = Int(magnitude >> fractionBits)
      let fraction = Double(magnitude & (1 << fractionBits - 1))
      let scale = Double(
        sign: .plus, exponent: max(exponent, 1) - bias - fractionBits, significand: 1)
      return (fraction + (exponent == 0 ? 0 : Double(1 << fractionBits))) * scale
    }
  }

  @Test("every pattern has the value of the standard", arguments: Format.allCases)
  func values(format: Format) {
    for magnitude in 0..<format.infinity {
      #expect(Double(format.value(magnitude)) == format.reference(magnitude))
      #expect(Double(format.value(magnitude | 0x8000)) == -format.reference(magnitude))
    }
    #expect(format.value(0x8000).sign == .minus)
    #expect(format.value(format.infinity) == .infinity)
    #expect(format.value(format.infinity | 0x8000) == -.infinity)
  }

  @Test("every pattern comes back from its value", arguments: Format.allCases)
  func identity(format: Format) {
    for bits in 0...UInt16.max {
      let value = format.value(bits)
      if value.isNaN {
        #expect(format.value(format.bits(value)).isNaN)
      } else {
        #expect(format.bits(value) == bits)
      }
    }
  }

  @Test("values between neighbours go to the nearest, ties to even", arguments: Format.allCases)
  func rounding(format: Format) {
    for below in 0..<format.infinity - 1 {
      // Exact in Float: the middle has one bit more than its neighbours.
      let value = format.value(below)
      let middle = value + (format.value(below + 1) - value) / 2
      let even = below % 2 == 0 ? below : below + 1
      #expect(format.bits(middle) == even)
      #expect(format.bits(middle.nextDown) == below)
      #expect(format.bits(middle.nextUp) == below + 1)
      #expect(format.bits(-middle) == even | 0x8000)
    }
  }

  @Test("from halfway past the largest finite value on, values become infinite")
  func overflow() {
    #expect(Float(65_520).nextDown.float16Bits == 0x7BFF)
    #expect(Float(65_520).float16Bits == 0x7C00)
    #expect(Float.greatestFiniteMagnitude.float16Bits == 0x7C00)
    #expect((-Float.infinity).float16Bits == 0xFC00)
    #expect(Float.greatestFiniteMagnitude.bfloat16Bits == 0x7F80)
    #expect((-Float.infinity).bfloat16Bits == 0xFF80)
    #expect(Float.leastNonzeroMagnitude.float16Bits == 0)
    #expect((-Float.leastNonzeroMagnitude).float16Bits == 0x8000)
  }

  @Test("what is not a number stays none, also when its fraction is cut off")
  func notANumber() {
    let quiet = Float(bitPattern: 0x7F80_0001)
    #expect(Float(float16Bits: quiet.float16Bits).isNaN)
    #expect(Float(bfloat16Bits: quiet.bfloat16Bits).isNaN)
  }
}
