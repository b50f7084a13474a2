import Fitting
import Kernels
import NeuralFields
import Testing

@Suite("Rounded codes")
struct CodeQuantizationTests {
  @Test("no entry moves by more than half a level", arguments: [1, 4, 6, 8, 12])
  func bound(bitCount: Int) {
    let table = LatentPriorTests.table(count: 40, width: 12)
    let rounding = CodeQuantization(table, bitCount: bitCount)
    for row in table.names.indices {
      let levels = rounding.levels(of: table[row])
      #expect(levels.allSatisfy { (0..<1 << bitCount).contains($0) })
      let back = rounding.code(levels: levels).values
      for (dimension, value) in table[row].values.enumerated() {
        let limit = rounding.steps[dimension] * 0.5001 + 1e-6
        #expect(abs(back[dimension] - value) <= limit)
      }
    }
  }

  @Test("the ends of every range come back, and rounding twice is rounding once")
  func ends() {
    let table = LatentPriorTests.table(count: 9, width: 4)
    let rounding = CodeQuantization(table, bitCount: 5)
    let highest = rounding.code(levels: [Int](repeating: 31, count: 4)).values
    for dimension in 0..<4 {
      let values = table.names.indices.map { table[$0].values[dimension] }
      #expect(rounding.minimums[dimension] == values.min())
      #expect(abs(highest[dimension] - (values.max() ?? 0)) < 1e-6)
    }
    let once = rounding.rounded(table[3])
    #expect(rounding.levels(of: rounding.rounded(once)) == rounding.levels(of: once))
  }

  @Test(
    "bytes hold the bits of a code, rounded up",
    arguments: [(64, 8, 64), (64, 6, 48), (64, 4, 32), (5, 6, 4), (1, 1, 1)])
  func bytes(width: Int, bitCount: Int, expected: Int) {
    let table = LatentPriorTests.table(count: 3, width: width)
    let rounding = CodeQuantization(table, bitCount: bitCount)
    #expect(rounding.bytesPerScene == expected && rounding.rangeBytes == 8 * width)
  }

  @Test("a dimension that never changes comes back as it is, and codes outside get the ends")
  func degenerate() {
    let table = LatentTable(names: ["a", "b"], width: 2, values: [3, 0, 3, 1])
    let rounding = CodeQuantization(table, bitCount: 4)
    #expect(rounding.rounded(table[0]) == table[0] && rounding.rounded(table[1]) == table[1])
    #expect(rounding.rounded(LatentCode([9, 9])).values == [3, 1])
    #expect(rounding.rounded(LatentCode([9, -9])).values == [3, 0])
  }
}
