package import Datasets
package import NeuralFields

/// A path through latents: mixes at times, and the course between them.
package struct LatentTrack: Sendable, Equatable {
  /// One per key.
  package var mixes: [LatentMix]
  package var times: KeyTimes
  package var curve: PathCurve

  /// ψ of `LatentMix.truncated(to:)`, for the whole path.
  package var truncation: Float

  /// Where in their own motion moving scenes are at each key; nil for the beginning at all of them.
  ///
  /// Between keys the motion goes on evenly, or as the keys' easing says.
  package var sceneTimes: [Double]?

  /// - Precondition: there is one mix per key, and one scene time where there are some.
  package init(
    mixes: [LatentMix], times: KeyTimes, curve: PathCurve = .linear, truncation: Float = 1,
    sceneTimes: [Double]? = nil
  ) {
    precondition(
      sceneTimes.map { $0.count == mixes.count } ?? true,
      "found \(sceneTimes?.count ?? 0) scene times, expected \(mixes.count)")
    self.sceneTimes = sceneTimes
    precondition(
      mixes.count == times.keys.count,
      "found \(mixes.count) mixes, expected one for each of \(times.keys.count) keys")
    self.mixes = mixes
    self.times = times
    self.curve = curve
    self.truncation = truncation
  }

  /// The latent at a time.
  ///
  /// - Parameter library: knows every source of the path.
  package func mix(at time: Double, in library: LatentLibrary) -> LatentMix {
    let (key, share) = times.place(at: time)
    return mix(after: key, share: share, in: library)
      .moment(at: sceneTime(after: key, share: share), of: library.trajectories)
      .truncated(to: truncation)
  }

  /// Straight from key to key, and on to the first where the path closes.
  private func sceneTime(after key: Int, share: Double) -> Double {
    guard let sceneTimes else { return 0 }
    let next = sceneTimes[(key + 1) % sceneTimes.count]
    return sceneTimes[key] + share * (next - sceneTimes[key])
  }

  private func mix(after key: Int, share: Double, in library: LatentLibrary) -> LatentMix {
    // A motion that is played: weights that add up to 1 but for rounding would not give its keys exactly.
    if sceneTimes != nil, mixes.allSatisfy({ $0 == mixes[0] }) { return mixes[0] }
    let codes = curve == .spherical ? mixes.map { library.latent(of: $0).code.values } : []
    let weights = curve.weights(
      after: key, share: share, count: mixes.count, closes: times.closingTime != nil, codes: codes)
    let terms = zip(mixes, weights).filter { $0.1 != 0 }
    return LatentMix(sumOf: terms.map { ($0.0, Float($0.1)) })
  }

  /// The path begun before its first key and led on beyond its last.
  ///
  /// - Parameter share: of the way to the neighbouring key, ≥ 0.
  /// - Precondition: the path does not close.
  package func extrapolated(by share: Double, in library: LatentLibrary) -> LatentTrack {
    precondition(times.closingTime == nil, "found a path that closes, expected one with ends")
    guard share > 0, mixes.count > 1 else { return self }
    var result = self
    result.mixes[0] = mix(after: 0, share: -share, in: library)
    result.mixes[mixes.count - 1] = mix(after: mixes.count - 2, share: 1 + share, in: library)
    return result
  }
}
