import Checkpoints
import Foundation
import Kernels
package import NeuralFields
import Training
import VolumeRendering

/// What a fit of a path to a sequence found.
package struct SequenceFit: Sendable {
  /// The keys' codes, and how time goes over them.
  package let trajectory: LatentTrajectory
  package let keys: [LatentCode]
  /// Steps of all starts together.
  package let stepCount: Int
  /// The start that was chosen, and what of the model showed the sequence best before any step: a moving
  /// scene where it knows some.
  package let start: PathStart
  package let nearest: PathStart
  /// PSNR of the held-out pixels at the start and at the end, dB; nil where none were held out.
  package let heldOutBefore: Double?
  package let heldOutAfter: Double?

  /// - Parameter time: 0…1.
  package func code(at time: Double) -> LatentCode {
    LatentTable(
      names: trajectory.rowNames, width: keys[0].values.count, values: keys.flatMap(\.values)
    ).code(of: trajectory, at: time)
  }
}

extension Fitter {
  /// Fits a path of codes to a sequence of known cameras.
  ///
  /// A spline through keys at equal steps of time. Some starts take a few steps, the best of them goes on,
  /// and held-out pixels say which of its steps is the result.
  ///
  /// - Parameters:
  ///   - sequence: in the size that is fitted to.
  ///   - isOutOfTime: asked after every step; the steps then end.
  package mutating func fitPath(
    to sequence: FitSequence, settings path: SequenceFitSettings = SequenceFitSettings(),
    isOutOfTime: () -> Bool = { false }
  ) -> SequenceFit {
    let times = sequence.frames.map(\.time)
    let rays = sequence.rays(
      mirror: model.mirror, mirrorShare: settings.mirrorShare, heldOutShare: path.heldOutShare,
      random: SeededGenerator(seed: settings.seed, 3))
    let trajectory = LatentTrajectory(
      scene: "", curve: .spline, firstRow: 0, rowCount: min(path.keyCount, Set(times).count),
      loops: sequence.loops, seconds: sequence.seconds)
    let ranked = pathStarts(for: sequence, rays: rays, settings: path).map(\.start)
    // Scenes that move first, where there are some: what is at rest would have to learn to move.
    let known = ranked.filter(\.moves)
    let nearest = known.first ?? ranked[0]
    let resting = ranked.filter { !$0.moves && $0 != .mean }
    let starts = Array((known + resting).prefix(path.startCount - 1)) + [.mean]
    let random = SeededGenerator(seed: settings.seed, 1)
    var fits = starts.map { start in
      let keys = trajectory.keyTimes.flatMap { model.prior.whitened(code(of: start, at: $0)) }
      return PathFit(trajectory, keys: keys, frameCount: times.count)
    }
    var stepCount = 0
    func frames(ofStep step: Int) -> [Int] {
      // Every frame once, in an order of its own each round, before one comes again.
      let count = min(path.framesPerStep, times.count)
      let perRound = times.count / count
      let (round, place) = step.quotientAndRemainder(dividingBy: perRound)
      var order = Array(times.indices)
      var own = random.split(UInt64(round)).split(1)
      for index in order.indices.dropLast() {
        order.swapAt(index, index + own.index(below: order.count - index))
      }
      return Array(order[place * count..<(place + 1) * count])
    }
    func advance(_ fit: inout PathFit, step: Int, rate: Float) {
      fit.step(
        frames(ofStep: step), times: times, rays: rays, model: model, settings: settings,
        path: path, gradients: &gradients, learningRate: rate,
        random: random.split(UInt64(step)).split(0), threadCount: threadCount)
      stepCount += 1
    }
    for place in fits.indices {
      for step in 0..<path.startSteps where place == 0 || !isOutOfTime() {
        advance(&fits[place], step: step, rate: path.learningRate)
      }
    }
    let chosen = fits.indices.min { fits[$0].objective < fits[$1].objective } ?? 0
    var fit = fits[chosen]
    fits.removeAll()
    let firstKeys = trajectory.keyTimes.flatMap {
      model.prior.whitened(code(of: starts[chosen], at: $0))
    }
    let before = heldOutLoss(of: firstKeys, fit: fit, times: times, rays: rays)
    var best = (loss: before, keys: before == nil ? fit.mean : firstKeys)
    var looks = 0
    for step in 0..<path.steps {
      if isOutOfTime() || looks >= path.patience { break }
      let progress = Float(step) / Float(path.steps)
      let share =
        settings.finalRateShare + (1 - settings.finalRateShare) * (1 + cos(.pi * progress)) / 2
      advance(&fit, step: path.startSteps + step, rate: path.learningRate * share)
      guard step % path.heldOutPeriod == path.heldOutPeriod - 1 else { continue }
      let seen = heldOutLoss(of: fit.mean, fit: fit, times: times, rays: rays)
      guard let seen, let least = best.loss, seen >= least else {
        let isGain = (seen ?? 0) < (best.loss ?? 0) * (1 - settings.plateauShare)
        looks = isGain || seen == nil ? 0 : looks + 1
        best = (seen, fit.mean)
        continue
      }
      looks += 1
    }
    let width = model.prior.width
    return SequenceFit(
      trajectory: trajectory,
      keys: (0..<trajectory.rowCount).map { key in
        model.prior.code(whitened: Array(best.keys[key * width..<(key + 1) * width]))
      }, stepCount: stepCount, start: starts[chosen], nearest: nearest,
      heldOutBefore: before.map(Self.psnr), heldOutAfter: best.loss.map(Self.psnr))
  }

  /// The mean over some frames of the loss of their held-out pixels; nil where there are none.
  private mutating func heldOutLoss(
    of keys: [Float], fit: PathFit, times: [Double], rays: [FitRays]
  ) -> Double? {
    let (model, length, occupancy) = (model, model.layout.count, fit.occupancy)
    let frames = FitModel.spread(over: times.count, count: 24)
      .filter { rays[$0].heldOutCount > 0 }
    guard !frames.isEmpty else { return nil }
    let codes = frames.flatMap { frame in
      model.prior.code(
        whitened: PathFit.whitened(keys, fit.trajectory.weights(at: times[frame]))
      ).values
    }
    let weights = model.checkpoint.hypernetwork.forward(
      codes: codes, batch: frames.count, threadCount: threadCount
    ).weights
    let everywhere = FitOccupancy(everywhereIn: model.bound)
    let sum = losses(count: frames.count) { index in
      let frame = frames[index]
      let known = occupancy[frame] ?? everywhere
      return RayLosses.Job(
        rays: rays[frame].heldOutRays(within: known.box, near: model.near, limit: 256),
        field: model.field(
          FieldWeights(Array(weights[index * length..<(index + 1) * length]))),
        occupancy: known)
    }.reduce(0, +)
    return sum / Double(frames.count)
  }
}

extension Fitter {
  /// Looks at a fitted path, at some of its frames.
  package func assess(_ fit: SequenceFit, on sequence: FitSequence) -> FitAssessment {
    FitAssessment(
      over: FitModel.spread(over: sequence.frames.count, count: 8).map { index in
        let frame = sequence.frames[index]
        return assess(
          SceneLatent(code: fit.code(at: frame.time)), views: [(frame.picture, frame.camera)])
      })
  }
}
