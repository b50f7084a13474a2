import Fitting
import Foundation
import Imaging
import Kernels
import Testing
import VolumeRendering

@Suite("Calibration") struct CalibrationTests {
  /// A picture of opaque pixels.
  static func rendered(_ colours: [SIMD3<Float>], opacity: Float = 1) -> RenderedImage {
    var image = RenderedImage(width: colours.count, height: 1, hasNormals: false)
    image.radiance = colours.map { $0 * opacity }
    image.opacity = [Float](repeating: opacity, count: colours.count)
    return image
  }

  @Test("mean and deviation of two draws are the closed form, noise included")
  func picture() {
    var picture = PosteriorPicture(width: 1, height: 1, background: [1, 1, 1], noise: 0.1)
    picture.add(Self.rendered([[0.2, 0.5, 0.6]]))
    picture.add(Self.rendered([[0.6, 0.5, 0.2]], opacity: 0.5))
    // Half of the second draw is the white behind it.
    let colours: [[Double]] = [[0.2, 0.5, 0.6], [0.8, 0.75, 0.6]]
    var variances: [Double] = []
    for channel in 0..<3 {
      let (first, second) = (colours[0][channel], colours[1][channel])
      let variance = (first - second) * (first - second) / 4 + 0.01 * (1 + 0.25) / 2
      variances.append(variance)
      #expect(abs(Double(picture.mean.samples[channel]) - (first + second) / 2) < 1e-6)
      #expect(abs(Double(picture.deviation.samples[channel]) - variance.squareRoot()) < 1e-6)
    }
    let overall = (variances.reduce(0, +) / 3).squareRoot()
    #expect(abs(Double(picture.overall[0]) - overall) < 1e-6)
    let noise = 0.01 * (1 + 0.25) / 2
    let spread = (variances.reduce(0, +) / 3 - noise).squareRoot()
    #expect(abs(Double(picture.spread[0]) - spread) < 1e-6)
  }

  @Test("the map is black where draws agree, grows with the deviation and ends in white")
  func map() {
    func map(_ difference: Float) -> [Float] {
      // The noise is not what the map is about.
      var picture = PosteriorPicture(width: 1, height: 1, background: [1, 1, 1], noise: 0.3)
      picture.add(Self.rendered([SIMD3(repeating: 0.5 - difference)]))
      picture.add(Self.rendered([SIMD3(repeating: 0.5 + difference)]))
      return picture.map.samples
    }
    #expect(map(0) == [0, 0, 0])
    let sums = [0, 0.03, 0.06, 0.12, 0.15].map { map($0).reduce(0, +) }
    #expect(sums == sums.sorted() && Set(sums).count == sums.count)
    #expect(map(0.2) == [1, 1, 1])
  }

  @Test("values drawn from what is expected lie inside each band as often as it says")
  func calibrated() {
    let noise: Float = 0.1
    let draws: [SIMD3<Float>] = [[0.3, 0.3, 0.3], [0.4, 0.4, 0.4], [0.8, 0.8, 0.8]]
    var random = SeededGenerator(seed: 71)
    let truth = Image(
      width: 3000, height: 1, channelCount: 3,
      samples: (0..<9000).map { _ in draws[random.index(below: 3)].x + noise * random.normal() })
    var ranks = PosteriorRanks(truth: truth, noise: noise)
    for draw in draws { ranks.add(Self.rendered([SIMD3<Float>](repeating: draw, count: 3000))) }
    var calibration = Calibration()
    calibration.add(ranks, isObjectOnly: true)
    #expect(calibration.count == 9000)
    for (level, share) in zip(Calibration.levels, calibration.coverage) {
      // Five standard errors, and the rounding of a file that was not there.
      #expect(abs(share - level) < 5 * (level * (1 - level) / 9000).squareRoot() + 0.004)
    }
    #expect(calibration.expectedError < 0.02)
  }

  @Test("draws that are sure and wrong cover nothing; empty background is right, and no object")
  func extremes() {
    let truth = Image(width: 2, height: 1, channelCount: 3, samples: [0, 0, 0, 1, 1, 1])
    var ranks = PosteriorRanks(truth: truth, noise: 0.01)
    var shown = Self.rendered([[0.5, 0.5, 0.5], [0, 0, 0]])
    shown.opacity[1] = 0
    for _ in 0..<4 { ranks.add(shown) }
    #expect(ranks.showsObject(0) && !ranks.showsObject(1))
    var (object, all) = (Calibration(), Calibration())
    object.add(ranks, isObjectOnly: true)
    all.add(ranks, isObjectOnly: false)
    #expect(object.count == 3 && object.coverage(of: 0.9) == 0)
    #expect(all.count == 6 && all.coverage(of: 0.5) == 0.5)
    var sum = Calibration()
    sum.add(object)
    sum.add(all)
    #expect(sum.count == 9 && abs(sum.coverage(of: 0.5) - 3.0 / 9) < 1e-12)
  }
}
