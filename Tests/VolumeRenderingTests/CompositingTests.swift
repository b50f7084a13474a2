import Foundation
import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

/// Random samples of one ray, and the ways to composite them.
struct RaySamples {
  var density: [Float]
  var radiance: [SIMD3<Float>]
  let interval: Float = 0.05
  let background: SIMD3<Float> = [0.2, 0.9, 0.4]

  init(count: Int, largestDensity: Float, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    density = (0..<count).map { _ in random.uniform() * largestDensity }
    radiance = (0..<count).map { _ in [random.uniform(), random.uniform(), random.uniform()] }
  }

  init(density: [Float]) {
    self.init(count: density.count, largestDensity: 1, seed: 3)
    self.density = density
  }

  /// The samples amid others of their batch, which are no part of the ray.
  func batch(offset: Int = 5) -> FieldBatch {
    var batch = FieldBatch(capacity: density.count + 2 * offset)
    for index in 0..<batch.capacity {
      batch.append(position: .zero, direction: [0, 0, 1])
      let sample = index - offset
      let isOwn = density.indices.contains(sample)
      batch.density[index] = isOwn ? density[sample] : 7
      let colour = isOwn ? radiance[sample] : [0.9, 0.1, 0.3]
      (batch.red[index], batch.green[index], batch.blue[index]) = (colour.x, colour.y, colour.z)
    }
    return batch
  }

  func pixel(offset: Int = 5) -> (colour: SIMD3<Float>, transmittances: [Float]) {
    let batch = batch(offset: offset)
    var transmittances = [Float](repeating: -1, count: batch.capacity)
    let colour = Compositing.pixel(
      of: batch, range: offset..<offset + density.count, interval: interval,
      background: background, transmittances: &transmittances)
    return (colour, transmittances)
  }

  var accumulator: RayAccumulator {
    var accumulator = RayAccumulator()
    for index in density.indices {
      accumulator.add(
        density: density[index], radiance: radiance[index], distance: Float(index) * interval,
        interval: interval)
    }
    return accumulator
  }

  /// Densities, then radiances, as one point for finite differences.
  var inDouble: [Double] {
    density.inDouble + radiance.flatMap { [Double($0.x), Double($0.y), Double($0.z)] }
  }

  func referencePixel(_ values: [Double]) -> SIMD3<Double> {
    let count = density.count
    let samples = (0..<count).map { index in
      let c = count + 3 * index
      return ReferenceMath.Sample(
        density: values[index], radiance: [values[c], values[c + 1], values[c + 2]])
    }
    return ReferenceMath.pixel(
      of: samples, interval: Double(interval), background: SIMD3<Double>(background))
  }
}

@Suite("Compositing")
struct CompositingTests {
  static let rays = [
    RaySamples(count: 0, largestDensity: 1, seed: 1),
    RaySamples(count: 1, largestDensity: 30, seed: 2),
    RaySamples(count: 40, largestDensity: 1, seed: 3),
    RaySamples(count: 40, largestDensity: 100, seed: 4),
    RaySamples(count: 400, largestDensity: 10, seed: 5),
    RaySamples(density: [0, 0, 0]),
    RaySamples(density: [0, 1e10, 0, 3]),
    RaySamples(density: [1e-9, 1e-4, 1e4]),
  ]

  @Test("both ways of compositing agree with double precision", arguments: rays)
  func agreement(ray: RaySamples) {
    let expected = ray.referencePixel(ray.inDouble)
    let accumulator = ray.accumulator
    let gathered = accumulator.radiance + ray.background * accumulator.transmittance
    for found in [ray.pixel().colour, gathered] {
      #expect((SIMD3<Double>(found) - expected).largestMagnitude < 2e-6)
    }
  }

