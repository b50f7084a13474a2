import Foundation

/// The operations of the library in `Double`, as plain loops: what every fast path is held against.
package enum ReferenceMath {
  /// y = W x + b, with W `[outputs × inputs]` and b after it in one stretch of an array.
  package static func affine(
    _ parameters: [Double], weightOffset: Int, biasOffset: Int, outputs: Int, of x: [Double]
  ) -> [Double] {
    (0..<outputs).map { output in
      var sum = parameters[biasOffset + output]
      for input in x.indices {
        sum += parameters[weightOffset + output * x.count + input] * x[input]
      }
      return sum
    }
  }

  /// The positional encoding of a point.
  ///
  ///     γ(p) = (p, sin 2⁰πp, cos 2⁰πp, …, sin 2^(L−1)πp, cos 2^(L−1)πp)
  package static func positionalEncoding(_ p: SIMD3<Double>, octaves: Int) -> [Double] {
    var features = [p.x, p.y, p.z]
    for octave in 0..<octaves {
      let frequency = Double(1 << octave)
      // Whole turns are taken out first: 2ᵏp − 2n is exact, a product with π is not.
      let turns = (0..<3).map { (p[$0] * frequency).remainder(dividingBy: 2) }
      features += turns.map { sin(.pi * $0) }
      features += turns.map { cos(.pi * $0) }
    }
    return features
  }

  package static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

  package static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  package static func leakyReLU(_ x: Double) -> Double { x > 0 ? x : 0.1 * x }

  /// One sample of a ray: σ per scene unit, and radiance.
  package struct Sample: Sendable {
    package var density: Double
    package var radiance: SIMD3<Double>

    package init(density: Double, radiance: SIMD3<Double>) {
      self.density = density
      self.radiance = radiance
    }
  }

  /// The colour of a ray, its samples composited front to back.
  ///
  ///     C = Σᵢ Tᵢ (1 − e^(−σᵢδ)) cᵢ + T_end background
  package static func pixel(
    of samples: [Sample], interval: Double, background: SIMD3<Double>
  ) -> SIMD3<Double> {
    var opticalDepth = 0.0
    var pixel = SIMD3<Double>.zero
    for sample in samples {
      let before = exp(-opticalDepth)
      pixel += sample.radiance * (before * -expm1(-sample.density * interval))
      opticalDepth += sample.density * interval
    }
    return pixel + background * exp(-opticalDepth)
  }

  /// The mean over the channels of the squared error: |C − target|² / 3.
  package static func squaredError(_ pixel: SIMD3<Double>, target: SIMD3<Double>) -> Double {
    let error = pixel - target
    return (error * error).sum() / 3
  }

  /// Adam (Kingma and Ba 2015, algorithm 1) for one number.
  package struct Adam: Sendable {
    package var value: Double
    package private(set) var firstMoment = 0.0
    package private(set) var secondMoment = 0.0
    private var step = 0

    package init(value: Double) {
      self.value = value
    }

    package mutating func descend(
      gradient: Double, learningRate: Double, beta1: Double, beta2: Double, epsilon: Double
    ) {
      step += 1
      firstMoment = beta1 * firstMoment + (1 - beta1) * gradient
      secondMoment = beta2 * secondMoment + (1 - beta2) * gradient * gradient
      let mean = firstMoment / (1 - pow(beta1, Double(step)))
      let square = secondMoment / (1 - pow(beta2, Double(step)))
      value -= learningRate * mean / (square.squareRoot() + epsilon)
    }
  }
}
