package import Checkpoints
import Kernels
package import NeuralFields
import VolumeRendering

/// What a fit knows of a model: its networks, how its codes lie, and whether its scenes are symmetric.
package struct FitModel: Sendable {
  package let checkpoint: Checkpoint
  /// The codes of its scenes, and of scenes that move those of some moments.
  package let codes: LatentTable
  package let prior: LatentPrior
  /// The plane in which the model's scenes look like their own mirror images, if there is one.
  package let mirror: MirrorPlane?
  /// The standard deviation of each field tensor's weights over the training scenes, in the order of
  /// the field's layout.
  package let weightDeviations: [Float]

  package init(_ checkpoint: Checkpoint, threadCount: Int) {
    self.checkpoint = checkpoint
    let table = checkpoint.sceneCodes
    codes = table
    prior = LatentPrior(table, deviation: checkpoint.configuration.priorDeviation)
    let scenes = Self.spread(over: table.names.count, count: Self.sceneCount)
    let weights = checkpoint.hypernetwork.forward(
      codes: scenes.flatMap { table[$0].values }, batch: scenes.count, threadCount: threadCount
    ).weights
    let length = checkpoint.hypernetwork.target.count
    weightDeviations = Self.deviations(weights, layout: checkpoint.hypernetwork.target)
    let (field, bound) = (checkpoint.configuration.field, checkpoint.configuration.bound)
    let fields = ParallelLoop.map(count: scenes.count, threadCount: threadCount) { index in
      CoordinateMLP(
        architecture: field, bound: bound,
        weights: weights.span.extracting(index * length..<(index + 1) * length))
    }
    mirror = MirrorPlane(
      of: fields, through: checkpoint.configuration.defaultView.target, bound: bound,
      threadCount: threadCount)
  }

  /// Scenes that are looked at to learn about all of them, at most.
  private static let sceneCount = 16

  /// Up to `count` numbers, evenly spread below `limit`.
  package static func spread(over limit: Int, count: Int) -> [Int] {
    count >= limit ? Array(0..<limit) : (0..<count).map { $0 * limit / count }
  }

  private static func deviations(_ weights: [Float], layout: ParameterLayout) -> [Float] {
    let sceneCount = weights.count / layout.count
    return layout.entries.map { entry in
      var sum = 0.0
      for index in entry.range {
        let values = (0..<sceneCount).map { Double(weights[$0 * layout.count + index]) }
        let mean = values.reduce(0, +) / Double(sceneCount)
        sum += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sceneCount)
      }
      return Float((sum / Double(entry.count)).squareRoot())
    }
  }

  package var bound: BoundingBox { checkpoint.configuration.bound }
  package var near: Float { checkpoint.configuration.near }
  package var layout: ParameterLayout { checkpoint.configuration.field.layout }

  /// A field of given weights.
  package func field(_ weights: FieldWeights) -> CoordinateMLP {
    CoordinateMLP(
      architecture: checkpoint.configuration.field, bound: bound, weights: weights)
  }
}

extension FitModel {
  /// The training scenes whose whitened codes lie nearest to a code.
  package func nearestScenes(to code: LatentCode, count: Int) -> [Int] {
    WhitenedCodes(
      codes, rows: Array(codes.names.indices), prior: prior,
      threadCount: 1
    ).nearest(to: code, count: count).map(\.row)
  }
}
