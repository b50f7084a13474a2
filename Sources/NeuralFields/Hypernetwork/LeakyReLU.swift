/// The hypernetwork's activation and its derivative.
///
///     φ(x) = x for x > 0, a x otherwise      a = 0.1
///
/// A slope below zero as well keeps every unit of a small batch of codes alive.
enum LeakyReLU {
  static func values(of sums: [Float]) -> [Float] {
    sums.map { $0 > 0 ? $0 : HypernetworkInitialization.negativeSlope * $0 }
  }

  /// ∂L/∂φ(x) → ∂L/∂x, in place.
  static func multiplyByDerivative(_ gradient: inout [Float], at sums: [Float]) {
    for index in gradient.indices where sums[index] <= 0 {
      gradient[index] *= HypernetworkInitialization.negativeSlope
    }
  }
}
