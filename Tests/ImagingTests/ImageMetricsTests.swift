import Foundation
import Imaging
import Testing

@Suite("Image metrics")
struct ImageMetricsTests {
  static let shapes = [(1, 1, 1), (11, 11, 1), (12, 40, 3), (33, 17, 4), (10, 64, 2), (3, 2, 3)]

  @Test("a picture equals itself: no error, infinite PSNR, SSIM 1", arguments: shapes)
  func identity(shape: (Int, Int, Int)) {
    let image = randomImage(shape, seed: 1)
    #expect(ImageMetrics.meanSquaredError(image, image) == 0)
    #expect(ImageMetrics.psnr(image, image) == .infinity)
    #expect(ImageMetrics.ssim(image, image) == 1)
  }

  @Test("the order of the pictures does not matter", arguments: shapes)
  func symmetry(shape: (Int, Int, Int)) {
    let (a, b) = (randomImage(shape, seed: 2), randomImage(shape, seed: 3))
    #expect(ImageMetrics.meanSquaredError(a, b) == ImageMetrics.meanSquaredError(b, a))
    #expect(ImageMetrics.psnr(a, b) == ImageMetrics.psnr(b, a))
    #expect(abs(ImageMetrics.ssim(a, b) - ImageMetrics.ssim(b, a)) < 1e-14)
    #expect(ImageMetrics.ssim(a, b) < 1)
  }

  @Test(
    "a constant offset d has the error d² and the PSNR −20 log₁₀ d",
    arguments: [0.5, 0.25, 0.125, 1.0 / 1024], shapes)
  func constantOffset(offset: Double, shape: (Int, Int, Int)) {
    // Multiples of 1/1024 are exact in a float, and so is their difference.
    var a = randomImage(shape, seed: 4)
    a.samples = a.samples.map { ($0 * 512).rounded() / 1024 }
    var b = a
    b.samples = a.samples.map { $0 + Float(offset) }
    #expect(ImageMetrics.meanSquaredError(a, b) == offset * offset)
    #expect(abs(ImageMetrics.psnr(a, b) + 20 * log10(offset)) < 1e-12)
  }

  @Test("one wrong sample among n has the error d² over n")
  func oneSample() {
    let a = Image(width: 5, height: 4, channelCount: 3)
    var b = a
    b[column: 2, row: 1, channel: 1] = 0.5
    #expect(ImageMetrics.meanSquaredError(a, b) == 0.25 / 60)
  }

  @Test(
    "two flat pictures have the SSIM of their means alone",
    arguments: [(0.25, 0.5), (0.0, 1.0), (0.75, 0.875)])
  func flatPictures(a: Double, b: Double) {
    let first = Image(width: 20, height: 15, channelCount: 3, repeating: Float(a))
    let second = Image(width: 20, height: 15, channelCount: 3, repeating: Float(b))
    let expected = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4)
    #expect(abs(ImageMetrics.ssim(first, second) - expected) < 1e-9)
  }

  @Test("a picture against its negative has an SSIM below 0")
  func negative() {
    let a = randomImage((32, 32, 1), seed: 5)
    var b = a
    b.samples = a.samples.map { 1 - $0 }
    #expect(ImageMetrics.ssim(a, b) < -0.5)
  }

  @Test("the SSIM is that of the definition, window by window", arguments: shapes)
  func definition(shape: (Int, Int, Int)) {
    let a = randomImage(shape, seed: 6)
    var b = randomImage(shape, seed: 7)
    b.samples = zip(a.samples, b.samples).map { 0.8 * $0 + 0.2 * $1 }
    #expect(abs(ImageMetrics.ssim(a, b) - reference(a, b)) < 1e-12)
  }

  @Test("more noise is never better")
  func monotony() {
    let a = randomImage((40, 30, 3), seed: 8)
    let noise = randomImage((40, 30, 3), seed: 9)
    var previous = (psnr: Double.infinity, ssim: 1.0)
    for strength: Float in [0.05, 0.1, 0.2, 0.4] {
      var b = a
      b.samples = zip(a.samples, noise.samples).map { $0 + strength * ($1 - 0.5) }
      let (psnr, ssim) = (ImageMetrics.psnr(a, b), ImageMetrics.ssim(a, b))
      #expect(psnr < previous.psnr && ssim < previous.ssim)
      previous = (psnr, ssim)
    }
  }

  /// The definition, with a window of two dimensions and central moments at each place.
  private func reference(_ a: Image, _ b: Image) -> Double {
    let columns = min(11, a.width % 2 == 1 ? a.width : a.width - 1)
    let rows = min(11, a.height % 2 == 1 ? a.height : a.height - 1)
    var window: [[Double]] = (0..<rows).map { row in
      (0..<columns).map { column in
        let (x, y) = (Double(column - columns / 2), Double(row - rows / 2))
        return exp(-(x * x + y * y) / (2 * 1.5 * 1.5))
      }
    }
    let total = window.joined().reduce(0, +)
    window = window.map { $0.map { $0 / total } }
    var values: [Double] = []
    for channel in 0..<a.channelCount {
      for top in 0...a.height - rows {
        for left in 0...a.width - columns {
          func weightedMean(_ value: (Double, Double) -> Double) -> Double {
            var sum = 0.0
            for row in 0..<rows {
              for column in 0..<columns {
                let inA = a[column: left + column, row: top + row, channel: channel]
                let inB = b[column: left + column, row: top + row, channel: channel]
                sum += window[row][column] * value(Double(inA), Double(inB))
              }
            }
            return sum
          }
          let meanA = weightedMean { a, _ in a }
          let meanB = weightedMean { _, b in b }
          let varianceA = weightedMean { a, _ in (a - meanA) * (a - meanA) }
          let varianceB = weightedMean { _, b in (b - meanB) * (b - meanB) }
          let covariance = weightedMean { a, b in (a - meanA) * (b - meanB) }
          values.append(
            (2 * meanA * meanB + 1e-4) * (2 * covariance + 9e-4)
              / ((meanA * meanA + meanB * meanB + 1e-4) * (varianceA + varianceB + 9e-4)))
        }
      }
    }
    return values.reduce(0, +) / Double(values.count)
  }

  private func randomImage(_ shape: (Int, Int, Int), seed: UInt64) -> Image {
    var generator = TestGenerator(state: seed)
    return Image(
      width: shape.0, height: shape.1, channelCount: shape.2,
      samples: (0..<shape.0 * shape.1 * shape.2).map { _ in
        Float.random(in: 0...1, using: &generator)
      })
  }
}
