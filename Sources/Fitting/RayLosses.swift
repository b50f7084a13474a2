import Kernels
package import NeuralFields
package import Training
import VolumeRendering

/// The loss of rays without gradients: for comparing fields.
package struct RayLosses {
  /// Samples of a full batch, and room for one ray more.
  private static let preferredCount = 512

  private struct Workspace {
    var batch: FieldBatch
    var gradient: FieldOutputGradient
    var pending: RayLoss
  }

  private var workspaces: [Workspace]
  private let longestRay: Int
  private let keepsDirections: Bool
  package let interval: Float

  package init(
    architecture: FieldArchitecture, bound: BoundingBox, samplesPerDiagonal: Int, threadCount: Int
  ) {
    longestRay = samplesPerDiagonal + 2
    interval = bound.diagonal / Float(samplesPerDiagonal)
    keepsDirections = architecture.directionOctaves != nil
    let capacity = Self.preferredCount + longestRay
    workspaces = ParallelLoop.workspaces(threadCount: threadCount) {
      Workspace(
        batch: FieldBatch(capacity: capacity), gradient: FieldOutputGradient(capacity: capacity),
        pending: RayLoss(capacity: capacity))
    }
  }

  /// One job: the rays of one field.
  package struct Job: Sendable {
    package let rays: [TrainingRay]
    package let field: CoordinateMLP
    package let occupancy: FitOccupancy

    package init(rays: [TrainingRay], field: CoordinateMLP, occupancy: FitOccupancy) {
      self.rays = rays
      self.field = field
      self.occupancy = occupancy
    }
  }

  /// The mean over each job's rays of the mean squared error of the channels.
  package mutating func means(count: Int, _ job: @Sendable (Int) -> Job) -> [Double] {
    let (longestRay, interval, keepsDirections) = (longestRay, interval, keepsDirections)
    return ParallelLoop.map(count: count, workspaces: &workspaces) { index, workspace in
      let job = job(index)
      var sum = 0.0
      func finish(_ workspace: inout Workspace) {
        guard workspace.batch.count > 0 else { return }
        job.field.evaluate(&workspace.batch)
        sum += workspace.pending.backward(
          rayCount: workspace.pending.rayCount, batch: &workspace.batch, interval: interval,
          weight: 1, gradient: &workspace.gradient)
        workspace.pending.removeFirst(workspace.pending.rayCount)
        workspace.batch.count = 0
      }
      for ray in job.rays {
        let found = workspace.batch.append(
          ray, in: job.occupancy.occupied, interval: interval, atMost: longestRay,
          keepsDirection: keepsDirections)
        if found == 0 {
          sum += Loss.squaredError(ray.background, target: ray.target)
        } else {
          workspace.pending.append(
            end: workspace.batch.count, target: ray.target, background: ray.background)
          if workspace.batch.count >= Self.preferredCount { finish(&workspace) }
        }
      }
      finish(&workspace)
      return job.rays.isEmpty ? 0 : sum / Double(job.rays.count)
    }
  }

  /// The mean loss of many rays of one field.
  package mutating func mean(
    _ rays: [TrainingRay], field: CoordinateMLP, occupancy: FitOccupancy
  ) -> Double {
    let length = 256
    let count = (rays.count + length - 1) / length
    let means = means(count: count) { index in
      Job(
        rays: Array(rays[index * length..<min((index + 1) * length, rays.count)]), field: field,
        occupancy: occupancy)
    }
    var sum = 0.0
    for (index, mean) in means.enumerated() {
      sum += mean * Double(min((index + 1) * length, rays.count) - index * length)
    }
    return rays.isEmpty ? 0 : sum / Double(rays.count)
  }
}
