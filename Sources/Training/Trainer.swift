import Kernels
package import NeuralFields
import VolumeRendering

/// Trains a hypernetwork and the codes of its scenes together, by Adam on random rays.
///
/// Touches no files and prints nothing. The same state, scenes, configuration and progress give the
/// same bytes for any number of threads: rays, grid cells and slices of work draw from streams of
/// their own, and every sum over them has one order.
package struct Trainer {
  package let configuration: TrainingConfiguration
  package private(set) var state: TrainingState
  package let architecture: FieldArchitecture
  package let bound: BoundingBox

  private let scenes: [TrainingScene]
  private let threadCount: Int
  private let schedule: LearningRateSchedule
  private var estimates: [OccupancyEstimate]
  private var visitCounts: [Int]
  /// A running mean over steps; at first all of a ray's way through the bound.
  private var samplesPerRay: Double
  private var workers: [Backpropagation]
  private var batches: [FieldBatch]
  private var parameterGradient: [Float]

  /// A share of one scene's rays of a step: the unit of parallel work.
  private struct Slice {
    let scene: Int
    let index: Int
    var weightGradient: FieldWeights
    var sums = Backpropagation.Sums()
  }

  /// Slices of a step, over all its scenes: enough to keep many threads busy.
  private static let slicesPerStep = 16

  /// - Precondition: there is one scene per code.
  package init(
    state: TrainingState, scenes: [TrainingScene], architecture: FieldArchitecture,
    bound: BoundingBox, configuration: TrainingConfiguration, threadCount: Int
  ) {
    precondition(
      scenes.map(\.name) == state.latents.names, "found codes of other scenes than the data's")
    self.state = state
    self.scenes = scenes
    self.architecture = architecture
    self.bound = bound
    self.configuration = configuration
    self.threadCount = threadCount
    schedule = LearningRateSchedule(
      warmupSteps: configuration.warmupSteps, finalShare: configuration.finalRateShare)
    let cells = CellGrid(bound: bound, resolution: configuration.gridResolution)
    estimates = [OccupancyEstimate](repeating: OccupancyEstimate(cells: cells), count: scenes.count)
    visitCounts = [Int](repeating: 0, count: scenes.count)
    samplesPerRay = Double(configuration.samplesPerDiagonal) / 2
    let interval = bound.diagonal / Float(configuration.samplesPerDiagonal)
    let shape = architecture.kernelShape(over: bound)
    let diagonal = bound.diagonal
    workers = (0..<threadCount).map { _ in
      Backpropagation(shape: shape, interval: interval, diagonal: diagonal)
    }
    batches = [FieldBatch](
      repeating: FieldBatch(capacity: OccupancyGrid.blockLength), count: threadCount)
    parameterGradient = [Float](repeating: 0, count: state.hypernetwork.layout.count)
  }

  /// What one step did.
  package struct StepReport: Sendable {
    /// Mean squared error per channel over the step's rays.
    package let loss: Double
    package let rayCount: Int
    package let sampleCount: Int
    /// Whether the step was left out because a number was not finite.
    package let wasSkipped: Bool
  }

  /// Takes one step.
  ///
  /// - Parameter progress: the share of the budget that is used up, 0…1; decides learning rates and
  ///   the weight of the foreground.
  package mutating func step(progress: Float) -> StepReport {
    let random = SeededGenerator(seed: configuration.seed, 1, UInt64(state.step))
    let chosen = scenesOfStep(state.step)

    // 1. Codes → field weights, for all scenes of the step at once.
    let codes = chosen.flatMap { state.latents.values[state.latents.range(ofRow: $0)] }
    let pass = state.hypernetwork.forward(
      codes: codes, batch: chosen.count, threadCount: threadCount)
    let weightCount = state.hypernetwork.target.count
    let (architecture, bound) = (architecture, bound)
    let fields = ParallelLoop.map(count: chosen.count, threadCount: threadCount) { index in
      CoordinateMLP(
        architecture: architecture, bound: bound,
        weights: pass.weights.span.extracting(index * weightCount..<(index + 1) * weightCount))
    }

    // 2. Where the scenes have density.
    updateEstimates(of: chosen, fields: fields, random: random.split(0))

    // 3. Rays → loss → gradients of the field weights, slice by slice.
    let slices = accumulateGradients(
      of: chosen, fields: fields, progress: progress, random: random.split(1))
    let rayCount = slices.count * raysPerSlice(sliceCount: slices.count)
    var loss = 0.0
    var sampleCount = 0
    var weightGradient = [Float](repeating: 0, count: pass.weights.count)
    for slice in slices {
      loss += slice.sums.loss / Double(rayCount)
      sampleCount += slice.sums.sampleCount
      let start = slice.scene * weightCount
      let scale = 1 / Float(rayCount)
      for (index, value) in slice.weightGradient.values.enumerated() {
        weightGradient[start + index] += value * scale
      }
    }

    // 4. Gradients of the field weights → hypernetwork and codes.
    for index in parameterGradient.indices { parameterGradient[index] = 0 }
    var codeGradient = [Float](repeating: 0, count: codes.count)
    let penalty = Loss.latentPenalty(
      codes: codes, weight: configuration.latentPenalty, gradient: &codeGradient)
    state.hypernetwork.backward(
      pass, weightGradient: weightGradient, parameterGradient: &parameterGradient,
      codeGradient: &codeGradient, threadCount: threadCount)

    // 5. One step of Adam, unless a number is not finite: then nothing changes.
    let isFinite =
      (loss + penalty).isFinite
      && [weightGradient, codeGradient, parameterGradient].allSatisfy(Self.hasFiniteSquares)
    if isFinite {
      update(chosen, codeGradient: codeGradient, progress: progress)
    } else {
      state.skippedStepCount += 1
    }
    state.step += 1
    samplesPerRay += 0.1 * (Double(sampleCount) / Double(rayCount) - samplesPerRay)
    return StepReport(
      loss: loss, rayCount: rayCount, sampleCount: sampleCount, wasSkipped: !isFinite)
  }

  /// Whether the squares of a gradient, which Adam keeps, are finite.
  ///
  /// As whole numbers magnitudes keep their order, and what is not a number comes last.
  private static func hasFiniteSquares(_ gradient: [Float]) -> Bool {
    let largest = Float(bitPattern: gradient.reduce(0) { max($0, $1.magnitude.bitPattern) })
    return (largest * largest).isFinite
  }

  /// The scenes of a step: a new random order for every pass through all scenes.
  private func scenesOfStep(_ step: Int) -> [Int] {
    let perStep = min(configuration.scenesPerStep, scenes.count)
    guard perStep < scenes.count else { return Array(scenes.indices) }
    let stepsPerRound = (scenes.count + perStep - 1) / perStep
    let (round, place) = step.quotientAndRemainder(dividingBy: stepsPerRound)
    var random = SeededGenerator(seed: configuration.seed, 2, UInt64(round))
    let order = scenes.indices.shuffled(using: &random)
    // The last step of a round is filled up from its beginning.
    return (0..<perStep).map { order[(place * perStep + $0) % scenes.count] }
  }

  /// Rays of a slice, so that the step has about the samples it aims at.
  private func raysPerSlice(sliceCount: Int) -> Int {
    let wanted = Double(configuration.samplesPerStep) / max(samplesPerRay, 1)
    return max(1, min(Int(wanted), configuration.raysPerStep) / sliceCount)
  }

  private func slicesPerScene(sceneCount: Int) -> Int { max(1, Self.slicesPerStep / sceneCount) }

  /// Looks at every scene's grid again after a number of visits, more often in the beginning.
  private mutating func updateEstimates(
    of chosen: [Int], fields: [CoordinateMLP], random: SeededGenerator
  ) {
    var due: [(index: Int, field: CoordinateMLP)] = []
    for (scene, field) in zip(chosen, fields) {
      visitCounts[scene] += 1
      let isNew = visitCounts[scene] < 2 * configuration.gridPeriod
      let period = isNew ? max(1, configuration.gridPeriod / 4) : configuration.gridPeriod
      if visitCounts[scene] % period == 0 { due.append((scene, field)) }
    }
    OccupancyEstimate.update(
      &estimates, scenes: due, decay: configuration.gridDecay, random: random, batches: &batches)
  }

  private mutating func accumulateGradients(
    of chosen: [Int], fields: [CoordinateMLP], progress: Float, random: SeededGenerator
  ) -> [Slice] {
    let perScene = slicesPerScene(sceneCount: chosen.count)
    let rayCount = raysPerSlice(sliceCount: perScene * chosen.count)
    let empty = FieldWeights(
      [Float](repeating: 0, count: state.hypernetwork.target.count))
    var slices = chosen.indices.flatMap { scene in
      (0..<perScene).map { Slice(scene: scene, index: $0, weightGradient: empty) }
    }
    let configuration = configuration
    let foregroundShare =
      configuration.foregroundShare
      + (configuration.finalForegroundShare - configuration.foregroundShare) * progress
    let (scenes, estimates, bound) = (scenes, estimates, bound)
    ParallelLoop.forEach(&slices, workspaces: &workers) { _, slice, worker in
      let scene = chosen[slice.scene]
      let stream = random.split(UInt64(scene)).split(UInt64(slice.index))
      let rays = (0..<rayCount).map { ray in
        scenes[scene].drawRay(
          random: stream.split(UInt64(ray)), foregroundShare: foregroundShare, bound: bound,
          near: configuration.near)
      }
      slice.sums = worker.accumulate(
        rays: rays, field: fields[slice.scene], grid: estimates[scene].grid,
        weightGradient: &slice.weightGradient)
    }
    return slices
  }

  private mutating func update(_ chosen: [Int], codeGradient: [Float], progress: Float) {
    let share = schedule.share(step: state.step, progress: progress)
    state.optimizer.step(
      &state.hypernetwork.parameters, gradient: parameterGradient,
      learningRate: configuration.learningRate * share, threadCount: threadCount)
    var gradient = [Float](repeating: 0, count: state.latents.values.count)
    for (place, scene) in chosen.enumerated() {
      gradient.replaceSubrange(
        state.latents.range(ofRow: scene),
        with: codeGradient[place * state.latents.width..<(place + 1) * state.latents.width])
    }
    for scene in chosen {
      state.codeOptimizer.step(
        &state.latents.values, gradient: gradient, row: scene,
        learningRate: configuration.codeLearningRate * share, threadCount: 1)
    }
  }
}
