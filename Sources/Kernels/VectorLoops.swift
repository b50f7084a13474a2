/// Loops over stretches of floats whose bounds are checked once, so that they run in vectors.

extension Span<Float> {
  /// The largest magnitude; what is not a number counts as the largest of all.
  ///
  /// As whole numbers magnitudes keep their order, and what is not a number comes last.
  package var largestMagnitude: Float {
    unsafe withUnsafeBufferPointer { values in
      var lanes = SIMD8<UInt32>.zero
      let whole = values.count / 8 * 8
      for start in stride(from: 0, to: whole, by: 8) {
        var next = SIMD8<UInt32>.zero
        for lane in 0..<8 { unsafe next[lane] = values[start + lane].magnitude.bitPattern }
        lanes.replace(with: next, where: next .> lanes)
      }
      var largest = lanes.max()
      for index in whole..<values.count {
        unsafe largest = Swift.max(largest, values[index].magnitude.bitPattern)
      }
      return Float(bitPattern: largest)
    }
  }

  /// Whether the squares of all numbers are finite.
  package var hasFiniteSquares: Bool {
    let largest = largestMagnitude
    return (largest * largest).isFinite
  }

  /// Σᵢ xᵢ yᵢ, in eight sums side by side.
  ///
  /// - Precondition: both have the same length.
  package func dot(_ other: Span<Float>) -> Float {
    precondition(other.count == count, "found \(other.count) numbers, expected \(count)")
    return unsafe withUnsafeBufferPointer { x in
      unsafe other.withUnsafeBufferPointer { y in
        var lanes = SIMD8<Float>.zero
        let whole = x.count / 8 * 8
        for start in Swift.stride(from: 0, to: whole, by: 8) {
          var (left, right) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
          for lane in 0..<8 {
            unsafe left[lane] = x[start + lane]
            unsafe right[lane] = y[start + lane]
          }
          lanes += left * right
        }
        var sum = lanes.sum()
        for index in whole..<x.count { unsafe sum += x[index] * y[index] }
        return sum
      }
    }
  }
}

extension MutableSpan<Float> {
  /// Adds `factor` times some numbers to those from `offset` on: y ← y + a x.
  package mutating func add(_ numbers: Span<Float>, times factor: Float = 1, at offset: Int = 0) {
    combine(numbers, at: offset) { $0 + factor * $1 }
  }

  /// Moves every number a share of the way to another: y ← y + s (x − y).
  package mutating func approach(_ numbers: Span<Float>, share: Float) {
    combine(numbers, at: 0) { $0 + share * ($1 - $0) }
  }

  /// Multiplies the numbers from `offset` on by others.
  package mutating func multiply(by numbers: Span<Float>, at offset: Int = 0) {
    combine(numbers, at: offset) { $0 * $1 }
  }

  /// Puts some numbers at the places from `offset` on.
  package mutating func replace(with numbers: Span<Float>, at offset: Int = 0) {
    combine(numbers, at: offset) { $1 }
  }

  /// Sets `count` numbers from `offset` on to one value.
  package mutating func fill(with value: Float, at offset: Int, count: Int) {
    precondition(offset >= 0 && offset + count <= self.count, "found a stretch past the end")
    unsafe withUnsafeMutableBufferPointer { target in
      for index in offset..<offset + count { unsafe target[index] = value }
    }
  }

  @inline(__always)
  private mutating func combine(
    _ numbers: Span<Float>, at offset: Int, _ operation: (Float, Float) -> Float
  ) {
    precondition(
      offset >= 0 && offset + numbers.count <= count,
      "found \(numbers.count) numbers from \(offset) on, expected at most \(count) in all")
    unsafe withUnsafeMutableBufferPointer { target in
      unsafe numbers.withUnsafeBufferPointer { source in
        guard let to = target.baseAddress, let from = source.baseAddress else { return }
        let first = unsafe to + offset
        for index in 0..<source.count { unsafe first[index] = operation(first[index], from[index]) }
      }
    }
  }
}

extension [Float] {
  /// Brings scratch memory to a length; what it holds afterwards means nothing.
  package mutating func resize(to count: Int) {
    if self.count != count { self = [Float](repeating: 0, count: count) }
  }

  /// Sets all numbers to zero.
  package mutating func clear() {
    unsafe withUnsafeMutableBufferPointer { unsafe $0.update(repeating: 0) }
  }
}
