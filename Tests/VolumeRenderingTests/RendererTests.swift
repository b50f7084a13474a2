import Foundation
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Renderer")
struct RendererTests {
  static func camera(width: Int, height: Int) -> Camera {
    Camera(
      orbitAzimuth: 0.5, elevation: 0.4, distance: 3.5, horizontalFieldOfView: 0.8, width: width,
      height: height)
  }

  static func grid(of field: any RadianceField) -> OccupancyGrid {
    OccupancyGrid(of: field, resolution: 32, threadCount: 1)
  }

  static func full(over bound: BoundingBox) -> OccupancyGrid {
    OccupancyGrid(fullyOccupied: CellGrid(bound: bound, resolution: 8))
  }

  /// A small network: a field whose every bit depends on the arithmetic.
  static let network: CoordinateMLP = {
    let architecture = TinyModels.field(directionOctaves: 1)
    return CoordinateMLP(
      architecture: architecture, bound: TinyModels.cube,
      weights: FieldWeights(TinyModels.fieldWeights(of: architecture.layout, seed: 3)))
  }()

  /// Everything that a rendering holds, to the last bit.
  static func bits(_ image: RenderedImage) -> [UInt32] {
    let vectors = (image.radiance + image.normals).flatMap { [$0.x, $0.y, $0.z] }
    return (vectors + image.opacity + image.depth).bitPatterns
  }

  @Test("an empty field shows exactly the background", arguments: [true, false])
  func empty(skips: Bool) {
    let field = HomogeneousField(bound: TinyModels.cube, density: 0)
    let grid = skips ? Self.grid(of: field) : Self.full(over: field.bound)
    let image = Renderer(settings: RenderSettings(threadCount: 1, makesNormals: true)).render(
      field, camera: Self.camera(width: 9, height: 7), grid: grid)
    let picture = image.picture(over: [0.3, 0.7, 0.1])
    for pixel in 0..<63 {
      #expect(Array(picture.samples[pixel * 3..<pixel * 3 + 3]) == [0.3, 0.7, 0.1])
    }
    #expect(image.opacity.allSatisfy { $0 == 0 } && image.depth.allSatisfy { $0 == 0 })
    #expect(image.normals.allSatisfy { $0 == .zero })
    #expect((image.statistics.marchedRayCount == 0) == skips)
  }

