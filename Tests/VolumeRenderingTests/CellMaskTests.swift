import Kernels
import Testing
import VolumeRendering

@Suite("Cell mask")
struct CellMaskTests {
  /// Rows within a word, of whole words, and just past one.
  static let shapes: [SIMD3<Int>] = [
    [5, 4, 3], [64, 3, 2], [65, 2, 3], [130, 3, 1], [1, 1, 1],
  ]

  static func random(_ counts: SIMD3<Int>, share: Float) -> (mask: CellMask, members: Set<Int>) {
    var random = SeededGenerator(seed: UInt64(counts.x))
    let densities = (0..<counts.x * counts.y * counts.z).map { _ -> Float in
      random.uniform() < share ? 1 : 0
    }
    return (
      CellMask(counts: counts, densities: densities, above: 0.5),
      Set(densities.indices.filter { densities[$0] > 0.5 })
    )
  }

  static func cell(_ index: Int, _ counts: SIMD3<Int>) -> SIMD3<Int> {
    [index % counts.x, index / counts.x % counts.y, index / counts.x / counts.y]
  }

  @Test("holds the cells above a density, and lists them in order", arguments: shapes)
  func members(counts: SIMD3<Int>) {
    let (mask, members) = Self.random(counts, share: 0.2)
    #expect(mask.indices == members.sorted())
    #expect(mask.count == members.count && mask.isEmpty == members.isEmpty)
    var inserted = CellMask(counts: counts)
    for index in members { inserted.insert(index: index) }
    #expect(inserted == mask)
    for index in 0..<counts.x * counts.y * counts.z {
      #expect(mask.contains(index: index) == members.contains(index))
    }
  }

  @Test("growing takes in all 26 neighbours, and shrinking undoes it", arguments: shapes)
  func growing(counts: SIMD3<Int>) {
    let (mask, members) = Self.random(counts, share: 0.03)
    let all = 0..<counts.x * counts.y * counts.z
    func neighbours(_ index: Int) -> [Int] {
      all.filter { other in
        let offset = Self.cell(other, counts) &- Self.cell(index, counts)
        return (0..<3).allSatisfy { abs(offset[$0]) <= 1 }
      }
    }
    #expect(mask.dilated.indices == Set(members.flatMap(neighbours)).sorted())
    let dense = Self.random(counts, share: 0.97)
    #expect(
      dense.mask.eroded.indices
        == all.filter { neighbours($0).allSatisfy(dense.members.contains) })
  }

  @Test("the box runs from the first to past the last member", arguments: shapes)
  func box(counts: SIMD3<Int>) {
    let (mask, members) = Self.random(counts, share: 0.03)
    let cells = members.map { Self.cell($0, counts) }
    let lower = cells.reduce(counts) { pointwiseMin($0, $1) }
    let upper = cells.reduce(SIMD3<Int>.zero) { pointwiseMax($0, $1 &+ 1) }
    #expect(mask.box.upper == upper)
    #expect(mask.box.lower == (cells.isEmpty ? .zero : lower))
  }

  @Test("refined, every cell becomes its eight parts", arguments: shapes, [-1, 0, 1])
  func refining(counts: SIMD3<Int>, difference: Int) {
    let (mask, members) = Self.random(counts, share: 0.3)
    let fine = 2 &* counts &+ difference
    let found = mask.refined(to: fine)
    for index in 0..<fine.x * fine.y * fine.z {
      let parent = Self.cell(index, fine) / 2
      let isInside = (0..<3).allSatisfy { parent[$0] < counts[$0] }
      let number = parent.x + counts.x * (parent.y + counts.y * parent.z)
      #expect(found.contains(index: index) == (isInside && members.contains(number)))
    }
  }

  @Test("sets are united and taken away from each other", arguments: shapes)
  func algebra(counts: SIMD3<Int>) {
    let (first, members) = Self.random(counts, share: 0.5)
    let full = CellMask(fullWithCounts: counts)
    #expect(full.count == counts.x * counts.y * counts.z)
    let rest = full.subtracting(first)
    #expect(rest.count == full.count - members.count)
    #expect(rest.union(first) == full)
    #expect(first.subtracting(full).isEmpty)
  }
}
