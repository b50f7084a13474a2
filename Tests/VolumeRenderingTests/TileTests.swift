import Testing
import VolumeRendering

@Suite("Tile")
struct TileTests {
  @Test(
    "tiles cover every pixel of the rows once and none is larger than asked",
    arguments: [(1, 0..<1), (32, 0..<32), (33, 31..<62), (100, 5..<12), (5, 0..<64)],
    [(1, 1), (2, 2), (7, 3), (32, 32), (64, 1), (1000, 1000)])
  func cover(picture: (width: Int, rows: Range<Int>), tile: (width: Int, height: Int)) {
    let (width, rows) = picture
    var visits = [Int](repeating: 0, count: width * rows.count)
    for found in Tile.covering(
      width: width, rows: rows, tileWidth: tile.width, tileHeight: tile.height)
    {
      #expect(found.columns.count <= tile.width && found.rows.count <= tile.height)
      #expect(found.pixelCount == found.columns.count * found.rows.count && found.pixelCount > 0)
      for row in found.rows {
        for column in found.columns { visits[(row - rows.lowerBound) * width + column] += 1 }
      }
    }
    #expect(visits.allSatisfy { $0 == 1 })
  }

  @Test("tiles come row by row")
  func order() {
    let tiles = Tile.covering(width: 3, rows: 4..<7, tileWidth: 2, tileHeight: 2)
    #expect(tiles.map(\.columns) == [0..<2, 2..<3, 0..<2, 2..<3])
    #expect(tiles.map(\.rows) == [4..<6, 4..<6, 6..<7, 6..<7])
  }
}
