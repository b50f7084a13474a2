internal import CFieldKernels

/// A grid of cubic cells and which of them are occupied, one bit each.
package struct OccupiedCells: Sendable {
  /// The grid's corner, scene units.
  private let minimum: SIMD3<Float>
  private let inverseCellSize: Float
  /// Cells along x, y and z.
  private let counts: SIMD3<Int>
  /// x fastest: cell i is bit i mod 64 of word i / 64.
  private let words: [UInt64]

  /// - Parameters:
  ///   - cellSize: scene units, > 0.
  ///   - occupied: the numbers of the occupied cells, x fastest.
  package init(
    minimum: SIMD3<Float>, cellSize: Float, counts: SIMD3<Int>, occupied: [Int]
  ) {
    let count = counts.x * counts.y * counts.z
    precondition(count > 0, "found a grid of \(counts), expected at least one cell")
    self.minimum = minimum
    inverseCellSize = 1 / cellSize
    self.counts = counts
    var words = [UInt64](repeating: 0, count: (count + 63) / 64)
    for cell in occupied {
      precondition(cell < count, "found cell \(cell), expected one below \(count)")
      words[cell >> 6] |= 1 << UInt64(cell & 63)
    }
    self.words = words
  }

  fileprivate func withCells(_ body: (inout fk_cells) -> Int) -> Int {
    unsafe words.withUnsafeBufferPointer { words in
      var cells = unsafe fk_cells(
        minimum: (minimum.x, minimum.y, minimum.z), inverse_cell_size: inverseCellSize,
        counts: (Int32(counts.x), Int32(counts.y), Int32(counts.z)),
        occupied: words.baseAddress)
      return unsafe body(&cells)
    }
  }
}

extension FieldBatch {
  /// Adds the samples of a ray that lie in occupied cells, front to back.
  ///
  ///     tᵢ = first + i δ, i < sampleCount      position = origin + tᵢ direction
  ///
  /// A point outside the grid belongs to the nearest cell.
  ///
  /// - Parameters:
  ///   - direction: unit length.
  ///   - first: scene units along the ray.
  ///   - interval: δ, scene units.
  ///   - sampleCount: for all of which there is room.
  ///   - keepsDirection: whether the field depends on directions; else they are left alone.
  /// - Returns: the number of samples added.
  package mutating func append(
    in mask: OccupiedCells, origin: SIMD3<Float>, direction: SIMD3<Float>, first: Float,
    interval: Float, sampleCount: Int, keepsDirection: Bool
  ) -> Int {
    precondition(
      sampleCount >= 0 && count + sampleCount <= capacity,
      "found \(sampleCount) samples, expected at most \(capacity - count)")
    let start = count
    var ray = fk_ray(
      origin: (origin.x, origin.y, origin.z), direction: (direction.x, direction.y, direction.z),
      first: first, interval: interval, count: sampleCount)
    let found = unsafe mask.withCells { cells in
      unsafe x.withUnsafeMutableBufferPointer { xs in
        unsafe y.withUnsafeMutableBufferPointer { ys in
          unsafe z.withUnsafeMutableBufferPointer { zs in
            guard let x = xs.baseAddress, let y = ys.baseAddress, let z = zs.baseAddress else {
              return 0
            }
            return unsafe fk_occupied_samples(&cells, &ray, x + start, y + start, z + start)
          }
        }
      }
    }
    count += found
    if keepsDirection {
      for index in start..<count {
        directionX[index] = direction.x
        directionY[index] = direction.y
        directionZ[index] = direction.z
      }
    }
    return found
  }
}

extension FieldBatch {
  /// Takes the first samples away; the others move to the front.
  ///
  /// - Parameter keepsDirections: whether directions move with them.
  package mutating func removeFirst(_ sampleCount: Int, keepsDirections: Bool) {
    precondition(sampleCount <= count, "found \(count) samples, expected \(sampleCount)")
    let rest = count - sampleCount
    func move(_ values: inout [Float]) {
      for index in 0..<rest { values[index] = values[sampleCount + index] }
    }
    move(&x)
    move(&y)
    move(&z)
    if keepsDirections {
      move(&directionX)
      move(&directionY)
      move(&directionZ)
    }
    count = rest
  }
}

