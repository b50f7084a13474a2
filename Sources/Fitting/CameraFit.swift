import Checkpoints
import Kernels
import NeuralFields
import Training
import VolumeRendering

/// A hypothesis under refinement, with the state of its optimizers.
struct CameraFit {
  var hypothesis: CameraHypothesis
  fileprivate var cameraOptimizer = Adam(rowLength: 6)
  fileprivate var codeOptimizer: Adam
  fileprivate var occupancy: FitOccupancy?
  fileprivate var stepCount = 0

  init(_ hypothesis: CameraHypothesis) {
    self.hypothesis = hypothesis
    codeOptimizer = Adam(rowLength: hypothesis.whitened.count)
  }
}

/// Steps of camera and code together, by several threads, with the same bytes for any number.
struct CameraEngine {
  /// Shares of a step's rays, whatever the number of threads.
  private static let sliceCount = 4

  private struct Slice {
    let index: Int
    var gradient: [Float]
    var sums = CameraBackpropagation.Sums()
  }

  private let model: FitModel
  private let pivot: SIMD3<Float>
  /// Scene units from the pivot.
  private let expectedDistance: Float
  private let settings: FitSettings
  private let threadCount: Int
  private let interval: Float
  private let shape: FieldKernelShape
  private var workers: [CameraBackpropagation]
  private var slices: [Slice]
  private var losses: RayLosses
  private var pass = Hypernetwork.Pass()

  /// - Parameters:
  ///   - expectedDistance: of a camera from the pivot, scene units.
  ///   - pivot: the point that cameras look at.
  init(
    model: FitModel, settings: FitSettings, expectedDistance: Float, pivot: SIMD3<Float>,
    threadCount: Int
  ) {
    self.model = model
    self.settings = settings
    self.expectedDistance = expectedDistance
    self.pivot = pivot
    self.threadCount = threadCount
    let field = model.checkpoint.configuration.field
    let search = settings.search
    shape = field.kernelShape(over: model.bound)
    interval = model.bound.diagonal / Float(search.samplesPerDiagonal)
    let shape = shape
    workers = (0..<max(1, threadCount)).map { _ in
      CameraBackpropagation(shape: shape, samplesPerDiagonal: search.samplesPerDiagonal)
    }
    let zeros = [Float](repeating: 0, count: field.layout.count)
    slices = (0..<Self.sliceCount).map { Slice(index: $0, gradient: zeros) }
    losses = RayLosses(
      architecture: field, bound: model.bound, samplesPerDiagonal: search.samplesPerDiagonal,
      threadCount: threadCount)
  }

  /// The mean loss of a hypothesis, over all pixels or those that were held out, with what speaks
  /// against its code and place.
  mutating func loss(
    _ hypothesis: CameraHypothesis, rays: CameraRays, onlyHeldOut: Bool
  ) -> Double {
    let field = model.checkpoint.field(for: model.prior.code(whitened: hypothesis.whitened))
    let occupancy = FitOccupancy(of: field, threadCount: threadCount)
    let seen = losses.mean(
      rays.all(
        onlyHeldOut: onlyHeldOut, camera: hypothesis.camera, within: occupancy.box,
        near: model.near), field: field, occupancy: occupancy)
    let square = hypothesis.whitened.reduce(Float(0)) { $0 + $1 * $1 }
    let search = settings.search
    return seen + Double(search.priorWeight * square / Float(hypothesis.whitened.count))
      + Double(search.placeWeight * place(of: hypothesis.camera).square)
  }

  /// How far a camera's place is from an expected one: the pivot in front of it at the expected
  /// distance, and the world's up upright in the picture.
  ///
  ///     E = |p − c − D b|² / D² + (r · z)²       b backward, r right, z the world's up
  ///
  /// - Returns: E, and ∂E/∂ of a rotation about the pivot and of a shift.
  private func place(of camera: Camera) -> (square: Float, slope: CameraMotion) {
    let distance = expectedDistance
    let offset = camera.position - pivot - camera.backward * distance
    let roll = camera.right.z
    // A rotation moves the offset rigidly; it changes its direction, not its length.
    return (
      offset.dot(offset) / (distance * distance) + roll * roll,
      CameraMotion(
        rotation: camera.right.cross([0, 0, 1]) * (2 * roll),
        shift: offset * (2 / (distance * distance)))
    )
  }

