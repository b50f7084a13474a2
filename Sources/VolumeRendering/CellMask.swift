/// A set of cells of a box of cells: one bit per cell, rows along x padded to whole words.
///
/// Sets of cells grow and are refined a word, that is 64 cells, at a time.
package struct CellMask: Sendable, Hashable {
  /// Cells along x, y and z.
  package let counts: SIMD3<Int>
  private let wordsPerRow: Int
  /// `[counts.z × counts.y × wordsPerRow]`; bits past the end of a row are 0.
  private var words: [UInt64]

  /// The empty set.
  package init(counts: SIMD3<Int>) {
    self.counts = counts
    wordsPerRow = (counts.x + 63) >> 6
    words = [UInt64](repeating: 0, count: wordsPerRow * counts.y * counts.z)
  }

  /// Every cell.
  package init(fullWithCounts counts: SIMD3<Int>) {
    self.init(counts: counts)
    for place in words.indices { words[place] = rowMask(ofWord: place % wordsPerRow) }
  }

  /// The cells above a density.
  ///
  /// What is not a number is above it, so that a picture shows that something is wrong.
  ///
  /// - Parameters:
  ///   - densities: σ per scene unit, one per cell, x fastest.
  ///   - threshold: σ per scene unit.
  package init(counts: SIMD3<Int>, densities: [Float], above threshold: Float) {
    let cellCount = counts.x * counts.y * counts.z
    precondition(
      densities.count == cellCount, "found \(densities.count) densities, expected \(cellCount)")
    self.init(counts: counts)
    let densities = densities.span
    var index = 0
    for row in 0..<counts.y * counts.z {
      for word in 0..<wordsPerRow {
        var bits: UInt64 = 0
        for bit in 0..<min(64, counts.x - word << 6) {
          if !(densities[index] <= threshold) { bits |= 1 << UInt64(bit) }
          index += 1
        }
        words[row * wordsPerRow + word] = bits
      }
    }
  }

  /// The valid bits of a row's word.
  private func rowMask(ofWord word: Int) -> UInt64 {
    let rest = counts.x - word << 6
    return rest >= 64 ? .max : (1 << UInt64(rest)) - 1
  }

  package func contains(index: Int) -> Bool {
    let (row, x) = index.quotientAndRemainder(dividingBy: counts.x)
    return words[row * wordsPerRow + x >> 6] >> UInt64(x & 63) & 1 != 0
  }

  package mutating func insert(index: Int) {
    let (row, x) = index.quotientAndRemainder(dividingBy: counts.x)
    words[row * wordsPerRow + x >> 6] |= 1 << UInt64(x & 63)
  }

  package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  /// The numbers of the cells in the set, ascending.
  package var indices: [Int] {
    var result: [Int] = []
    result.reserveCapacity(count)
    forEachIndex { result.append($0) }
    return result
  }

  /// Calls with the number of each cell in the set, ascending.
  @inline(__always)
  func forEachIndex(_ body: (Int) -> Void) {
    let words = words.span
    for row in 0..<counts.y * counts.z {
      for column in 0..<wordsPerRow {
        let first = row * counts.x + column << 6
        var rest = words[row * wordsPerRow + column]
        while rest != 0 {
          body(first + rest.trailingZeroBitCount)
          rest &= rest &- 1
        }
      }
    }
  }

  /// From the first cell of the set to past the last, along each axis; zeros for the empty set.
  package var box: (lower: SIMD3<Int>, upper: SIMD3<Int>) {
    var lower = counts
    var upper = SIMD3<Int>.zero
    for (place, word) in words.enumerated() where word != 0 {
      let (row, column) = place.quotientAndRemainder(dividingBy: wordsPerRow)
      let (z, y) = row.quotientAndRemainder(dividingBy: counts.y)
      lower = pointwiseMin(lower, SIMD3(column << 6 + word.trailingZeroBitCount, y, z))
      upper = pointwiseMax(
        upper, SIMD3(column << 6 + 64 - word.leadingZeroBitCount, y + 1, z + 1))
    }
    return upper == .zero ? (.zero, .zero) : (lower, upper)
  }

  /// The cells of both sets.
  package func union(_ other: CellMask) -> CellMask {
    var result = self
    for place in words.indices { result.words[place] |= other.words[place] }
    return result
  }

  /// The cells that are not in the other set.
  package func subtracting(_ other: CellMask) -> CellMask {
    var result = self
    for place in words.indices { result.words[place] &= ~other.words[place] }
    return result
  }

  /// The set and all neighbours of its cells, those across edges and corners included.
  package var dilated: CellMask {
    // A cube of neighbours is a row of neighbours along x, of those along y, of those along z.
    var result = self
    result.spreadAlongRows()
    result.spread(stride: wordsPerRow, count: counts.y)
    result.spread(stride: wordsPerRow * counts.y, count: counts.z)
    return result
  }

  /// The cells all of whose neighbours within the grid are in the set.
  package var eroded: CellMask {
    let full = CellMask(fullWithCounts: counts)
    return full.subtracting(full.subtracting(self).dilated)
  }

  private mutating func spreadAlongRows() {
    for first in Swift.stride(from: 0, to: words.count, by: wordsPerRow) {
      var below: UInt64 = 0
      for word in 0..<wordsPerRow {
        let bits = words[first + word]
        let above = word + 1 < wordsPerRow ? words[first + word + 1] : 0
        let spread = bits | bits << 1 | bits >> 1 | below >> 63 | above << 63
        words[first + word] = spread & rowMask(ofWord: word)
        below = bits
      }
    }
  }

  /// Joins each word with those one `stride` before and behind it.
  private mutating func spread(stride: Int, count: Int) {
    let source = words
    for first in Swift.stride(from: 0, to: words.count, by: stride * count) {
      for place in first..<first + stride * (count - 1) {
        words[place] |= source[place + stride]
        words[place + stride] |= source[place]
      }
    }
  }

  /// The same part of space in cells of half the size.
  ///
  /// - Parameter fine: twice the counts, or one less; where rounding gives a sliver of a cell
  ///   more, that sliver is left out.
  package func refined(to fine: SIMD3<Int>) -> CellMask {
    precondition(
      all(fine .>= 2 &* counts &- 1) && all(fine .<= 2 &* counts &+ 1),
      "found \(fine) cells, expected twice \(counts)")
    var result = CellMask(counts: fine)
    for z in 0..<min(fine.z, 2 * counts.z) {
      for y in 0..<min(fine.y, 2 * counts.y) {
        let source = (y >> 1 + counts.y * (z >> 1)) * wordsPerRow
        let target = (y + fine.y * z) * result.wordsPerRow
        for word in 0..<min(result.wordsPerRow, 2 * wordsPerRow) {
          let half = words[source + word >> 1] >> UInt64((word & 1) << 5) & 0xFFFF_FFFF
          result.words[target + word] = Self.doubled(half) & result.rowMask(ofWord: word)
        }
      }
    }
    return result
  }

  /// Each of the lower 32 bits twice.
  private static func doubled(_ half: UInt64) -> UInt64 {
    var bits = half
    bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF
    bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF
    bits = (bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333
    bits = (bits | bits << 1) & 0x5555_5555_5555_5555
    return bits | bits << 1
  }
}
