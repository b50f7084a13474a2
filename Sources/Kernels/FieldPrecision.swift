internal import CFieldKernels

/// The precision in which a field's network is evaluated and differentiated.
package enum FieldPrecision: String, Sendable, CaseIterable, Codable {
  /// Weights, activations and sums in 32 bits.
  case float32
  /// Weights, activations and their gradients with eight significant bits, sums in 32 bits: about
  /// twice as fast.
  case bfloat16

  /// Whether this CPU has the instructions: always for `float32`, AVX512_BF16 for `bfloat16`.
  package var isAvailable: Bool {
    switch self {
    case .float32: true
    case .bfloat16: fk_bfloat16_runs_here() != 0
    }
  }
}
