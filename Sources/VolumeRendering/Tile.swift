/// A rectangle of pixels: the unit of parallel work.
package struct Tile: Sendable, Hashable {
  package let columns: Range<Int>
  package let rows: Range<Int>

  package var pixelCount: Int { columns.count * rows.count }

  /// Cuts a picture into tiles, row by row; those at the right and lower edge may be smaller.
  package static func covering(width: Int, height: Int, size: Int) -> [Tile] {
    stride(from: 0, to: height, by: size).flatMap { top in
      stride(from: 0, to: width, by: size).map { left in
        Tile(columns: left..<min(left + size, width), rows: top..<min(top + size, height))
      }
    }
  }
}
