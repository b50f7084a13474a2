import Kernels

/// The hypernetwork's activation and its derivative.
///
///     φ(x) = x for x > 0, a x otherwise      a = 0.1
///
/// A slope below zero as well keeps every unit of a small batch of codes alive.
enum LeakyReLU {
  /// - Parameter values: brought to the length of `sums`, and overwritten.
  static func apply(to sums: [Float], into values: inout [Float]) {
    values.resize(to: sums.count)
    for index in sums.indices {
      values[index] =
        sums[index] > 0 ? sums[index] : HypernetworkInitialization.negativeSlope * sums[index]
    }
  }

  /// ∂L/∂φ(x) → ∂L/∂x, in place.
  static func multiplyByDerivative(_ gradient: inout [Float], at sums: [Float]) {
    for index in gradient.indices where sums[index] <= 0 {
      gradient[index] *= HypernetworkInitialization.negativeSlope
    }
  }
}
