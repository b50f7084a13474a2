import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Path curve") struct PathCurveTests {
  private static let count = 5
  private static let codes: [[Float]] = {
    var random = SeededGenerator(seed: 7)
    return (0..<count).map { _ in random.normals(count: 12, standardDeviation: 1) }
  }()

  /// The point of the path, and its derivative from differences.
  private func point(
    _ curve: PathCurve, _ key: Int, _ share: Double, closes: Bool = false
  ) -> [Double] {
    let weights = curve.weights(
      after: key, share: share, count: Self.count, closes: closes, codes: Self.codes)
    return (0..<12).map { index in
      zip(weights, Self.codes).reduce(0) { $0 + $1.0 * Double($1.1[index]) }
    }
  }

  @Test("a path is at each key exactly", arguments: PathCurve.allCases, [false, true])
  func keys(curve: PathCurve, closes: Bool) {
    for key in 0..<Self.count {
      for share in [0.0, 1.0] {
        let next = share == 0 ? key : closes ? (key + 1) % Self.count : min(key + 1, Self.count - 1)
        let weights = curve.weights(
          after: key, share: share, count: Self.count, closes: closes, codes: Self.codes)
        #expect(weights == (0..<Self.count).map { $0 == next ? 1 : 0 })
      }
    }
  }

  @Test("straight and smooth paths are sums whose weights add up to one", arguments: [false, true])
  func partition(closes: Bool) {
    for curve in [PathCurve.linear, .spline] {
      for key in 0..<Self.count - 1 {
        for share in [0.1, 0.5, 0.93] {
          let sum = curve.weights(
            after: key, share: share, count: Self.count, closes: closes, codes: []
          ).reduce(0, +)
          #expect(abs(sum - 1) < 1e-12)
        }
      }
    }
  }

  @Test("a smooth path has no corner at a key") func smoothness() {
    let h = 1e-5
    for key in 1..<Self.count - 1 {
      let before = zip(point(.spline, key - 1, 1), point(.spline, key - 1, 1 - h)).map {
        ($0 - $1) / h
      }
      let after = zip(point(.spline, key, h), point(.spline, key, 0)).map { ($0 - $1) / h }
      #expect(zip(before, after).allSatisfy { abs($0 - $1) < 1e-3 })
    }
  }

  @Test("a smooth path through points of a line stays on it at constant speed") func line() {
    let weights = PathCurve.spline.weights(
      after: 0, share: 0.3, count: 4, closes: false, codes: [])
    #expect(abs(zip(weights, [0, 1, 2, 3]).reduce(0) { $0 + $1.0 * $1.1 } - 0.3) < 1e-12)
  }

  @Test("on an arc the length and the angle go evenly") func arc() {
    func length(_ vector: [Double]) -> Double {
      vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    let lengths = [length(point(.spherical, 0, 0)), length(point(.spherical, 1, 0))]
    var steps: [Double] = []
    for index in 0..<10 {
      let share = Double(index) / 10
      let (a, b) = (point(.spherical, 0, share), point(.spherical, 0, share + 0.1))
      #expect(abs(length(a) - (lengths[0] + share * (lengths[1] - lengths[0]))) < 1e-5)
      steps.append(
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / (length(a) * length(b)))
    }
    #expect(steps.allSatisfy { abs($0 - steps[0]) < 1e-5 })
  }

  @Test("beyond its ends a straight path goes straight on") func extrapolation() {
    #expect(
      PathCurve.linear.weights(after: 0, share: -0.5, count: 2, closes: false, codes: []) == [
        1.5, -0.5,
      ])
    #expect(
      PathCurve.spline.weights(after: 0, share: 1.25, count: 2, closes: false, codes: []) == [
        -0.25, 1.25,
      ])
  }
}
