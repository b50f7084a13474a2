import Foundation

/// The course of a path through its keys.
package enum PathCurve: String, Sendable, CaseIterable {
  /// Straight from key to key.
  case linear
  /// Along great circles, the length going evenly from key to key. (Shoemake 1985,
  /// https://doi.org/10.1145/325165.325242.)
  case spherical
  /// Smoothly through all keys. (Catmull and Rom 1974, uniform.)
  case spline

  /// What each key weighs at a place, the keys in order; at a key exactly 1 for it alone.
  ///
  /// - Parameters:
  ///   - key: the key before the place.
  ///   - share: of the way to the next one; beyond [0, 1] the path goes on as at its end, on a spline
  ///     straight.
  ///   - count: keys.
  ///   - closes: whether the first key follows the last.
  ///   - codes: the keys' vectors, of which a spherical path needs the lengths and angles.
  package func weights(
    after key: Int, share: Double, count: Int, closes: Bool, codes: [[Float]]
  ) -> [Double] {
    var weights = [Double](repeating: 0, count: count)
    let next = closes ? (key + 1) % count : min(key + 1, count - 1)
    guard share != 0, next != key else {
      weights[key] = 1
      return weights
    }
    guard share != 1 else {
      weights[next] = 1
      return weights
    }
    switch self {
    case .spline where (0...1).contains(share) && count > 2:
      let (u, u2, u3) = (share, share * share, share * share * share)
      func add(_ index: Int, _ weight: Double) {
        if closes {
          weights[(index + count) % count] += weight
        } else if index < 0 {
          // Beyond an end the path is thought to go straight on.
          weights[0] += 2 * weight
          weights[1] -= weight
        } else if index >= count {
          weights[count - 1] += 2 * weight
          weights[count - 2] -= weight
        } else {
          weights[index] += weight
        }
      }
      add(key - 1, 0.5 * (-u + 2 * u2 - u3))
      add(key, 0.5 * (2 - 5 * u2 + 3 * u3))
      add(key + 1, 0.5 * (u + 4 * u2 - 3 * u3))
      add(key + 2, 0.5 * (-u2 + u3))
    case .spherical:
      (weights[key], weights[next]) = Self.spherical(codes[key], codes[next], share: share)
    case .linear, .spline:
      weights[key] = 1 - share
      weights[next] = share
    }
    return weights
  }

  /// What two vectors weigh on the arc between them.
  ///
  ///     L(u) (sin((1 − u) θ) / sin θ · a/|a| + sin(u θ) / sin θ · b/|b|)    L(u) = (1 − u) |a| + u |b|
  ///
  /// with θ the angle between them. Vectors along one line, or of no length, go straight.
  private static func spherical(
    _ first: [Float], _ second: [Float], share: Double
  ) -> (Double, Double) {
    func product(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let lengths = (product(first, first).squareRoot(), product(second, second).squareRoot())
    guard lengths.0 > 0, lengths.1 > 0 else { return (1 - share, share) }
    let cosine = product(first, second) / (lengths.0 * lengths.1)
    let angle = acos(min(max(cosine, -1), 1))
    guard sin(angle) > 1e-4 else { return (1 - share, share) }
    let length = (1 - share) * lengths.0 + share * lengths.1
    return (
      length * sin((1 - share) * angle) / (sin(angle) * lengths.0),
      length * sin(share * angle) / (sin(angle) * lengths.1)
    )
  }
}
