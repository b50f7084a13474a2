import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

/// The whole chain, latent code → hypernetwork → field → compositing → loss, in `Double` and by the
/// library.
struct ChainFixture {
  let network: Hypernetwork
  let architecture: FieldArchitecture
  let code: [Float]
  let rays: [TrainingRay]
  let grid: OccupancyGrid
  let bound = TinyModels.cube
  let interval: Float = 0.13

  /// - Parameter rayCount: enough rays fill several batches of samples.
  init(_ generator: GeneratorKind, view: Int? = nil, rayCount: Int, skips: Bool = true) {
    architecture = TinyModels.field(directionOctaves: view)
    network = TinyModels.variedHypernetwork(generator, target: architecture.layout, seed: 5)
    var random = SeededGenerator(seed: 6)
    code = random.normals(count: 5, standardDeviation: 0.5)
    let cells = CellGrid(bound: bound, resolution: 8)
    grid =
      skips
      ? OccupancyGrid(of: BallField(radius: 0.5), resolution: 8, threadCount: 1)
      : OccupancyGrid(fullyOccupied: cells)
    let bound = bound
    rays = (0..<rayCount).map { index in
      func vector() -> SIMD3<Float> { [random.normal(), random.normal(), random.normal()] }
      func colour() -> SIMD3<Float> { [random.uniform(), random.uniform(), random.uniform()] }
      let origin = vector().normalised * 3
      // Every seventh ray goes away from the scene.
      let towards = index % 7 == 6 ? origin * 2 : vector() * 0.4
      return TrainingRay(
        ray: Ray(
          origin: origin, direction: (towards - origin).normalised, within: bound),
        target: colour(), background: colour(), offset: random.uniform())
    }
  }

  /// Where the samples of every ray lie: those of its evenly spaced points that are in occupied cells.
  var positions: [[SIMD3<Float>]] {
    rays.map { ray in
      guard let path = ray.ray else { return [] }
      let first = path.tNear + ray.offset * interval
      return (0..<100).map { first + Float($0) * interval }.prefix { $0 < path.tFar }
        .map { path.position(at: $0) }.filter { grid.isOccupied(at: $0) }
    }
  }

  /// The occupied cells, as training keeps them.
  var occupied: OccupiedCells {
    var mask = CellMask(counts: grid.cells.counts)
    for index in 0..<grid.cells.cellCount where grid.isOccupied(index: index) {
      mask.insert(index: index)
    }
    return OccupancyEstimate(cells: grid.cells, mask: mask).occupied
  }

  /// Σ over rays of the mean squared error.
  func loss(fieldWeights: [Double], positions: [[SIMD3<Float>]]) -> Double {
    let field = ReferenceField(
      shape: architecture.kernelShape(over: bound), weights: fieldWeights)
    return zip(rays, positions).reduce(0.0) { sum, item in
      let (ray, positions) = item
      let direction = ray.ray?.direction ?? [0, 0, 1]
      let samples = positions.map { field.evaluate(position: $0, direction: direction) }
      let pixel = ReferenceMath.pixel(
        of: samples, interval: Double(interval), background: SIMD3<Double>(ray.background))
      return sum + ReferenceMath.squaredError(pixel, target: SIMD3<Double>(ray.target))
    }
  }

  var worker: Backpropagation {
    Backpropagation(
      shape: architecture.kernelShape(over: bound),
      samplesPerDiagonal: Int((bound.diagonal / interval).rounded(.up)))
  }

  /// The library's loss, and its gradients with respect to field weights, parameters and code.
  func backward() -> (
    sums: Backpropagation.Sums, weights: [Float], parameters: [Float], code: [Float]
  ) {
    var pass = network.forward(codes: code, batch: 1, threadCount: 1)
    let field = CoordinateMLP(
      architecture: architecture, bound: bound, weights: FieldWeights(pass.weights))
    var weightGradient = FieldWeights([Float](repeating: 0, count: pass.weights.count))
    let sums = worker.accumulate(
      rays: rays, interval: interval, field: field, occupied: occupied,
      weightGradient: &weightGradient)
    pass.weightGradient = weightGradient.values
    network.backward(&pass, threadCount: 1)
    return (
      sums, weightGradient.values, network.parameterGradient(after: pass), pass.codeGradient
    )
  }
}

@Suite("Backpropagation")
struct BackpropagationTests {
  @Test(
    "the whole chain from latent code to pixel agrees with finite differences",
    arguments: TinyModels.generators, [nil, 1])
  func chain(generator: GeneratorKind, view: Int?) {
    let fixture = ChainFixture(generator, view: view, rayCount: 25)
    let positions = fixture.positions
    let reference = ReferenceHypernetwork(of: fixture.network)
    let parameterCount = fixture.network.parameters.count
    func loss(_ point: [Double]) -> Double {
      let weights = reference.weights(
        parameters: Array(point[..<parameterCount]), code: Array(point[parameterCount...]))
      return fixture.loss(fieldWeights: weights, positions: positions)
    }
    let point = (fixture.network.parameters + fixture.code).inDouble
    let found = fixture.backward()
    #expect(abs(found.sums.loss - loss(point)) < 1e-5 * loss(point))
    #expect(found.sums.sampleCount == positions.joined().count)

    let codeSlopes = FiniteDifference.derivatives(
      of: loss, at: point, entries: Array(parameterCount..<point.count))
    #expect(Tolerance.errorOfLargest(found.code, codeSlopes) < 1e-5)

    var random = SeededGenerator(seed: 8)
    let sampled = (0..<40).map { _ in random.index(below: parameterCount) }
    let slopes = FiniteDifference.derivatives(of: loss, at: point, entries: sampled)
    #expect(Tolerance.errorOfLargest(sampled.map { found.parameters[$0] }, slopes) < 1e-5)
  }

