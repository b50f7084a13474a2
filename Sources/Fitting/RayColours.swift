import Kernels
package import NeuralFields
package import Training
import VolumeRendering

/// What rays show of fields, ray by ray: for comparing fields where a mean loss says too little.
package struct RayColours {
  private struct Workspace {
    var batch: FieldBatch
    /// Where the samples of the waiting rays end, and the rays' numbers.
    var ends: [Int] = []
    var rays: [Int] = []
  }

  /// Samples of a full batch, and room for one ray more.
  private static let preferredCount = 512

  private var workspaces: [Workspace]
  private let longestRay: Int
  private let keepsDirections: Bool
  private let interval: Float

  package init(
    architecture: FieldArchitecture, bound: BoundingBox, samplesPerDiagonal: Int, threadCount: Int
  ) {
    longestRay = samplesPerDiagonal + 2
    interval = bound.diagonal / Float(samplesPerDiagonal)
    keepsDirections = architecture.directionOctaves != nil
    let capacity = Self.preferredCount + longestRay
    workspaces = ParallelLoop.workspaces(threadCount: threadCount) {
      Workspace(batch: FieldBatch(capacity: capacity))
    }
  }

  /// The colours of the same rays in several fields.
  ///
  /// - Parameters:
  ///   - count: of fields.
  ///   - field: the field with a number.
  /// - Returns: for each field `[rays × 3]`, over the rays' backgrounds.
  package mutating func colours(
    of rays: [TrainingRay], occupancy: FitOccupancy, count: Int,
    _ field: @Sendable (Int) -> CoordinateMLP
  ) -> [[Float]] {
    let (longestRay, interval, keepsDirections) = (longestRay, interval, keepsDirections)
    return ParallelLoop.map(count: count, workspaces: &workspaces) { index, workspace in
      let field = field(index)
      var colours = [Float](repeating: 0, count: 3 * rays.count)
      for (number, ray) in rays.enumerated() {
        for axis in 0..<3 { colours[3 * number + axis] = ray.background[axis] }
        let found = workspace.batch.append(
          ray, in: occupancy.occupied, interval: interval, atMost: longestRay,
          keepsDirection: keepsDirections)
        guard found > 0 else { continue }
        workspace.ends.append(workspace.batch.count)
        workspace.rays.append(number)
        if workspace.batch.count >= Self.preferredCount {
          Self.finish(&workspace, field: field, interval: interval, rays: rays, into: &colours)
        }
      }
      Self.finish(&workspace, field: field, interval: interval, rays: rays, into: &colours)
      return colours
    }
  }

  /// Evaluates the samples at hand, and composites the rays that they belong to.
  private static func finish(
    _ workspace: inout Workspace, field: CoordinateMLP, interval: Float, rays: [TrainingRay],
    into colours: inout [Float]
  ) {
    guard workspace.batch.count > 0 else { return }
    field.evaluate(&workspace.batch)
    var start = 0
    for (end, number) in zip(workspace.ends, workspace.rays) {
      var ray = RayAccumulator()
      for sample in start..<end {
        ray.add(
          density: workspace.batch.density[sample],
          radiance: [
            workspace.batch.red[sample], workspace.batch.green[sample],
            workspace.batch.blue[sample],
          ], distance: 0, interval: interval)
      }
      let colour = ray.radiance + rays[number].background * ray.transmittance
      for axis in 0..<3 { colours[3 * number + axis] = colour[axis] }
      start = end
    }
    workspace.batch.count = 0
    workspace.ends.removeAll(keepingCapacity: true)
    workspace.rays.removeAll(keepingCapacity: true)
  }
}
