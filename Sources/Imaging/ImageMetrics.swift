import Foundation

/// How far apart two pictures of the same size are.
///
/// All channels count alike, alpha too, so pictures are composited over a background first where
/// only what is seen shall count. Sums are in `Double`.
package enum ImageMetrics {
  /// The mean squared difference of two pictures' samples.
  ///
  ///     MSE = 1/n Σᵢ (aᵢ − bᵢ)²
  ///
  /// - Precondition: the pictures have the same size and channels.
  package static func meanSquaredError(_ first: Image, _ second: Image) -> Double {
    checkSameShape(first, second)
    var sum = 0.0
    for index in first.samples.indices {
      let difference = Double(first.samples[index]) - Double(second.samples[index])
      sum += difference * difference
    }
    return sum / Double(first.samples.count)
  }

  /// The peak signal-to-noise ratio of two pictures whose greatest sample is 1, dB.
  ///
  ///     PSNR = −10 log₁₀ MSE
  ///
  /// Infinite where the pictures are equal.
  ///
  /// - Precondition: the pictures have the same size and channels.
  package static func psnr(_ first: Image, _ second: Image) -> Double {
    -10 * log10(meanSquaredError(first, second))
  }

  /// The mean structural similarity of two pictures whose greatest sample is 1; 1 where they are equal.
  ///
  ///     SSIM = (2 μₐ μ_b + C₁) (2 σₐb + C₂) / ((μₐ² + μ_b² + C₁) (σₐ² + σ_b² + C₂))
  ///     C₁ = (0.01)²    C₂ = (0.03)²
  ///
  /// (Wang, Bovik, Sheikh and Simoncelli 2004, eq. 13, <https://doi.org/10.1109/TIP.2003.819861>.)
  /// Means, variances and the covariance are weighted by a Gaussian window of 11×11 pixels and
  /// standard deviation 1.5, at every place where the window lies inside the picture; the result is
  /// the mean over these places and the channels. Where a side has fewer than 11 pixels the window
  /// is as long as the side, or one pixel shorter so that it has a middle.
  ///
  /// - Precondition: the pictures have the same size and channels.
  package static func ssim(_ first: Image, _ second: Image) -> Double {
    checkSameShape(first, second)
    let across = GaussianWindow(side: first.width)
    let down = GaussianWindow(side: first.height)
    var sum = 0.0
    var placeCount = 0
    for channel in 0..<first.channelCount {
      let a = plane(channel, of: first)
      let b = plane(channel, of: second)
      func windowed(_ values: [Double]) -> [Double] {
        down.alongColumns(
          across.alongRows(values, width: first.width),
          width: first.width - across.weights.count + 1)
      }
      let meanA = windowed(a)
      let meanB = windowed(b)
      let meanAA = windowed(zip(a, a).map { $0 * $1 })
      let meanBB = windowed(zip(b, b).map { $0 * $1 })
      let meanAB = windowed(zip(a, b).map { $0 * $1 })
      for place in meanA.indices {
        let (muA, muB) = (meanA[place], meanB[place])
        let varianceA = meanAA[place] - muA * muA
        let varianceB = meanBB[place] - muB * muB
        let covariance = meanAB[place] - muA * muB
        sum +=
          (2 * muA * muB + luminanceGuard) * (2 * covariance + contrastGuard)
          / ((muA * muA + muB * muB + luminanceGuard) * (varianceA + varianceB + contrastGuard))
      }
      placeCount += meanA.count
    }
    return sum / Double(placeCount)
  }

  /// C₁ and C₂, which keep the quotients finite in flat places.
  private static let luminanceGuard = 0.01 * 0.01
  private static let contrastGuard = 0.03 * 0.03

  private static func plane(_ channel: Int, of image: Image) -> [Double] {
    stride(from: channel, to: image.samples.count, by: image.channelCount).map {
      Double(image.samples[$0])
    }
  }

  private static func checkSameShape(_ first: Image, _ second: Image) {
    precondition(
      first.width == second.width && first.height == second.height
        && first.channelCount == second.channelCount,
      "found \(first.width)×\(first.height)×\(first.channelCount) and "
        + "\(second.width)×\(second.height)×\(second.channelCount), expected the same shape")
  }
}

/// One factor of the Gaussian window: weights that sum to 1.
private struct GaussianWindow {
  let weights: [Double]

  /// - Parameter side: pixels of the picture in this direction.
  init(side: Int) {
    let length = min(11, side - (side + 1) % 2)
    let standardDeviation = 1.5
    let raw = (0..<length).map { index in
      let distance = Double(index - length / 2) / standardDeviation
      return exp(-0.5 * distance * distance)
    }
    let sum = raw.reduce(0, +)
    weights = raw.map { $0 / sum }
  }

  /// Weighted means along rows, `[height × (width − length + 1)]`.
  func alongRows(_ values: [Double], width: Int) -> [Double] {
    let placeCount = width - weights.count + 1
    var result: [Double] = []
    result.reserveCapacity(values.count / width * placeCount)
    for rowStart in stride(from: 0, to: values.count, by: width) {
      for place in 0..<placeCount {
        var sum = 0.0
        for index in weights.indices { sum += weights[index] * values[rowStart + place + index] }
        result.append(sum)
      }
    }
    return result
  }

  /// Weighted means along columns, `[(height − length + 1) × width]`.
  func alongColumns(_ values: [Double], width: Int) -> [Double] {
    let placeCount = values.count / width - weights.count + 1
    var result = [Double](repeating: 0, count: placeCount * width)
    for row in 0..<placeCount {
      for index in weights.indices {
        for column in 0..<width {
          result[row * width + column] += weights[index] * values[(row + index) * width + column]
        }
      }
    }
    return result
  }
}
