import Foundation
package import Imaging
package import VolumeRendering

/// Where the true values of one view lie among what a posterior expects there.
///
///     F = 1/K Σₖ Φ((x − cₖ) / σₖ)        σₖ² = s² oₖ² + (½/255)²
///
/// F is the expected distribution at the true value x: a mixture of one Gaussian around what each draw
/// shows. Its deviation is the noise of covered pixels and the rounding of the picture's file. x lies in
/// the central band of a share p where |2 F − 1| ≤ p.
package struct PosteriorRanks: Sendable {
  private let truth: Image
  private let noise: Float
  private var count = 0
  private var sums: [Double]
  private var opacities: [Float]

  /// - Parameters:
  ///   - truth: RGB over white.
  ///   - noise: s.
  package init(truth: Image, noise: Float) {
    precondition(
      truth.channelCount == 3, "found \(truth.channelCount) channels, expected 3")
    self.truth = truth
    self.noise = noise
    sums = [Double](repeating: 0, count: truth.samples.count)
    opacities = [Float](repeating: 0, count: truth.width * truth.height)
  }

  /// Adds what one draw shows.
  package mutating func add(_ rendered: RenderedImage) {
    precondition(
      rendered.width == truth.width && rendered.height == truth.height,
      "found a picture of another size, expected \(truth.width)×\(truth.height)")
    count += 1
    let rounding: Float = 0.5 / 255
    for pixel in opacities.indices {
      let opacity = rendered.opacity[pixel]
      let colour = rendered.radiance[pixel] + SIMD3(repeating: 1 - opacity)
      let deviation = (noise * noise * opacity * opacity + rounding * rounding).squareRoot()
      for channel in 0..<3 {
        let place = 3 * pixel + channel
        let difference = Double((truth.samples[place] - colour[channel]) / deviation)
        sums[place] += 0.5 * erfc(-difference * 0.5.squareRoot())
      }
      opacities[pixel] += opacity
    }
  }

  /// |2 F − 1| of every value, `[height × width × 3]`.
  package var bands: [Double] {
    sums.map { abs(2 * $0 / Double(max(1, count)) - 1) }
  }

  /// Whether picture or draws show the object in a pixel, by more than a fiftieth.
  package func showsObject(_ pixel: Int) -> Bool {
    let seen = (0..<3).contains { truth.samples[3 * pixel + $0] < 1 - Self.leastShare }
    return seen || opacities[pixel] > Self.leastShare * Float(count)
  }

  private static let leastShare: Float = 0.02
}

/// How often true values lie inside a posterior's bands.
package struct Calibration: Sendable {
  /// Shares of the bands that are counted: 5 % … 95 %.
  package static let levels = (1...19).map { Double($0) / 20 }

  /// Values inside each level's band, and all values.
  private var inside = [Int](repeating: 0, count: levels.count)
  package private(set) var count = 0

  package init() {}

  /// Counts the values of a view.
  ///
  /// - Parameter isObjectOnly: whether only pixels count in which picture or draws show the object.
  package mutating func add(_ ranks: PosteriorRanks, isObjectOnly: Bool) {
    for (place, band) in ranks.bands.enumerated() {
      if isObjectOnly && !ranks.showsObject(place / 3) { continue }
      count += 1
      for (index, level) in Self.levels.enumerated() where band <= level { inside[index] += 1 }
    }
  }

  package mutating func add(_ other: Calibration) {
    count += other.count
    for index in inside.indices { inside[index] += other.inside[index] }
  }

  /// The share of the values inside the bands, in the order of `levels`.
  package var coverage: [Double] { inside.map { Double($0) / Double(max(1, count)) } }

  /// The share of the values inside the band of a share.
  ///
  /// - Precondition: it is one of `levels`.
  package func coverage(of level: Double) -> Double {
    guard let index = Self.levels.firstIndex(where: { abs($0 - level) < 1e-9 }) else {
      preconditionFailure("found level \(level), expected one of \(Self.levels)")
    }
    return coverage[index]
  }

  /// The mean over the levels of |share inside − level|.
  ///
  /// (Kuleshov et al. 2018, sec. 3.5, with absolute differences, https://arxiv.org/abs/1807.00263.)
  package var expectedError: Double {
    zip(coverage, Self.levels).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(Self.levels.count)
  }
}
