import Kernels
import NeuralFields
package import VolumeRendering

/// What training knows of one scene's density, cell by cell, and the occupancy grid that follows.
///
///     estimate ← max(decay · estimate, σ at a random point of the cell)
///
/// (Müller et al. 2022, appendix E.1.) The maximum keeps a surface that one draw missed; the decay
/// forgets density that has gone.
package struct OccupancyEstimate: Sendable {
  package private(set) var grid: OccupancyGrid
  private var densities: [Float]
  package private(set) var updateCount = 0

  /// Nothing known: every cell is occupied.
  package init(cells: CellGrid) {
    grid = OccupancyGrid(fullyOccupied: cells)
    densities = [Float](repeating: 0, count: cells.cellCount)
  }

  /// The cells to look at next: all that are occupied, and a different part of the others every time.
  ///
  /// Where nothing is, rays take no samples and hardly anything grows.
  package var dueCells: [Int] {
    let rest = updateCount % Self.emptyCellPeriod
    return (0..<grid.cells.cellCount).filter {
      grid.isOccupied(index: $0) || $0 % Self.emptyCellPeriod == rest
    }
  }

  /// Updates between two looks at an empty cell.
  private static let emptyCellPeriod = 8

  /// Takes in new densities of some cells.
  ///
  /// One that is not finite counts as little above empty: the cell's samples will show it, and it is
  /// soon forgotten.
  package mutating func update(_ indices: [Int], with sampled: [Float], decay: Float) {
    let threshold = OccupancyGrid.threshold(for: grid.cells)
    for (index, density) in zip(indices, sampled) {
      let known = density.isFinite ? density : 2 * threshold
      densities[index] = max(densities[index] * decay, known)
    }
    updateCount += 1
    grid = OccupancyGrid(cells: grid.cells, densities: densities, threshold: threshold)
    // Without a single sample a scene would have no gradient and stay empty for ever.
    if grid.isEmpty { grid = OccupancyGrid(fullyOccupied: grid.cells) }
  }

  /// Updates the estimates of several scenes, each from one random point per cell.
  ///
  /// - Parameter random: the stream of this update; every block of cells draws from its own part.
  static func update(
    _ estimates: inout [OccupancyEstimate], scenes: [(index: Int, field: CoordinateMLP)],
    decay: Float, random: SeededGenerator, batches: inout [FieldBatch]
  ) {
    guard !scenes.isEmpty else { return }
    let cells = estimates[scenes[0].index].grid.cells
    let length = OccupancyGrid.blockLength
    var jobs: [(place: Int, indices: ArraySlice<Int>)] = []
    let due = scenes.map { estimates[$0.index].dueCells }
    for (place, indices) in due.enumerated() {
      for start in stride(from: 0, to: indices.count, by: length) {
        jobs.append((place, indices[start..<min(start + length, indices.count)]))
      }
    }
    let work = jobs
    let blocks = ParallelLoop.map(count: work.count, workspaces: &batches) { item, batch in
      let (place, indices) = work[item]
      var stream = random.split(UInt64(scenes[place].index)).split(UInt64(indices.startIndex))
      return OccupancyGrid.densities(
        of: scenes[place].field, in: cells, at: indices, batch: &batch
      ) {
        SIMD3(stream.uniform(), stream.uniform(), stream.uniform())
      }
    }
    var sampled = [[Float]](repeating: [], count: scenes.count)
    for (job, block) in zip(work, blocks) { sampled[job.place] += block }
    let densities = sampled
    var touched = scenes.map { estimates[$0.index] }
    var unused = [Bool](repeating: false, count: batches.count)
    ParallelLoop.forEach(&touched, workspaces: &unused) { place, estimate, _ in
      estimate.update(due[place], with: densities[place], decay: decay)
    }
    for (scene, estimate) in zip(scenes, touched) { estimates[scene.index] = estimate }
  }
}
