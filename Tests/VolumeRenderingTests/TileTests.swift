import Testing
import VolumeRendering

@Suite("Tile")
struct TileTests {
  @Test(
    "tiles cover every pixel once and none is larger than asked",
    arguments: [(1, 1), (32, 32), (33, 31), (100, 7), (5, 64)], [1, 2, 7, 32, 1000])
  func cover(size: (width: Int, height: Int), tileSize: Int) {
    var visits = [Int](repeating: 0, count: size.width * size.height)
    for tile in Tile.covering(width: size.width, height: size.height, size: tileSize) {
      #expect(tile.columns.count <= tileSize && tile.rows.count <= tileSize)
      #expect(tile.pixelCount == tile.columns.count * tile.rows.count && tile.pixelCount > 0)
      for row in tile.rows {
        for column in tile.columns { visits[row * size.width + column] += 1 }
      }
    }
    #expect(visits.allSatisfy { $0 == 1 })
  }

  @Test("tiles come row by row")
  func order() {
    let tiles = Tile.covering(width: 3, height: 3, size: 2)
    #expect(tiles.map(\.columns) == [0..<2, 2..<3, 0..<2, 2..<3])
    #expect(tiles.map(\.rows) == [0..<2, 0..<2, 2..<3, 2..<3])
  }
}
