package import Kernels
package import NeuralFields

extension Checkpoint {
  /// The radiance field of a scene: of its code, and of what was changed since.
  ///
  /// A narrower field is a part of the whole one, changes and all.
  ///
  /// - Parameter width: of the hidden layers; nil for the whole field.
  /// - Precondition: the code has the model's length, changes fit the model's field, and the width is one
  ///   of the model's.
  package func field(
    for latent: SceneLatent, width: Int? = nil, precision: FieldPrecision = .float32,
    threadCount: Int = 1
  ) -> CoordinateMLP {
    field(of: weights(for: latent, threadCount: threadCount), width: width, precision: precision)
  }

  /// The field that some weights of the whole field make, in one of the model's widths.
  func field(
    of weights: FieldWeights, width: Int?, precision: FieldPrecision
  ) -> CoordinateMLP {
    guard let width, width != configuration.field.width else {
      return CoordinateMLP(
        architecture: configuration.field, bound: configuration.bound, weights: weights,
        precision: precision)
    }
    precondition(
      configuration.widths.contains(width),
      "found a width of \(width), expected one of \(configuration.widths)")
    return NestedField(width: width, in: configuration.field).field(
      of: weights.values.span, over: configuration.bound, precision: precision)
  }

  /// The weights of a scene's field.
  package func weights(for latent: SceneLatent, threadCount: Int = 1) -> FieldWeights {
    var weights = hypernetwork.weights(for: latent.code, threadCount: threadCount)
    for own in latent.changes {
      own.change.add(to: &weights, layout: configuration.field.layout, times: own.weight)
    }
    return weights
  }

  /// 16 lower-case hexadecimal digits that differ between models: of the configuration's text, the
  /// codes and the parameters.
  ///
  ///     h ← (h ⊕ word) · 1099511628211 mod 2⁶⁴, from 14695981039346656037 on
  ///
  /// (FNV-1a, Fowler, Noll and Vo, RFC 9923, here over 32-bit words: bytes of the text one by one, then
  /// bit patterns of the values as `Float`.) It finds files that were mixed up, not forgeries.
  package var fingerprint: String {
    var hash: UInt64 = 14_695_981_039_346_656_037
    func add(_ word: UInt32) { hash = (hash ^ UInt64(word)) &* 1_099_511_628_211 }
    for byte in configuration.text.utf8 { add(UInt32(byte)) }
    for value in latents.values { add(value.bitPattern) }
    for value in hypernetwork.parameters { add(value.bitPattern) }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
