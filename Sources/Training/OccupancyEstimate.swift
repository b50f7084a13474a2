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
  private(set) var updateCount = 0

  /// Nothing known: every cell is occupied.
  package init(cells: CellGrid) {
    grid = OccupancyGrid(fullyOccupied: cells)
    densities = [Float](repeating: 0, count: cells.cellCount)
  }

  /// Takes in one new density per cell.
  package mutating func update(with sampled: [Float], decay: Float) {
    for index in densities.indices {
      densities[index] = max(densities[index] * decay, sampled[index])
    }
    updateCount += 1
    grid = OccupancyGrid(
      cells: grid.cells, densities: densities,
      threshold: OccupancyGrid.threshold(for: grid.cells))
  }
}

extension OccupancyEstimate {
  /// Updates the estimates of several scenes, each from one random point per cell.
  ///
  /// - Parameter random: the stream of this update; every cell draws from its own part of it.
  static func update(
    _ estimates: inout [OccupancyEstimate], scenes: [(index: Int, field: CoordinateMLP)],
    decay: Float, random: SeededGenerator, batches: inout [FieldBatch]
  ) {
    guard let first = scenes.first else { return }
    let cells = estimates[first.index].grid.cells
    let length = OccupancyGrid.blockLength
    let blocksPerScene = (cells.cellCount + length - 1) / length
    let blocks = ParallelLoop.map(
      count: scenes.count * blocksPerScene, workspaces: &batches
    ) { item, batch in
      let (scene, block) = item.quotientAndRemainder(dividingBy: blocksPerScene)
      let range = block * length..<min((block + 1) * length, cells.cellCount)
      var stream = random.split(UInt64(scenes[scene].index)).split(UInt64(block))
      return OccupancyGrid.densities(
        of: scenes[scene].field, in: cells, range: range, batch: &batch
      ) { _ in
        SIMD3(stream.uniform(), stream.uniform(), stream.uniform())
      }
    }
    var touched = scenes.map { estimates[$0.index] }
    var unused = [Bool](repeating: false, count: batches.count)
    ParallelLoop.forEach(&touched, workspaces: &unused) { scene, estimate, _ in
      let first = scene * blocksPerScene
      estimate.update(
        with: Array(blocks[first..<first + blocksPerScene].joined()), decay: decay)
    }
    for (scene, estimate) in zip(scenes, touched) { estimates[scene.index] = estimate }
  }
}
