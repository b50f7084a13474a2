import Checkpoints
import Datasets
import NeuralFields

/// A scene as a model's library counts it: no variant of another, and one that moves with all of its moments.
struct LibraryScene {
  let name: String
  /// One of a scene at rest, without a time; of one that moves those of its path's `spreadTimes`.
  let moments: [Moment]

  struct Moment {
    /// 0…1.
    let time: Double?
    let code: LatentCode
  }

  private let path: LatentTrajectory?

  /// The scenes of a model, in the order of their rows.
  static func scenes(of model: Checkpoint) -> [LibraryScene] {
    let motion = model.configuration.motion ?? []
    return model.latents.ownRows.compactMap { row in
      guard let path = motion.first(where: { $0.rows.contains(row) }) else {
        return LibraryScene(
          name: model.latents.names[row],
          moments: [Moment(time: nil, code: model.latents[row])], path: nil)
      }
      guard row == path.firstRow else { return nil }
      return LibraryScene(
        name: path.scene,
        moments: path.spreadTimes.map { time in
          Moment(time: time, code: model.latents.code(of: path, at: time))
        }, path: path)
    }
  }

  /// A data set's views by the code that they show: all of a scene at rest, those of each time of one that moves.
  func viewsByCode(
    _ views: [PosedImage], of model: Checkpoint
  ) -> [(code: LatentCode, views: [PosedImage])] {
    guard let path else { return [(moments[0].code, views)] }
    return Dictionary(grouping: views, by: \.time).sorted { ($0.key ?? 0) < ($1.key ?? 0) }.map {
      time, views in (model.latents.code(of: path, at: Double(time ?? 0)), views)
    }
  }
}
