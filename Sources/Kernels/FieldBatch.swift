/// The input and output of one field evaluation, as a structure of arrays.
///
/// One sample per index; only the first `count` entries mean anything. A batch is scratch memory of
/// one worker: make it once, refill it, never share it between threads.
package struct FieldBatch: Sendable {
  /// The number of samples there is room for.
  package let capacity: Int

  /// The number of samples in use, 0…`capacity`.
  package var count = 0

  /// Positions, scene units, `[capacity]` each.
  package var x: [Float]
  package var y: [Float]
  package var z: [Float]

  /// Unit view directions, from the camera into the scene, `[capacity]` each.
  package var directionX: [Float]
  package var directionY: [Float]
  package var directionZ: [Float]

  /// Output: density σ ≥ 0 per scene unit, `[capacity]`.
  package var density: [Float]

  /// Output: radiance in [0, 1] as stored sRGB values, `[capacity]` each.
  package var red: [Float]
  package var green: [Float]
  package var blue: [Float]

  package init(capacity: Int) {
    precondition(capacity > 0, "found capacity \(capacity), expected a positive one")
    self.capacity = capacity
    let zeros = [Float](repeating: 0, count: capacity)
    (x, y, z) = (zeros, zeros, zeros)
    (directionX, directionY, directionZ) = (zeros, zeros, zeros)
    density = zeros
    (red, green, blue) = (zeros, zeros, zeros)
  }

  /// Adds one sample at the end.
  ///
  /// - Precondition: `count` < `capacity`.
  @inlinable
  package mutating func append(position: SIMD3<Float>, direction: SIMD3<Float>) {
    x[count] = position.x
    y[count] = position.y
    z[count] = position.z
    directionX[count] = direction.x
    directionY[count] = direction.y
    directionZ[count] = direction.z
    count += 1
  }
}
