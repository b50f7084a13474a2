import Foundation

extension SeededGenerator {
  /// One draw from the standard normal distribution.
  ///
  ///     √(−2 ln u₁) cos 2πu₂      (Box and Muller 1958)
  package mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(uniform()))).squareRoot()
    return Float(radius * cos(2 * .pi * Double(uniform())))
  }

  /// `count` draws from the normal distribution with mean zero.
  package mutating func normals(count: Int, standardDeviation: Float) -> [Float] {
    (0..<count).map { _ in normal() * standardDeviation }
  }
}