  @Test(
    "a homogeneous box has an opacity of 1 − e^(−σL), within half an interval",
    arguments: [2, 30, 384], [0.3, 2] as [Float])
  func homogeneousBox(samplesPerDiagonal: Int, density: Float) {
    let bound = BoundingBox(minimum: [-1, -0.5, -0.7], maximum: [0.8, 0.5, 0.7])
    let field = HomogeneousField(bound: bound, density: density)
    let camera = Self.camera(width: 20, height: 15)
    let settings = RenderSettings(
      samplesPerDiagonal: samplesPerDiagonal, terminationThreshold: 0, threadCount: 1)
    let image = Renderer(settings: settings).render(
      field, camera: camera, grid: Self.full(over: bound))
    let half = 0.5 * Double(bound.diagonal) / Double(samplesPerDiagonal) * Double(density)
    var hitCount = 0
    for row in 0..<15 {
      for column in 0..<20 {
        let ray = camera.ray(throughColumn: column, row: row, within: bound)
        let length = ray.map { Double($0.tFar - $0.tNear) } ?? 0
        let found = Double(image.opacity[row * 20 + column])
        let opticalDepth = Double(density) * length
        #expect(found <= -expm1(-opticalDepth - half) + 1e-5)
        #expect(found >= -expm1(-max(0, opticalDepth - half)) - 1e-5)
        if ray != nil { hitCount += 1 } else { #expect(found == 0) }
      }
    }
    #expect(hitCount > 50)
    #expect(image.statistics.marchedRayCount <= hitCount)
  }

  /// One ray at a time, sample by sample, with nothing shared between pixels.
  static func alone(
    _ field: any RadianceField, camera: Camera, grid: OccupancyGrid, settings: RenderSettings
  ) -> [RayAccumulator] {
    let interval = field.bound.diagonal / Float(settings.samplesPerDiagonal)
    return (0..<camera.width * camera.height).map { pixel in
      let (row, column) = pixel.quotientAndRemainder(dividingBy: camera.width)
      var accumulator = RayAccumulator()
      guard
        let ray = camera.ray(
          throughColumn: column, row: row, within: field.bound, near: settings.near)
      else { return accumulator }
      let distances = RaySamplerTests.bruteForce(
        of: ray, interval: interval,
        jitter: settings.jitterSeed.map { SeededGenerator(seed: $0, UInt64(row), UInt64(column)) },
        in: grid)
      for t in distances {
        let sample = field.samples(at: [ray.position(at: t)], direction: ray.direction)
        accumulator.add(
          density: sample.density[0], radiance: sample.radiance[0], distance: t,
          interval: interval)
        if accumulator.transmittance < settings.terminationThreshold { break }
      }
      return accumulator
    }
  }

  @Test(
    "a picture of any size is what each pixel's ray gathers alone, to the last bit",
    arguments: [(1, 1), (5, 3), (33, 31), (8, 40)], [nil, 17] as [UInt64?])
  func pixelByPixel(size: (width: Int, height: Int), jitterSeed: UInt64?) {
    let camera = Self.camera(width: size.width, height: size.height)
    let settings = RenderSettings(
      samplesPerDiagonal: 40, near: 2.9, jitterSeed: jitterSeed, tileSize: 16, threadCount: 2)
    for field in [Self.network, BallField()] as [any RadianceField] {
      let grid = Self.grid(of: field)
      let image = Renderer(settings: settings).render(field, camera: camera, grid: grid)
      let alone = Self.alone(field, camera: camera, grid: grid, settings: settings)
      #expect(image.radiance == alone.map(\.radiance))
      #expect(image.opacity == alone.map(\.opacity))
      #expect(image.depth == alone.map(\.expectedDepth))
      #expect(image.width == size.width && image.height == size.height)
    }
  }

  @Test(
    "tile size and thread count change no bit",
    arguments: [1, 7, 32, 64], [1, 2, 3, 8])
  func tilesAndThreads(tileSize: Int, threadCount: Int) {
    let camera = Self.camera(width: 37, height: 23)
    let grid = Self.grid(of: Self.network)
    func render(_ tileSize: Int, _ threadCount: Int) -> RenderedImage {
      let settings = RenderSettings(
        samplesPerDiagonal: 32, jitterSeed: 5, tileSize: tileSize, threadCount: threadCount,
        makesNormals: true)
      return Renderer(settings: settings).render(Self.network, camera: camera, grid: grid)
    }
    let (found, expected) = (render(tileSize, threadCount), render(16, 1))
    #expect(Self.bits(found) == Self.bits(expected))
    #expect(found.statistics.marchedRayCount == expected.statistics.marchedRayCount)
    #expect(found.opacity.contains { $0 > 0 })
  }

  @Test("skipping empty cells changes no pixel of a ball")
  func skipping() {
    let field = BallField(centre: [0.2, -0.3, 0.1], radius: 0.5, edge: 0.1)
    let camera = Self.camera(width: 30, height: 30)
    let renderer = Renderer(settings: RenderSettings(samplesPerDiagonal: 150, threadCount: 1))
    let skipped = renderer.render(field, camera: camera, grid: Self.grid(of: field))
    let full = renderer.render(field, camera: camera, grid: Self.full(over: field.bound))
    #expect(Self.bits(skipped) == Self.bits(full))
    #expect(skipped.statistics.sampleCount < full.statistics.sampleCount / 2)
  }

  @Test("early termination stops a sum at a prefix: a share below the threshold is missing")
  func earlyTermination() {
    let camera = Self.camera(width: 24, height: 24)
    let field = BallField(density: 20, edge: 0.3)
    let grid = Self.grid(of: field)
    func render(_ threshold: Float) -> RenderedImage {
      let settings = RenderSettings(
        samplesPerDiagonal: 300, terminationThreshold: threshold, threadCount: 1)
      return Renderer(settings: settings).render(field, camera: camera, grid: grid)
    }
    let whole = render(0)
    for threshold in [1e-4, 1e-2, 0.3] as [Float] {
      let stopped = render(threshold)
      for pixel in whole.opacity.indices {
        let missing = whole.radiance[pixel] - stopped.radiance[pixel]
        #expect(missing.min() >= 0 && missing.max() <= threshold)
        #expect(whole.opacity[pixel] - stopped.opacity[pixel] <= threshold)
        #expect(stopped.opacity[pixel] <= whole.opacity[pixel])
        if 1 - whole.opacity[pixel] >= threshold {
          #expect(stopped.radiance[pixel] == whole.radiance[pixel])
        }
      }
      #expect(stopped.statistics.sampleCount <= whole.statistics.sampleCount)
    }
    #expect(render(0.3).statistics.sampleCount < whole.statistics.sampleCount)
  }

  @Test("a ball's depth is that of the sphere")
  func ballDepth() {
    let field = BallField(density: 400)
    let camera = Self.camera(width: 40, height: 40)
    let settings = RenderSettings(
      samplesPerDiagonal: 1500, terminationThreshold: 1e-5, threadCount: 2)
    let image = Renderer(settings: settings).render(
      field, camera: camera, grid: Self.grid(of: field))
    let interval = field.bound.diagonal / 1500
    var hitCount = 0
    for row in 0..<40 {
      for column in 0..<40 {
        let pixel = row * 40 + column
        let direction = camera.direction(
          throughPoint: [Float(column) + 0.5, Float(row) + 0.5])
        let middle = -camera.position.dot(direction)
        let squaredHalfChord = 0.36 - (camera.position.dot(camera.position) - middle * middle)
        // Grazing rays are neither hits nor misses.
        guard abs(squaredHalfChord) > 0.02 else { continue }
        if squaredHalfChord < 0 {
          #expect(image.opacity[pixel] == 0 && image.depth[pixel] == 0)
        } else {
          hitCount += 1
          // 1/σ behind the surface on average, which is met to within an interval.
          let expected = middle - squaredHalfChord.squareRoot() + 1 / field.density
          #expect(abs(image.depth[pixel] - expected) < interval)
          #expect(image.opacity[pixel] > 0.999)
        }
      }
    }
    #expect(hitCount > 200)
  }

  @Test("a ball's normals point away from its centre")
  func ballNormals() {
    let field = BallField(density: 200, edge: 0.3)
    let camera = Self.camera(width: 40, height: 40)
    let settings = RenderSettings(
      samplesPerDiagonal: 384, terminationThreshold: 1e-3, threadCount: 2, makesNormals: true)
    let image = Renderer(settings: settings).render(
      field, camera: camera, grid: Self.grid(of: field))
    var surfaceCount = 0
    for pixel in image.opacity.indices where image.opacity[pixel] > 0.9 {
      surfaceCount += 1
      let (row, column) = pixel.quotientAndRemainder(dividingBy: 40)
      let direction = camera.direction(throughPoint: [Float(column) + 0.5, Float(row) + 0.5])
      let surface = camera.position + direction * image.depth[pixel]
      #expect(abs(image.normals[pixel].length - 1) < 1e-5)
      #expect(image.normals[pixel].dot(surface.normalised) > 0.999)
    }
    #expect(surfaceCount > 200)
  }

  @Test("nothing is seen before the near distance")
  func near() {
    let field = BallField()
    let camera = Self.camera(width: 8, height: 8)
    func opacity(near: Float) -> Float {
      let settings = RenderSettings(
        samplesPerDiagonal: 384, terminationThreshold: 1e-3, near: near, threadCount: 1)
      let image = Renderer(settings: settings).render(
        field, camera: camera, grid: Self.grid(of: field))
      return image.opacity[4 * 8 + 4]
    }
    #expect(opacity(near: 0) > 0.999 && opacity(near: 3) > 0.999)
    #expect(opacity(near: 4.2) == 0)
  }

  /// A ball one half of which gives no numbers.
  struct FaultyField: RadianceField {
    let ball = BallField()
    var bound: BoundingBox { ball.bound }
    func evaluate(_ batch: inout FieldBatch) {
      ball.evaluate(&batch)
      for i in 0..<batch.count where batch.z[i] > 0 && batch.density[i] > 0 {
        batch.density[i] = .nan
      }
    }
  }

  @Test("a pixel that is not a number is shown as empty and counted, and harms no other")
  func notANumber() {
    let field = FaultyField()
    let camera = Self.camera(width: 20, height: 20)
    let renderer = Renderer(settings: RenderSettings(threadCount: 2))
    let grid = Self.full(over: field.bound)
    let image = renderer.render(field, camera: camera, grid: grid)
    let healthy = renderer.render(field.ball, camera: camera, grid: grid)
    var emptiedCount = 0
    for pixel in image.opacity.indices where image.radiance[pixel] != healthy.radiance[pixel] {
      emptiedCount += 1
      #expect(image.radiance[pixel] == .zero)
      #expect(image.opacity[pixel] == 0 && image.depth[pixel] == 0)
    }
    #expect(emptiedCount > 20)
    #expect(image.statistics.nonFinitePixelCount == emptiedCount)
    #expect(healthy.statistics.nonFinitePixelCount == 0)
  }

  @Test("statistics count every evaluation and every ray that met an occupied cell")
  func statistics() {
    let field = BallField()
    let camera = Self.camera(width: 25, height: 25)
    let settings = RenderSettings(
      samplesPerDiagonal: 100, terminationThreshold: 0, threadCount: 2)
    let grid = Self.grid(of: field)
    let image = Renderer(settings: settings).render(field, camera: camera, grid: grid)
    var (sampleCount, rayCount) = (0, 0)
    for pixel in 0..<625 {
      let (row, column) = pixel.quotientAndRemainder(dividingBy: 25)
      guard let ray = camera.ray(throughColumn: column, row: row, within: field.bound)
      else { continue }
      let samples = RaySamplerTests.samples(
        of: ray, interval: field.bound.diagonal / 100, jitter: nil, in: grid)
      sampleCount += samples.count
      rayCount += samples.isEmpty ? 0 : 1
    }
    #expect(image.statistics.sampleCount == sampleCount)
    #expect(image.statistics.marchedRayCount == rayCount)
  }
}
