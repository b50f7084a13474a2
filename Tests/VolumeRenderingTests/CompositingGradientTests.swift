import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Compositing, backward")
struct CompositingGradientTests {
  static let pixelGradient: SIMD3<Float> = [0.7, -1.3, 0.4]

  static func gradient(of ray: RaySamples, offset: Int = 5) -> FieldOutputGradient {
    let (_, transmittances) = ray.pixel(offset: offset)
    let batch = ray.batch(offset: offset)
    var gradient = FieldOutputGradient(capacity: batch.capacity)
    for index in 0..<batch.capacity {
      (gradient.density[index], gradient.red[index]) = (-3, -3)
      (gradient.green[index], gradient.blue[index]) = (-3, -3)
    }
    Compositing.backward(
      pixelGradient: pixelGradient, of: batch, range: offset..<offset + ray.density.count,
      interval: ray.interval, background: ray.background, transmittances: transmittances,
      gradient: &gradient)
    return gradient
  }

  @Test("derivatives agree with finite differences", arguments: CompositingTests.rays)
  func finiteDifferences(ray: RaySamples) {
    let count = ray.density.count
    let found = Self.gradient(of: ray)
    let expected = FiniteDifference.derivatives(
      of: { (ray.referencePixel($0) * SIMD3<Double>(Self.pixelGradient)).sum() },
      at: ray.inDouble, entries: Array(0..<4 * count), step: 1e-5)
    let own = 5..<5 + count
    #expect(
      Tolerance.share(
        Array(found.density[own]), Array(expected[..<count]), relative: 0, absolute: 1e-7) <= 1)
    for (channel, values) in [found.red, found.green, found.blue].enumerated() {
      let slopes = stride(from: count + channel, to: 4 * count, by: 3).map { expected[$0] }
      #expect(Tolerance.share(Array(values[own]), slopes, relative: 0, absolute: 1e-6) <= 1)
    }
  }

  @Test("the range is overwritten, and nothing beside it", arguments: CompositingTests.rays)
  func range(ray: RaySamples) {
    let (first, second) = (Self.gradient(of: ray), Self.gradient(of: ray, offset: 2))
    let count = ray.density.count
    for (a, b) in [
      (first.density, second.density), (first.red, second.red), (first.green, second.green),
      (first.blue, second.blue),
    ] {
      #expect(a[5..<5 + count].elementsEqual(b[2..<2 + count]))
      #expect(a[..<5].allSatisfy { $0 == -3 } && a[(5 + count)...].allSatisfy { $0 == -3 })
    }
  }

  @Test(
    "derivatives are finite at awkward points",
    arguments: [
      [0], [0, 0, 0], [.infinity], [1e38, 1e38], [0, .infinity, 5], [1e-38, 1e-30],
      [.leastNonzeroMagnitude, .greatestFiniteMagnitude],
    ] as [[Float]])
  func awkward(density: [Float]) {
    let gradient = Self.gradient(of: RaySamples(density: density))
    for values in [gradient.density, gradient.red, gradient.green, gradient.blue] {
      #expect(values.allSatisfy { $0.isFinite })
    }
  }

  @Test("no light, no gradient: behind an opaque sample all derivatives are zero")
  func behindOpaque() {
    let gradient = Self.gradient(of: RaySamples(density: [1, 1e10, 3, 0]))
    for values in [gradient.density, gradient.red, gradient.green, gradient.blue] {
      #expect(values[7] == 0 && values[8] == 0)
    }
    #expect(gradient.density[5] != 0)
  }
}
