/// How fast a path goes between two keys.
package enum Easing: String, Sendable, CaseIterable {
  case linear
  /// Starts and ends at rest.
  case smooth
  /// Starts at rest.
  case `in`
  /// Ends at rest.
  case out
  /// Starts and ends at rest, for longer than `smooth` does.
  case inOut = "in-out"

  /// The share of the way after a share of the time; 0 at 0, 1 at 1, never backwards.
  ///
  /// - Parameter time: [0, 1].
  package func share(at time: Double) -> Double {
    let left = 1 - time
    return switch self {
    case .linear: time
    case .smooth: time * time * (3 - 2 * time)
    case .in: time * time
    case .out: 1 - left * left
    case .inOut: time < 0.5 ? 4 * time * time * time : 1 - 4 * left * left * left
    }
  }
}
