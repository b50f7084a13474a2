package import NeuralFields

extension LatentMix {
  /// The mix with every moving scene replaced by what it is at a time: a mix of its trajectory's rows.
  ///
  /// - Parameters:
  ///   - time: where a trajectory loops, any; else what is outside 0…1 is at the nearer end.
  ///   - trajectories: of the model's moving scenes, and of latent files under their paths.
  package func moment(at time: Double, of trajectories: [LatentTrajectory]) -> LatentMix {
    guard parts.contains(where: { $0.source.trajectory(among: trajectories) != nil }) else {
      return self
    }
    return LatentMix(
      sumOf: parts.map { part in
        let source = part.source
        guard let trajectory = source.trajectory(among: trajectories) else {
          return (LatentMix(source), part.weight)
        }
        let rows = zip(trajectory.rowNames, trajectory.weights(at: trajectory.time(within: time)))
          .enumerated().filter { $0.element.1 != 0 }
          .map { row, part in
            let source: Source =
              if case .file(let path) = source { .row(row, ofFile: path) } else { .scene(part.0) }
            return Part(source: source, weight: Float(part.1))
          }
        return (LatentMix(parts: rows), part.weight)
      })
  }
}

extension LatentMix.Source {
  /// The trajectory of a scene or a latent file that moves; nil for everything else.
  package func trajectory(among trajectories: [LatentTrajectory]) -> LatentTrajectory? {
    switch self {
    case .scene(let name), .file(let name): trajectories.first { $0.scene == name }
    case .row, .mean: nil
    }
  }
}

extension LatentTrajectory {
  /// A time as one of 0…1: of a loop the same moment of its first turn, else the nearer end.
  package func time(within time: Double) -> Double {
    if (0...1).contains(time) { return time }
    return loops ? max(0, time - time.rounded(.down)) : min(max(time, 0), 1)
  }
}
