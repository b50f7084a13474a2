/// A rectangle of pixels: the unit of parallel work.
package struct Tile: Sendable, Hashable {
  package let columns: Range<Int>
  package let rows: Range<Int>

  package var pixelCount: Int { columns.count * rows.count }

  /// Cuts rows of a picture into tiles, row by row; those at the right and lower edge may be smaller.
  ///
  /// - Parameters:
  ///   - width: of the picture, pixels, as all others.
  ///   - tileWidth: greatest width of a tile, as `tileHeight` is its greatest height; at least 1.
  package static func covering(
    width: Int, rows: Range<Int>, tileWidth: Int, tileHeight: Int
  ) -> [Tile] {
    stride(from: rows.lowerBound, to: rows.upperBound, by: tileHeight).flatMap { top in
      stride(from: 0, to: width, by: tileWidth).map { left in
        Tile(
          columns: left..<min(left + tileWidth, width),
          rows: top..<min(top + tileHeight, rows.upperBound))
      }
    }
  }
}
