import Checkpoints
import Kernels
package import NeuralFields
import VolumeRendering

/// Where a fit of a path begins: what of the model shows a sequence best.
package enum PathStart: Sendable, Hashable {
  /// A moving scene of the model, its motion begun at a time of its own, 0…1.
  case scene(LatentTrajectory, from: Double)
  /// A code at rest: a row of `FitModel.codes`.
  case rest(row: Int)
  /// The mean of the prior, at rest.
  case mean

  var moves: Bool {
    if case .scene = self { true } else { false }
  }
}

extension Fitter {
  /// Starts of paths, the best first: of every moving scene of the model its best phase, and codes at
  /// rest.
  ///
  /// Some rays of some frames are shown by every code that the model knows; a moving scene's loss is that
  /// of the moments of its motion at the frames' times. Where scene and sequence loop, the sequence may
  /// begin anywhere in the motion.
  ///
  /// - Parameter rays: of the frames.
  mutating func pathStarts(
    for sequence: FitSequence, rays: [FitRays], settings path: SequenceFitSettings
  ) -> [(start: PathStart, loss: Double)] {
    let frames = FitModel.spread(over: rays.count, count: path.rankingFrames)
    let everywhere = FitOccupancy(everywhereIn: model.bound)
    let drawn = frames.map { frame in
      rays[frame].draw(
        path.rankingRays, within: everywhere.box, near: model.near,
        random: SeededGenerator(seed: settings.seed, 2, UInt64(frame)))
    }
    let codeCount = model.codes.names.count
    // One code more: the mean.
    let losses = losses(
      of: (0..<codeCount).map { model.codes[$0] } + [model.prior.mean], for: drawn)
    func loss(of code: Int) -> Double {
      frames.indices.reduce(0) { $0 + losses[code][$1] } / Double(frames.count)
    }
    var starts = (0..<codeCount).map { (start: PathStart.rest(row: $0), loss: loss(of: $0)) }
    starts.append((.mean, loss(of: codeCount)))
    for trajectory in model.checkpoint.configuration.motion ?? [] {
      let turns = trajectory.loops && sequence.loops
      let phases = turns ? trajectory.keyTimes : [0]
      let own = phases.map { phase -> (start: PathStart, loss: Double) in
        let sum = frames.enumerated().reduce(0.0) { sum, frame in
          let time = sequence.frames[frame.element].time + phase
          let step = (time * Double(trajectory.rowCount - (trajectory.loops ? 0 : 1))).rounded()
          let row = trajectory.firstRow + Int(step) % trajectory.rowCount
          return sum + losses[row][frame.offset]
        }
        return (.scene(trajectory, from: phase), sum / Double(frames.count))
      }
      if let best = own.min(by: { $0.loss < $1.loss }) { starts.append(best) }
    }
    return starts.enumerated().sorted {
      ($0.element.loss, $0.offset) < ($1.element.loss, $1.offset)
    }
    .map(\.element)
  }

  /// A start's code at a time of a sequence.
  package func code(of start: PathStart, at time: Double) -> LatentCode {
    switch start {
    case .mean: model.prior.mean
    case .rest(let row): model.codes[row]
    case .scene(let trajectory, let phase):
      model.checkpoint.latents.code(
        of: trajectory, at: phase == 0 ? time : (time + phase).truncatingRemainder(dividingBy: 1))
    }
  }
}
