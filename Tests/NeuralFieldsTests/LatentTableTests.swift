import Kernels
import NeuralFields
import Testing

@Suite("Latent table")
struct LatentTableTests {
  static let table = LatentTable(names: ["car", "bus"], width: 3, values: [1, 2, 3, 4, 5, 6])

  @Test("rows are codes, by number and by name")
  func rows() {
    #expect(Self.table[0] == LatentCode([1, 2, 3]))
    #expect(Self.table[1] == LatentCode([4, 5, 6]))
    #expect(Self.table.range(ofRow: 1) == 3..<6)
    #expect(Self.table["bus"] == LatentCode([4, 5, 6]))
    #expect(Self.table["tram"] == nil)
  }

  @Test("new codes are drawn from the seed with the given deviation")
  func drawing() {
    let names = (0..<200).map { "scene \($0)" }
    var (first, second) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3))
    let table = LatentTable(names: names, width: 50, standardDeviation: 0.1, generator: &first)
    #expect(
      table == LatentTable(names: names, width: 50, standardDeviation: 0.1, generator: &second))
    let variance = table.values.reduce(0.0) { $0 + Double($1 * $1) } / 10_000
    // The relative standard error of a variance is √(2 / n).
    #expect(abs(variance / 0.01 - 1) < 5 * (2.0 / 10_000).squareRoot())
  }

  @Test("a code gets another length and keeps its direction; one of no length stays")
  func normalization() {
    var table = LatentTable(names: ["a", "b", "c"], width: 2, values: [3, 4, 0, 0, 1, 1])
    for row in 0..<2 { table.normalize(row: row, length: 10) }
    #expect(table.values == [6, 8, 0, 0, 1, 1])
  }
}
