import Fitting
import NeuralFields
import Testing

@Suite("Whitened codes")
struct WhitenedCodesTests {
  @Test("neighbours are those of every pair's distance, in order, for any number of threads")
  func neighbours() {
    let table = LatentPriorTests.table(count: 25, width: 6)
    let prior = LatentPrior(table)
    let rows = Array(stride(from: 0, to: 25, by: 2))
    let codes = WhitenedCodes(table, rows: rows, prior: prior, threadCount: 1)
    for row in [0, 3, 24] {
      let own = prior.whitened(table[row])
      let expected = rows.filter { $0 != row }.map { other -> (Int, Float) in
        let square = zip(own, prior.whitened(table[other])).reduce(Float(0)) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
        return (other, square.squareRoot())
      }.sorted { $0.1 < $1.1 }.prefix(4)
      let found = codes.nearest(to: table[row], count: 4, excluding: row)
      #expect(found.map(\.row) == expected.map(\.0))
      #expect(zip(found, expected).allSatisfy { abs($0.distance - $1.1) < 1e-5 })
      for threadCount in [2, 3, 8] {
        let other = WhitenedCodes(table, rows: rows, prior: prior, threadCount: threadCount)
        #expect(other.nearest(to: table[row], count: 4, excluding: row) == found)
      }
    }
  }

  @Test("a code of the table is its own nearest, unless it is left out") func own() {
    let table = LatentPriorTests.table(count: 10, width: 3)
    let codes = WhitenedCodes(
      table, rows: Array(0..<10), prior: LatentPrior(table), threadCount: 2)
    #expect(codes.nearest(to: table[7], count: 1).map(\.row) == [7])
    #expect(codes.nearest(to: table[7], count: 1)[0].distance == 0)
    #expect(!codes.nearest(to: table[7], count: 99, excluding: 7).map(\.row).contains(7))
    #expect(codes.nearest(to: table[7], count: 99).count == 10)
  }
}
