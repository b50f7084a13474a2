package import NeuralFields

/// How the codes of a training's scenes come from the rows of its table.
///
///     codeᵢ = Σⱼ wᵢⱼ rowⱼ        ∂L/∂rowⱼ = Σᵢ wᵢⱼ ∂L/∂codeᵢ
///
/// A scene at rest has a row of its own. A moment of a moving scene weighs the rows of the scene's
/// trajectory, which are held smooth; all of them move when one moment is learned from.
package struct SceneCodes: Sendable {
  private struct Term {
    let row: Int
    let weight: Float
  }

  /// One scene of a training: a row, or a moment on a trajectory.
  package enum Source: Sendable, Hashable {
    case row(Int)
    /// `time` in 0…1.
    case moment(trajectory: Int, time: Float)
  }

  /// The rows of each scene with a weight other than 0, in ascending order.
  private let terms: [[Term]]
  private let sources: [Source]
  private let trajectories: [LatentTrajectory]
  /// Weight of the trajectories' roughness in the loss.
  private let smoothness: Float

  /// A row per scene.
  package init(rowPerScene count: Int) {
    self.init(sources: (0..<count).map { .row($0) }, trajectories: [], smoothness: 0)
  }

  package init(sources: [Source], trajectories: [LatentTrajectory], smoothness: Float) {
    self.sources = sources
    self.trajectories = trajectories
    self.smoothness = smoothness
    terms = sources.map { source in
      switch source {
      case .row(let row):
        return [Term(row: row, weight: 1)]
      case .moment(let index, let time):
        let trajectory = trajectories[index]
        return zip(trajectory.rows, trajectory.weights(at: Double(time)))
          .filter { $0.1 != 0 }.map { Term(row: $0.0, weight: Float($0.1)) }
      }
    }
  }

  package var sceneCount: Int { sources.count }

  /// Each scene's name: that of its row, or the moving scene's with the time.
  ///
  /// - Parameter table: whose rows they are.
  func names(in table: LatentTable) -> [String] {
    sources.map { source in
      switch source {
      case .row(let row): table.names[row]
      case .moment(let index, let time):
        "\(trajectories[index].scene)\(LatentTrajectory.rowSeparator)time\(time)"
      }
    }
  }

  /// Whether every scene has a row of its own, in their order.
  var hasRowPerScene: Bool { sources == (0..<sources.count).map { .row($0) } }

  /// The codes of some scenes.
  ///
  /// - Parameter codes: becomes `[chosen × width]`.
  package func gather(_ chosen: [Int], from table: LatentTable, into codes: inout [Float]) {
    codes.removeAll(keepingCapacity: true)
    for scene in chosen {
      let start = codes.count
      for (place, term) in terms[scene].enumerated() {
        for (index, source) in table.range(ofRow: term.row).enumerated() {
          let value = term.weight * table.values[source]
          if place == 0 { codes.append(value) } else { codes[start + index] += value }
        }
      }
    }
  }

  /// What some scenes' codes ask of the rows, and of moving scenes what smoothness asks.
  ///
  /// - Parameter codeGradient: ∂L/∂code, `[chosen × width]`.
  /// - Returns: the rows that learn and ∂L/∂row, in the order in which the scenes name them.
  package func rowGradients(
    of chosen: [Int], codeGradient: [Float], table: LatentTable
  ) -> [(row: Int, gradient: [Float])] {
    var result: [(row: Int, gradient: [Float])] = []
    var places: [Int: Int] = [:]
    let width = table.width
    for (place, scene) in chosen.enumerated() {
      if case .moment(let index, _) = sources[scene], places[trajectories[index].firstRow] == nil {
        for (row, gradient) in roughnessGradients(of: trajectories[index], table: table) {
          places[row] = result.count
          result.append((row, gradient))
        }
      }
      for term in terms[scene] {
        let own = codeGradient[place * width..<(place + 1) * width]
        guard let known = places[term.row] else {
          places[term.row] = result.count
          result.append((term.row, own.map { term.weight * $0 }))
          continue
        }
        for (index, value) in own.enumerated() {
          result[known].gradient[index] += term.weight * value
        }
      }
    }
    return result
  }

  private func roughnessGradients(
    of trajectory: LatentTrajectory, table: LatentTable
  ) -> [(row: Int, gradient: [Float])] {
    let width = table.width
    let range = trajectory.firstRow * width..<trajectory.rows.upperBound * width
    var gradient = [Float](repeating: 0, count: range.count)
    _ = trajectory.roughness(
      of: Array(table.values[range]), width: width, weight: smoothness, gradient: &gradient)
    return trajectory.rows.enumerated().map { place, row in
      (row, Array(gradient[place * width..<(place + 1) * width]))
    }
  }
}