  @Test("many batches give the gradient of all rays together", arguments: [true, false])
  func batches(skips: Bool) {
    let fixture = ChainFixture(.perLayer, rayCount: 200, skips: skips)
    let positions = fixture.positions
    // A batch has room for 384 samples.
    #expect(positions.joined().count > 3 * 384)
    let weights = fixture.network.forward(codes: fixture.code, batch: 1, threadCount: 1).weights
    var random = SeededGenerator(seed: 9)
    let sampled = (0..<25).map { _ in random.index(below: weights.count) }
    let expected = FiniteDifference.derivatives(
      of: { fixture.loss(fieldWeights: $0, positions: positions) }, at: weights.inDouble,
      entries: sampled)
    let found = fixture.backward()
    #expect(Tolerance.errorOfLargest(sampled.map { found.weights[$0] }, expected) < 1e-5)
    #expect(found.sums.sampleCount == positions.joined().count)
  }

  @Test("rays of any lengths find room, one after another", arguments: [130, 384, 794, 1000])
  func lengths(longest: Int) {
    let fixture = ChainFixture(.perLayer, rayCount: 1, skips: false)
    let field = CoordinateMLP(
      architecture: fixture.architecture, bound: fixture.bound,
      weights: fixture.network.weights(for: LatentCode(fixture.code)))
    let interval = fixture.bound.diagonal / Float(longest)
    let worker = Backpropagation(
      shape: fixture.architecture.kernelShape(over: fixture.bound), samplesPerDiagonal: longest)
    // Rays along the diagonal, cut to lengths that make batches end anywhere.
    let direction = SIMD3<Float>(1, 1, 1).normalised
    var random = SeededGenerator(seed: 10)
    let counts =
      [128, longest, 1, longest, longest] + (0..<20).map { _ in 1 + random.index(below: longest) }
    let rays = counts.map { count in
      TrainingRay(
        ray: Ray(
          origin: fixture.bound.minimum, direction: direction, tNear: 0,
          tFar: (Float(count) - 0.5) * interval), target: .zero, background: .one, offset: 0)
    }
    var gradient = FieldWeights([Float](repeating: 0, count: fixture.network.target.count))
    let sums = worker.accumulate(
      rays: rays, interval: interval, field: field, occupied: fixture.occupied,
      weightGradient: &gradient)
    #expect(sums.sampleCount == counts.reduce(0, +))
  }

  @Test("gradients of shares of the rays add up to that of all")
  func shares() {
    let fixture = ChainFixture(.perLayer, rayCount: 60)
    let field = CoordinateMLP(
      architecture: fixture.architecture, bound: fixture.bound,
      weights: fixture.network.weights(for: LatentCode(fixture.code)))
    let worker = fixture.worker
    var gradient = FieldWeights([Float](repeating: 0, count: fixture.network.target.count))
    var loss = 0.0
    for share in [0..<13, 13..<14, 14..<60] {
      loss +=
        worker.accumulate(
          rays: Array(fixture.rays[share]), interval: fixture.interval, field: field,
          occupied: fixture.occupied,
          weightGradient: &gradient
        ).loss
    }
    let whole = fixture.backward()
    #expect(Tolerance.errorOfLargest(gradient.values, whole.weights.inDouble) < 1e-5)
    #expect(abs(loss - whole.sums.loss) < 1e-6 * loss)
  }

  @Test("rays that meet nothing have the background's loss and no gradient")
  func nothing() {
    let fixture = ChainFixture(.perLayer, rayCount: 7)
    let missing = fixture.rays.filter { $0.ray == nil }
    #expect(missing.count == 1)
    let field = CoordinateMLP(
      architecture: fixture.architecture, bound: fixture.bound,
      weights: fixture.network.weights(for: LatentCode(fixture.code)))
    var gradient = FieldWeights([Float](repeating: 0, count: fixture.network.target.count))
    let sums = fixture.worker.accumulate(
      rays: missing, interval: fixture.interval, field: field, occupied: fixture.occupied,
      weightGradient: &gradient)
    let expected = missing.reduce(0.0) {
      $0 + Loss.squaredError($1.background, target: $1.target)
    }
    #expect(sums.loss == expected && sums.sampleCount == 0)
    #expect(gradient.values.allSatisfy { $0 == 0 })
  }

  @Test("the weight scales the gradient, and leaves the loss")
  func weight() {
    let fixture = ChainFixture(.perLayer, rayCount: 30)
    let field = CoordinateMLP(
      architecture: fixture.architecture, bound: fixture.bound,
      weights: fixture.network.weights(for: LatentCode(fixture.code)))
    func result(_ weight: Float) -> (loss: Double, gradient: [Float]) {
      var gradient = FieldWeights([Float](repeating: 0, count: fixture.network.target.count))
      let sums = fixture.worker.accumulate(
        rays: fixture.rays, weight: weight, interval: fixture.interval, field: field,
        occupied: fixture.occupied,
        weightGradient: &gradient)
      return (sums.loss, gradient.values)
    }
    let (plain, scaled) = (result(1), result(0.25))
    #expect(scaled.loss == plain.loss)
    #expect(
      Tolerance.errorOfLargest(scaled.gradient, plain.gradient.map { Double($0) / 4 }) < 1e-6)
  }
}