/// Rays whose samples stand in a batch, ray after ray, and the loss of the pixels that they make.
///
/// One per thread; it keeps its memory.
package struct RayLoss: Sendable {
  /// Where each ray's samples end; they begin where those of the ray before end.
  private var ends: [Int32] = []
  /// RGB, `[rays × 3]`.
  private var targets: [Float] = []
  private var backgrounds: [Float] = []
  private var transmittances: [Float]

  /// - Parameter capacity: the most samples of a batch.
  package init(capacity: Int) {
    transmittances = [Float](repeating: 0, count: capacity)
    ends.reserveCapacity(capacity)
    targets.reserveCapacity(3 * capacity)
    backgrounds.reserveCapacity(3 * capacity)
  }

  package var rayCount: Int { ends.count }

  /// Where the samples of a ray end.
  package func end(ofRay ray: Int) -> Int { Int(ends[ray]) }

  /// Adds a ray.
  ///
  /// - Parameters:
  ///   - end: where its samples end; it has at least one.
  ///   - target: the colour that the pixel ought to have.
  ///   - background: the colour behind its last sample.
  package mutating func append(end: Int, target: SIMD3<Float>, background: SIMD3<Float>) {
    precondition(end > Int(ends.last ?? 0), "found a ray without samples")
    ends.append(Int32(end))
    for axis in 0..<3 {
      targets.append(target[axis])
      backgrounds.append(background[axis])
    }
  }

  /// Takes the first rays away, with their samples; the others move to the front.
  package mutating func removeFirst(_ rayCount: Int) {
    guard rayCount > 0 else { return }
    let sampleCount = ends[rayCount - 1]
    ends.removeFirst(rayCount)
    for ray in ends.indices { ends[ray] -= sampleCount }
    targets.removeFirst(3 * rayCount)
    backgrounds.removeFirst(3 * rayCount)
  }

  /// The sum of the first rays' losses, and its gradient with respect to density and radiance.
  ///
  ///     L = |C − target|² / 3
  ///
  /// The formulas of C and of the gradient stand in `ray_kernels.h`. Finite for any density, zero and
  /// infinite opacity included; what is not a number makes the sum one that is not.
  ///
  /// - Parameters:
  ///   - batch: evaluated samples.
  ///   - interval: δ, scene units.
  ///   - weight: scales the gradient alone.
  ///   - gradient: overwritten where those rays have samples.
  package mutating func backward(
    rayCount: Int, batch: inout FieldBatch, interval: Float, weight: Float,
    gradient: inout FieldOutputGradient
  ) -> Double {
    precondition(rayCount <= ends.count, "found \(ends.count) rays, expected \(rayCount)")
    guard rayCount > 0 else { return 0 }
    let samples = Int(ends[rayCount - 1])
    precondition(
      samples <= min(batch.count, gradient.capacity, transmittances.count),
      "found \(samples) samples, expected at most \(batch.count)")
    return unsafe ends.withUnsafeBufferPointer { ends in
      unsafe targets.withUnsafeBufferPointer { targets in
        unsafe backgrounds.withUnsafeBufferPointer { backgrounds in
          unsafe transmittances.withUnsafeMutableBufferPointer { scratch in
            unsafe gradient.withPointers { slopes in
              unsafe batch.withOutputs { outputs in
                var rays = unsafe fk_rays(
                  count: rayCount, ends: ends.baseAddress, targets: targets.baseAddress,
                  backgrounds: backgrounds.baseAddress)
                return unsafe fk_ray_loss(
                  &rays, samples, interval, weight, outputs, slopes, scratch.baseAddress)
              }
            }
          }
        }
      }
    }
  }
}

extension FieldBatch {
  mutating func withOutputs<Result>(_ body: (fk_outputs) -> Result) -> Result {
    unsafe density.withUnsafeMutableBufferPointer { density in
      unsafe red.withUnsafeMutableBufferPointer { red in
        unsafe green.withUnsafeMutableBufferPointer { green in
          unsafe blue.withUnsafeMutableBufferPointer { blue in
            unsafe body(
              fk_outputs(
                density: density.baseAddress, red: red.baseAddress, green: green.baseAddress,
                blue: blue.baseAddress))
          }
        }
      }
    }
  }
}
