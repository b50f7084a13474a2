package import NeuralFields

/// What a model shows: its scenes at rest, and those that move at a spread of times.
///
/// What is generated has to be held, or learned, where it is looked at. That is at moments of a path, and its
/// rows are none of them where they are the coefficients of a Fourier path.
extension SceneCodes {
  /// - Parameter motion: the paths over rows of the table; each becomes ``LatentTrajectory/spreadTimes``.
  package init(momentsOf table: LatentTable, motion: [LatentTrajectory]) {
    let sources = table.names.indices.flatMap { row -> [Source] in
      guard let index = motion.firstIndex(where: { $0.rows.contains(row) }) else {
        return [.row(row)]
      }
      guard row == motion[index].firstRow else { return [] }
      return motion[index].spreadTimes.map { .moment(trajectory: index, time: Float($0)) }
    }
    self.init(sources: sources, trajectories: motion, smoothness: 0)
  }
}

extension LatentTable {
  /// The codes of scenes at rest, and of every moving scene those of its moments: with no path the table itself.
  package func moments(of motion: [LatentTrajectory]) -> LatentTable {
    guard !motion.isEmpty else { return self }
    let codes = SceneCodes(momentsOf: self, motion: motion)
    var values: [Float] = []
    codes.gather(Array(0..<codes.sceneCount), from: self, into: &values)
    return LatentTable(names: codes.names(in: self), width: width, values: values)
  }
}
