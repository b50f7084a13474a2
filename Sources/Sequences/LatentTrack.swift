import NeuralFields

/// A path through latents: mixes at times, and the course between them.
package struct LatentTrack: Sendable, Equatable {
  /// One per key.
  package var mixes: [LatentMix]
  package var times: KeyTimes
  package var curve: PathCurve

  /// ψ of `LatentMix.truncated(to:)`, for the whole path.
  package var truncation: Float

  /// - Precondition: there is one mix per key.
  package init(
    mixes: [LatentMix], times: KeyTimes, curve: PathCurve = .linear, truncation: Float = 1
  ) {
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
    return mix(after: key, share: share, in: library).truncated(to: truncation)
  }

  private func mix(after key: Int, share: Double, in library: LatentLibrary) -> LatentMix {
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
