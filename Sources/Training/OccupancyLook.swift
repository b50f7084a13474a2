import Kernels
import NeuralFields
import VolumeRendering

/// A look at the cells of several scenes' grids at once: density at one random point of each.
struct OccupancyLook {
  /// A block of one scene's cells: the unit of parallel work.
  private struct Block {
    let place: Int
    let cells: ArraySlice<CellPlace>
    /// σ of each.
    var densities: [Float] = []
  }

  private var batches: [FieldBatch]

  init(threadCount: Int) {
    batches = ParallelLoop.workspaces(threadCount: threadCount) {
      FieldBatch(capacity: OccupancyGrid.blockLength)
    }
  }

  /// Updates the estimates of some scenes.
  ///
  /// - Parameters:
  ///   - scenes: with the fields that share each one's estimate: the densest counts.
  ///   - random: the stream of this update; every block of cells draws from its own part.
  mutating func update(
    _ estimates: inout [OccupancyEstimate], scenes: [(index: Int, fields: [CoordinateMLP])],
    decay: Float, random: SeededGenerator
  ) {
    guard !scenes.isEmpty else { return }
    let due = scenes.map { estimates[$0.index].dueCells }
    var blocks: [Block] = []
    for (place, cells) in due.enumerated() {
      for start in stride(from: 0, to: cells.count, by: OccupancyGrid.blockLength) {
        let end = min(start + OccupancyGrid.blockLength, cells.count)
        blocks.append(Block(place: place, cells: cells[start..<end]))
      }
    }
    let cells = estimates[scenes[0].index].cells
    ParallelLoop.forEach(&blocks, workspaces: &batches) { _, block, batch in
      let scene = scenes[block.place]
      var stream = random.split(UInt64(scene.index)).split(UInt64(block.cells.startIndex))
      Self.draw(block.cells, of: cells, into: &batch, random: &stream)
      for (number, field) in scene.fields.enumerated() {
        field.evaluate(&batch)
        if number == 0 {
          block.densities = Array(batch.density[..<batch.count])
        } else {
          for place in block.densities.indices where batch.density[place] > block.densities[place] {
            block.densities[place] = batch.density[place]
          }
        }
      }
    }
    var sampled = [[Float]](repeating: [], count: scenes.count)
    for block in blocks { sampled[block.place] += block.densities }
    let densities = sampled
    var touched = scenes.map { estimates[$0.index] }
    var unused = [Bool](repeating: false, count: batches.count)
    ParallelLoop.forEach(&touched, workspaces: &unused) { place, estimate, _ in
      estimate.update(due[place], with: densities[place], decay: decay)
    }
    for (scene, estimate) in zip(scenes, touched) { estimates[scene.index] = estimate }
  }
}

extension OccupancyLook {
  /// Fills a batch with one random point of each of some cells.
  ///
  /// Directions stay what they were, as density does not depend on them.
  private static func draw(
    _ places: ArraySlice<CellPlace>, of cells: CellGrid, into batch: inout FieldBatch,
    random: inout SeededGenerator
  ) {
    batch.count = places.count
    // Taken out, so that each array is looked at once and not at every cell.
    var (x, y, z): ([Float], [Float], [Float]) = ([], [], [])
    swap(&x, &batch.x)
    swap(&y, &batch.y)
    swap(&z, &batch.z)
    for (index, place) in places.enumerated() {
      let position = cells.position(in: place.cell, offset: random.pointOfUnitCube())
      x[index] = position.x
      y[index] = position.y
      z[index] = position.z
    }
    swap(&x, &batch.x)
    swap(&y, &batch.y)
    swap(&z, &batch.z)
  }
}

extension SeededGenerator {
  /// Uniform in [0, 1)³, in steps of 2⁻²¹: one draw's bits.
  fileprivate mutating func pointOfUnitCube() -> SIMD3<Float> {
    let bits = next()
    return SIMD3(
      Float(bits & 0x1F_FFFF), Float(bits >> 21 & 0x1F_FFFF), Float(bits >> 42 & 0x1F_FFFF))
      * 0x1p-21
  }
}
