internal import CFieldKernels

/// The rays through a row of pixels, and where each can be in a box.
///
/// One per thread; it keeps its memory.
package struct PixelRow: Sendable {
  /// A pinhole camera, and the box.
  package struct View: Sendable {
    /// The camera's place, scene units, and its axes: orthonormal.
    package var position: SIMD3<Float>
    package var right: SIMD3<Float>
    package var up: SIMD3<Float>
    package var backward: SIMD3<Float>
    /// Focal lengths and principal point, pixels.
    package var focal: SIMD2<Float>
    package var principal: SIMD2<Float>
    /// Corners of the box, scene units; sides may be infinitely far away.
    package var minimum: SIMD3<Float>
    package var maximum: SIMD3<Float>

    package init(
      position: SIMD3<Float>, right: SIMD3<Float>, up: SIMD3<Float>, backward: SIMD3<Float>,
      focal: SIMD2<Float>, principal: SIMD2<Float>, minimum: SIMD3<Float>, maximum: SIMD3<Float>
    ) {
      self.position = position
      self.right = right
      self.up = up
      self.backward = backward
      self.focal = focal
      self.principal = principal
      self.minimum = minimum
      self.maximum = maximum
    }
  }

  /// A pixel's ray.
  package struct Ray: Sendable {
    /// Unit length.
    package let direction: SIMD3<Float>
    /// Between these distances, scene units, the ray is in the box.
    ///
    /// It misses the box unless `enter` ≤ `leave`. Distances may be negative.
    package let enter: Float
    package let leave: Float
  }

  private let backend: FieldKernelBackend
  private var room = 0
  /// Direction x, y and z, enter, leave: `[5 × room]`.
  private var numbers: [Float] = []

  package init(backend: FieldKernelBackend = .best) {
    self.backend = backend
  }

  /// The ray through the i-th of the columns that were cast.
  @inline(__always)
  package subscript(index: Int) -> Ray {
    let numbers = numbers.span
    return Ray(
      direction: [
        numbers[index], numbers[room &+ index], numbers[2 &* room &+ index],
      ], enter: numbers[3 &* room &+ index], leave: numbers[4 &* room &+ index])
  }

  /// Casts rays through the centres of a row's pixels.
  ///
  /// - Parameters:
  ///   - columns: fewer than 2²⁴.
  ///   - row: from the top of the picture.
  package mutating func cast(columns: Range<Int>, row: Int, view: View) {
    let group = Int(FK_RAY_GROUP)
    if columns.count > room {
      room = (columns.count + group - 1) / group * group
      numbers = [Float](repeating: 0, count: 5 * room)
    }
    let room = room
    unsafe numbers.withUnsafeMutableBufferPointer { numbers in
      var pixels = fk_pixel_row(
        count: columns.count, first_column: Int32(columns.lowerBound), row: Int32(row),
        position: view.position.tuple, right: view.right.tuple, up: view.up.tuple,
        backward: view.backward.tuple, focal: (view.focal.x, view.focal.y),
        principal: (view.principal.x, view.principal.y), minimum: view.minimum.tuple,
        maximum: view.maximum.tuple)
      guard let numbers = numbers.baseAddress else { return }
      unsafe fk_cast(
        backend.cBackend, &pixels, numbers, numbers + room, numbers + 2 * room,
        numbers + 3 * room, numbers + 4 * room)
    }
  }
}

extension SIMD3<Float> {
  fileprivate var tuple: (Float, Float, Float) { (x, y, z) }
}