  @Test(
    "a homogeneous medium has an opacity of 1 − e^(−σL), however many samples are taken",
    arguments: [1, 2, 3, 10, 100, 1000], [0, 0.01, 0.5, 3, 80] as [Float])
  func homogeneousMedium(sampleCount: Int, density: Float) {
    let length: Float = 1.7
    var accumulator = RayAccumulator()
    for _ in 0..<sampleCount {
      accumulator.add(
        density: density, radiance: [1, 0.5, 0], distance: 1,
        interval: length / Float(sampleCount))
    }
    let expected = -expm1(-Double(density) * Double(length))
    // Each sample rounds its share and their product, the same way every time.
    let tolerance = Double(sampleCount) * 0x1p-24 + 1e-6
    #expect(abs(Double(accumulator.opacity) - expected) < tolerance)
    #expect(abs(Double(accumulator.radiance.x) - expected) < tolerance)
    #expect(abs(Double(accumulator.radiance.y) - expected / 2) < tolerance)
    #expect(accumulator.radiance.z == 0)
  }

  @Test("weights and the final transmittance sum to 1", arguments: rays)
  func partition(ray: RaySamples) {
    var white = ray
    white.radiance = ray.radiance.map { _ in [1, 1, 1] }
    let accumulator = white.accumulator
    #expect(abs(accumulator.radiance.x + accumulator.transmittance - 1) < 2e-6)
    #expect(accumulator.opacity == 1 - accumulator.transmittance)
    #expect((0...1).contains(accumulator.transmittance))
  }

  @Test("splitting an interval changes nothing", arguments: rays)
  func splitting(ray: RaySamples) {
    var split = RayAccumulator()
    for index in ray.density.indices {
      for part in [0.25, 0.75] as [Float] {
        split.add(
          density: ray.density[index], radiance: ray.radiance[index],
          distance: Float(index) * ray.interval, interval: part * ray.interval)
      }
    }
    let whole = ray.accumulator
    #expect((split.radiance - whole.radiance).largestMagnitude < 2e-6)
    #expect(abs(split.transmittance - whole.transmittance) < 2e-6)
    #expect(abs(split.weightedDistance - whole.weightedDistance) < 1e-5)
  }

  @Test("compositing is associative: a ray is its front over its back", arguments: rays)
  func associativity(ray: RaySamples) {
    let cut = ray.density.count / 3
    var (front, back) = (ray, ray)
    front.density = Array(ray.density[..<cut])
    back.density = Array(ray.density[cut...])
    back.radiance = Array(ray.radiance[cut...])
    let (first, second, whole) = (front.accumulator, back.accumulator, ray.accumulator)
    let colour = first.radiance + second.radiance * first.transmittance
    #expect((colour - whole.radiance).largestMagnitude < 1e-6)
    #expect(abs(first.transmittance * second.transmittance - whole.transmittance) < 1e-6)
  }

  @Test("a ray that meets nothing shows exactly the background")
  func nothing() {
    for ray in [Self.rays[0], Self.rays[5]] {
      #expect(ray.pixel().colour == ray.background)
      let accumulator = ray.accumulator
      #expect(accumulator.opacity == 0 && accumulator.radiance == .zero)
      #expect(accumulator.expectedDepth == 0)
    }
  }

  @Test("behind an opaque sample nothing is seen")
  func opaque() {
    let ray = Self.rays[6]
    #expect(ray.pixel().colour == ray.radiance[1])
    #expect(ray.accumulator.radiance == ray.radiance[1])
    #expect(ray.accumulator.transmittance == 0)
    #expect(ray.accumulator.expectedDepth == ray.interval)
  }

  @Test("expected depth is the mean distance of what is seen")
  func depth() {
    var accumulator = RayAccumulator()
    accumulator.add(density: 2, radiance: .zero, distance: 3, interval: 0.5)
    #expect(abs(accumulator.expectedDepth - 3) < 1e-6)
    // In a homogeneous medium without end: 1 / σ behind its beginning.
    var fog = RayAccumulator()
    for index in 0..<20_000 {
      fog.add(
        density: 2, radiance: .zero, distance: 1 + (Float(index) + 0.5) * 1e-3, interval: 1e-3)
    }
    #expect(abs(fog.expectedDepth - 1.5) < 1e-3)
  }

  @Test("transmittances are written for the ray's own samples and fall")
  func transmittances() {
    let ray = Self.rays[2]
    let found = ray.pixel().transmittances
    #expect(found[..<5].allSatisfy { $0 == -1 } && found[45...].allSatisfy { $0 == -1 })
    #expect(zip(found[5..<44], found[6..<45]).allSatisfy { $0 >= $1 })
    #expect(found[44] == ray.accumulator.transmittance)
  }
}
