import Kernels
package import NeuralFields
import VolumeRendering

/// Trains a hypernetwork and the codes of its scenes together, by Adam on random rays.
///
/// Touches no files and prints nothing. The same state, guard, scenes, configuration and progress give
/// the same bytes for any number of threads: rays, grid cells and slices of work draw from streams of
/// their own, and every sum over them has one order. Nothing else carries over from step to step.
package struct Trainer {
  package let configuration: TrainingConfiguration
  /// May be changed between steps, to see what becomes of it.
  package var state: TrainingState
  package private(set) var health: TrainingGuard
  package let architecture: FieldArchitecture
  package let bound: BoundingBox

  /// May be changed between steps, but for their number.
  package var scenes: [TrainingScene]
  private let sceneCodes: SceneCodes
  /// How many of them, the first, are shown in half of every step; the others share the other half.
  private let firstSceneCount: Int
  private var regularizer: OutputRegularizer?
  private let threadCount: Int
  private let schedule: LearningRateSchedule
  private let widths: TrainedWidths
  /// For each thread one of every width.
  private var workers: [[Backpropagation]]
  private var look: OccupancyLook
  /// Memory of the steps, made by the first.
  private var pass = Hypernetwork.Pass()
  private var codes: [Float] = []
  private var slices: [TrainingSlice] = []

  /// Slices of a step, over all its scenes: enough to keep many threads busy.
  private static let slicesPerStep = 16

  /// Every scene has a code of its own: the row of its name.
  ///
  /// - Parameters:
  ///   - health: the guard of a run that goes on; nil has a new one, which takes the state for good.
  ///   - regularizer: holds the fields of other scenes than these; nil where there are none.
  ///   - firstSceneCount: how many of the scenes, the first, are shown in half of every step; nil for
  ///     those that are no variants.
  /// - Precondition: there is one scene per code.
  package init(
    state: TrainingState, health: TrainingGuard? = nil, scenes: [TrainingScene],
    architecture: FieldArchitecture, bound: BoundingBox, configuration: TrainingConfiguration,
    regularizer: OutputRegularizer? = nil, firstSceneCount: Int? = nil, threadCount: Int
  ) {
    precondition(
      scenes.map(\.name) == state.latents.names, "found codes of other scenes than the data's")
    self.init(
      state: state, health: health, scenes: scenes, codes: SceneCodes(rowPerScene: scenes.count),
      architecture: architecture, bound: bound, configuration: configuration,
      regularizer: regularizer, firstSceneCount: firstSceneCount, threadCount: threadCount)
  }

  /// - Parameters:
  ///   - health: the guard of a run that goes on; nil has a new one, which takes the state for good.
  ///   - codes: where each scene's code comes from, in the rows of the state's table.
  package init(
    state: TrainingState, health: TrainingGuard? = nil, scenes: [TrainingScene],
    codes: SceneCodes, architecture: FieldArchitecture, bound: BoundingBox,
    configuration: TrainingConfiguration, regularizer: OutputRegularizer? = nil,
    firstSceneCount: Int? = nil, threadCount: Int
  ) {
    precondition(
      scenes.count == codes.sceneCount,
      "found \(scenes.count) scenes, expected \(codes.sceneCount)")
    sceneCodes = codes
    var state = state
    if configuration.averageDecay == 0 {
      state.average = nil
    } else if state.average == nil {
      state.average = WeightAverage(
        parameters: state.hypernetwork.parameters, codes: state.latents.values)
    }
    precondition(
      configuration.divergenceWeight == nil || codes.hasRowPerScene,
      "found deviations of codes on trajectories")
    state.keepDeviations(configuration.divergenceWeight != nil)
    if state.occupancy.isEmpty {
      let cells = CellGrid(bound: bound, resolution: configuration.gridResolution)
      state.occupancy = [OccupancyEstimate](
        repeating: OccupancyEstimate(cells: cells), count: scenes.count)
    }
    if state.step == 0 { state.visitCounts = [Int](repeating: 0, count: scenes.count) }
    precondition(
      state.occupancy.count == scenes.count && state.visitCounts.count == scenes.count,
      "found cells of \(state.occupancy.count) scenes, expected \(scenes.count)")
    self.state = state
    self.health = health ?? TrainingGuard(lastGood: state)
    self.scenes = scenes
    self.regularizer = regularizer
    self.firstSceneCount =
      firstSceneCount ?? scenes.count / (1 + configuration.variantsPerScene)
    self.architecture = architecture
    self.bound = bound
    self.configuration = configuration
    self.threadCount = threadCount
    schedule = LearningRateSchedule(
      warmupSteps: configuration.warmupSteps, finalShare: configuration.finalRateShare)
    widths = TrainedWidths(configuration, of: architecture, over: bound)
    workers = widths.workers(configuration, threadCount: threadCount)
    look = OccupancyLook(threadCount: threadCount)
  }

  /// Takes one step.
  ///
  /// - Parameters:
  ///   - progress: the share of the budget that is used up, 0…1; decides learning rates and the weight
  ///     of the foreground.
  ///   - measuresPhases: whether to report where the time went. The process must do nothing else.
  ///   - changeGradient: may change the gradient of the field weights, `[scenes × field weights]`, to
  ///     see what becomes of it.
  package mutating func step(
    progress: Float, measuresPhases: Bool = false, changeGradient: ((inout [Float]) -> Void)? = nil
  ) -> StepReport {
    var clock = PhaseClock(isRunning: measuresPhases) { ProcessorClock.processSeconds }
    let batch = health.batch(ofStep: state.step)
    let random = SeededGenerator(seed: configuration.seed, 1, UInt64(batch))
    let chosen = scenes(ofBatch: batch)

    // 1. Codes → field weights, for all scenes of the step at once.
    sceneCodes.gather(chosen, from: state.latents, into: &codes)
    let moves = state.deviations?.move(&codes, ofRows: chosen, random: random.split(2)) ?? []
    let held = regularizer?.rows(ofStep: batch) ?? []
    state.hypernetwork.forward(
      codes: codes + (regularizer?.codes(ofRows: held) ?? []), batch: chosen.count + held.count,
      into: &pass, threadCount: threadCount)
    let fields = widths.fields(
      of: pass.weights, sceneCount: chosen.count, threadCount: threadCount)
    clock.end(.hypernetworkForward)

    // 2. Where the scenes have density.
    updateEstimates(of: chosen, fields: fields, random: random.split(0))
    clock.end(.occupancy)

    // 3. Rays → loss → gradients of the field weights, slice by slice.
    let rayCount = accumulateGradients(
      of: chosen, fields: fields, progress: progress, random: random.split(1),
      measuresPhases: measuresPhases)
    var loss = 0.0
    var sampleCount = 0
    var narrowSampleCount = 0
    for slice in slices {
      if slice.width == 0 {
        loss += slice.sums.loss / Double(rayCount)
        sampleCount += slice.sums.sampleCount
      } else {
        narrowSampleCount += slice.sums.sampleCount
      }
      if let seconds = slice.sums.seconds { clock.add(seconds) }
    }

    // 4. Gradients of the field weights → hypernetwork and codes.
    sumSlices()
    let weights = pass.weights
    let change = hold(weights, first: chosen.count, rows: held)
    changeGradient?(&pass.weightGradient)
    let norm = pass.weightGradient.span.dot(pass.weightGradient.span).squareRoot()
    let gradientScale = health.gradientScale(norm: norm)
    if gradientScale < 1 {
      for index in pass.weightGradient.indices { pass.weightGradient[index] *= gradientScale }
    }
    state.hypernetwork.backward(&pass, threadCount: threadCount)
    // Held codes rest.
    var codeGradient = Array(pass.codeGradient.prefix(codes.count))
    let penalty = Loss.latentPenalty(
      codes: codes, weight: configuration.latentPenalty, gradient: &codeGradient)
    let slopes = state.deviationSlopes(
      ofRows: chosen, moves: moves, weight: configuration.divergenceWeight,
      gradient: &codeGradient)
    clock.end(.hypernetworkBackward)

    // 5. One step of Adam, unless a number is not finite: then nothing changes.
    let isFinite =
      (loss + change + penalty + slopes.penalty).isFinite && norm.isFinite
      && codeGradient.span.hasFiniteSquares
      && slopes.logarithms.span.hasFiniteSquares
      && state.hypernetwork.hasFiniteGradients(after: pass)
    if isFinite {
      let rows = sceneCodes.rowGradients(
        of: chosen, codeGradient: codeGradient, table: state.latents)
      state.update(
        after: pass, rows: rows, chosen: chosen, slopes: slopes, configuration: configuration,
        rateShare: health.rateShare * schedule.share(step: state.step, progress: progress),
        codeLength: configuration.normalizesCodes ? codeLength : nil, threadCount: threadCount)
    } else {
      state.skippedStepCount += 1
    }
    state.step += 1
    takeAverage()
    let earlier = samplesPerRay
    state.samplesPerRay = earlier + 0.1 * (Double(sampleCount) / Double(rayCount) - earlier)
    if isFinite { state.smoothedLoss = state.smoothedLoss.map { 0.99 * $0 + 0.01 * loss } ?? loss }

    // 6. A look at the numbers, and a step back where they went wrong.
    let outcome = health.judge(
      TrainingGuard.StepNumbers(batch: batch, loss: loss, norm: norm, isFinite: isFinite),
      state: &state, limits: limits)
    clock.end(.optimizer)
    return StepReport(
      loss: loss, change: change, rayCount: rayCount,
      sampleCount: sampleCount + narrowSampleCount,
      wasSkipped: !isFinite, wasClipped: gradientScale < 1, outcome: outcome, seconds: clock.seconds
    )
  }

  /// Goes back to the last good state if this one is damaged; for use before it is saved.
  ///
  /// - Returns: nil where the state is sound.
  package mutating func settle() -> TrainingGuard.Outcome? {
    health.settle(&state, limits: limits)
  }

  /// Whether the state is the one to go back to, so that saving it takes the least.
  package var isAtLastGood: Bool { health.lastGood.step == state.step }

  private var limits: SoundnessLimits {
    SoundnessLimits(
      learningRate: configuration.learningRate, codeLearningRate: configuration.codeLearningRate,
      codeLength: configuration.normalizesCodes ? codeLength : nil)
  }

  /// At first half of a ray's way through the bound.
  private var samplesPerRay: Double {
    state.samplesPerRay ?? Double(configuration.samplesPerDiagonal) / 2
  }

  /// Adds what holds the old scenes' weights to the gradient; returns what they add to the loss.
  private mutating func hold(_ weights: [Float], first: Int, rows: [Int]) -> Double {
    let threadCount = threadCount
    return regularizer?.evaluate(
      weights, first: first, rows: rows, gradient: &pass.weightGradient, threadCount: threadCount)
      ?? 0
  }

  private mutating func takeAverage() {
    var average: WeightAverage?
    swap(&average, &state.average)
    average?.add(
      state.hypernetwork, state.latents, step: state.step, decay: configuration.averageDecay,
      threadCount: threadCount)
    swap(&average, &state.average)
  }

  /// Adds the slices' gradients up, scene by scene, in the slices' order.
  private mutating func sumSlices() {
    let (slices, widths) = (slices, widths)
    ParallelLoop.forEachChunk(
      of: &pass.weightGradient, chunkLength: state.hypernetwork.target.count,
      threadCount: threadCount
    ) { scene, row in
      for slice in slices where slice.scene == scene {
        if slice.index == 0 {
          row.replace(with: slice.weightGradient.values.span)
        } else {
          widths.add(slice.weightGradient, ofWidth: slice.width, to: &row)
        }
      }
    }
  }

  private func scenes(ofBatch batch: Int) -> [Int] {
    let order = SceneOrder(
      seed: configuration.seed, sceneCount: scenes.count, ownCount: firstSceneCount)
    return order.scenes(ofBatch: batch, count: configuration.scenesPerStep)
  }

  /// Rays of a slice, so that the step has about the samples it aims at.
  private func raysPerSlice(sliceCount: Int) -> Int {
    let wanted = Double(configuration.samplesPerStep) / max(samplesPerRay, 1)
    return max(1, min(Int(wanted), configuration.raysPerStep) / sliceCount)
  }

  /// The length that codes of the initial deviation have on average.
  private var codeLength: Float {
    state.hypernetwork.architecture.latentDeviation * Float(state.latents.width).squareRoot()
  }

  private func slicesPerScene(sceneCount: Int) -> Int { max(1, Self.slicesPerStep / sceneCount) }

  /// Looks at a scene's grid at its first visit, then every few visits, and later rarer and rarer.
  private mutating func updateEstimates(
    of chosen: [Int], fields: [[CoordinateMLP]], random: SeededGenerator
  ) {
    var due: [(index: Int, fields: [CoordinateMLP])] = []
    for (scene, fields) in zip(chosen, fields) {
      state.visitCounts[scene] += 1
      let visits = state.visitCounts[scene]
      // A quarter of the visits so far, as a power of two.
      let rarer = visits < 64 ? 8 : 1 << (Int.bitWidth - 3 - visits.leadingZeroBitCount)
      // Scenes are due at different visits, so that steps cost alike.
      if visits == 1 || (visits + scene) % min(rarer, configuration.gridPeriod) == 0 {
        due.append((scene, fields))
      }
    }
    look.update(
      &state.occupancy, scenes: due, decay: configuration.gridDecay, random: random)
  }

  /// Fills the slices; returns the number of rays of those of the whole fields.
  private mutating func accumulateGradients(
    of chosen: [Int], fields: [[CoordinateMLP]], progress: Float, random: SeededGenerator,
    measuresPhases: Bool
  ) -> Int {
    let perScene = slicesPerScene(sceneCount: chosen.count)
    let rayCount = raysPerSlice(sliceCount: perScene * chosen.count)
    widths.prepare(&slices, sceneCount: chosen.count, perScene: perScene)
    let total = rayCount * perScene * chosen.count
    let weights = widths.rayWeights(
      sliceLength: rayCount, sceneCount: chosen.count, perScene: perScene)
    let configuration = configuration
    let foregroundShare =
      configuration.foregroundShare
      + (configuration.finalForegroundShare - configuration.foregroundShare) * progress
    let interval =
      bound.diagonal / Float(configuration.samplesPerDiagonal(progress: progress))
    let (scenes, estimates) = (scenes, state.occupancy)
    ParallelLoop.forEach(&slices, workspaces: &workers) { _, slice, worker in
      let index = chosen[slice.scene]
      let (scene, estimate) = (scenes[index], estimates[index])
      let stream = random.split(UInt64(index)).split(UInt64(slice.index))
      slice.weightGradient.values.clear()
      slice.sums = worker[slice.width].accumulate(
        drawing: {
          $0.draw(
            rayCount, of: scene, random: stream, foregroundShare: foregroundShare,
            within: estimate.occupiedBox, near: configuration.near)
        }, weight: weights[slice.width], interval: interval,
        field: fields[slice.scene][slice.width], occupied: estimate.occupied,
        weightGradient: &slice.weightGradient, measuresPhases: measuresPhases)
    }
    return total
  }
}