  /// One step of camera and code.
  ///
  /// - Parameter share: of the step sizes.
  mutating func step(
    _ fit: inout CameraFit, rays: CameraRays, share: Float, random: SeededGenerator
  ) {
    let search = settings.search
    let hypernetwork = model.checkpoint.hypernetwork
    let code = model.prior.code(whitened: fit.hypothesis.whitened)
    hypernetwork.forward(codes: code.values, batch: 1, into: &pass, threadCount: threadCount)
    let occupancy: FitOccupancy
    if let known = fit.occupancy, fit.stepCount % settings.occupancyPeriod != 0 {
      occupancy = known
    } else {
      occupancy = FitOccupancy(
        of: model.field(FieldWeights(pass.weights)), threadCount: threadCount)
      fit.occupancy = occupancy
    }
    fit.stepCount += 1
    let packed = PackedFieldWeights(shape: shape, weights: pass.weights.span)
    let mirrorShare = model.mirror == nil ? 0 : settings.mirrorShare
    let (drawn, isMirrored) = rays.draw(
      search.raysPerStep, camera: fit.hypothesis.camera, mirror: model.mirror,
      mirrorShare: mirrorShare, within: occupancy.box, near: model.near, random: random)
    let (interval, mirror, pivot, count) = (interval, model.mirror, pivot, slices.count)
    ParallelLoop.forEach(&slices, workspaces: &workers) { _, slice, worker in
      slice.gradient.clear()
      let range = slice.index * drawn.count / count..<(slice.index + 1) * drawn.count / count
      slice.sums = worker.accumulate(
        rays: Array(drawn[range]), isMirrored: Array(isMirrored[range]),
        weight: 1 / Float(drawn.count), interval: interval, field: packed,
        occupied: occupancy.occupied, pivot: pivot, mirror: mirror,
        weightGradient: &slice.gradient)
    }
    var gradient = slices[0].gradient
    var motion = slices[0].sums.motion
    for slice in slices.dropFirst() {
      var target = gradient.mutableSpan
      target.add(slice.gradient.span)
      motion.rotation += slice.sums.motion.rotation
      motion.shift += slice.sums.motion.shift
    }
    pass.weightGradient = gradient
    hypernetwork.backward(&pass, threadCount: threadCount)
    let (_, slope) = model.prior.penalised(
      pass.codeGradient, at: fit.hypothesis.whitened, weight: search.priorWeight)
    let place = place(of: fit.hypothesis.camera).slope
    motion.rotation += place.rotation * search.placeWeight
    motion.shift += place.shift * search.placeWeight
    // Shifts are measured in distances, so that one step size suits both.
    let distance = expectedDistance
    let slopes: [Float] = (0..<6).map {
      $0 < 3 ? motion.rotation[$0] : motion.shift[$0 - 3] * distance
    }
    guard slope.span.hasFiniteSquares, slopes.span.hasFiniteSquares else { return }
    fit.codeOptimizer.step(
      &fit.hypothesis.whitened, gradient: slope.span,
      learningRate: search.codeLearningRate * share, threadCount: 1)
    var step = [Float](repeating: 0, count: 6)
    fit.cameraOptimizer.step(
      &step, gradient: slopes.span, learningRate: search.learningRate * share, threadCount: 1)
    let moved = CameraMotion(
      rotation: SIMD3(step[0], step[1], step[2]),
      shift: SIMD3(step[3], step[4], step[5]) * distance)
    fit.hypothesis.camera = moved.applied(to: fit.hypothesis.camera, pivot: pivot)
  }
}
