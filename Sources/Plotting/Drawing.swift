import Imaging

/// A white picture to draw on with smooth edges.
///
/// Places are in pixels from the top left corner, pixel centres at +½. A shape covers a pixel by how far
/// inside its edge the centre lies:
///
///     coverage = clamp(½ + distance inside the edge, 0, 1)
struct Drawing {
  private(set) var image: Image

  init(width: Int, height: Int) {
    image = Image(width: width, height: height, channelCount: 3, repeating: 1)
  }

  /// A straight line with round ends.
  ///
  /// - Parameter width: pixels.
  mutating func line(
    from start: SIMD2<Float>, to end: SIMD2<Float>, width: Float, colour: SIMD3<Float>
  ) {
    let way = end - start
    let square = (way * way).sum()
    let reach = SIMD2<Float>(repeating: width / 2 + 1)
    fill(from: pointwiseMin(start, end) - reach, to: pointwiseMax(start, end) + reach, colour) {
      let share = square > 0 ? (($0 - start) * way).sum() / square : 0
      let nearest = start + way * min(max(share, 0), 1)
      return width / 2 - length($0 - nearest)
    }
  }

  /// A line of dashes: six pixels drawn, five left out.
  mutating func dashes(
    from start: SIMD2<Float>, to end: SIMD2<Float>, width: Float, colour: SIMD3<Float>
  ) {
    let whole = length(end - start)
    guard whole > 0 else { return }
    let step = (end - start) / whole
    for begin in stride(from: Float(0), to: whole, by: 11) {
      line(
        from: start + step * begin, to: start + step * min(begin + 6, whole), width: width,
        colour: colour)
    }
  }

  mutating func marker(
    _ marker: PlotMarker, at centre: SIMD2<Float>, radius: Float, isHollow: Bool,
    colour: SIMD3<Float>
  ) {
    func draw(_ radius: Float, _ colour: SIMD3<Float>) {
      let reach = SIMD2<Float>(repeating: 2 * radius + 1)
      fill(from: centre - reach, to: centre + reach, colour) { point in
        let place = point - centre
        switch marker {
        case .disc: return radius - length(place)
        case .square: return 0.89 * radius - max(abs(place.x), abs(place.y))
        case .diamond: return (1.25 * radius - abs(place.x) - abs(place.y)) * 0.70710678
        // All three sides at the same distance from the middle.
        case .triangle:
          return 0.7 * radius - max(place.y, abs(place.x) * 0.8660254 - place.y * 0.5)
        }
      }
    }
    draw(radius, colour)
    if isHollow { draw(radius - 2, [1, 1, 1]) }
  }

  mutating func rectangle(_ box: PlotBox, colour: SIMD3<Float>) {
    let (low, high) = (box.minimum, box.maximum)
    fill(from: low, to: high, colour) { point in
      let inside = pointwiseMin(point - low, high - point)
      return min(inside.x, inside.y)
    }
  }

  /// Colours the pixels between two corners by a signed distance, positive inside.
  private mutating func fill(
    from low: SIMD2<Float>, to high: SIMD2<Float>, _ colour: SIMD3<Float>,
    distance: (SIMD2<Float>) -> Float
  ) {
    let columns = max(0, Int(low.x))..<min(image.width, max(0, Int(high.x) + 2))
    let rows = max(0, Int(low.y))..<min(image.height, max(0, Int(high.y) + 2))
    guard !columns.isEmpty, !rows.isEmpty else { return }
    for row in rows {
      for column in columns {
        let inside = distance([Float(column) + 0.5, Float(row) + 0.5])
        blend(column: column, row: row, colour, coverage: min(max(0.5 + inside, 0), 1))
      }
    }
  }

  private mutating func blend(
    column: Int, row: Int, _ colour: SIMD3<Float>, coverage: Float
  ) {
    guard coverage > 0, (0..<image.width).contains(column), (0..<image.height).contains(row) else {
      return
    }
    for channel in 0..<3 {
      let old = image[column: column, row: row, channel: channel]
      image[column: column, row: row, channel: channel] = old + (colour[channel] - old) * coverage
    }
  }
}

/// Letters.
extension Drawing {
  /// Pixels of a dot of a letter.
  private static let dot = 2

  /// The pixels that a text is wide, and high with what hangs below the base line.
  static func size(of text: String) -> SIMD2<Float> {
    let advance = DotFont.columnCount + 1
    return [
      Float(max(0, advance * text.count - 1) * dot), Float(DotFont.rowCount * dot),
    ]
  }

  /// Pixels from the top of a text to its base line.
  static let ascent = Float(DotFont.ascent * dot)

  /// A text whose top left corner is at a whole pixel; upright, or read from below to above.
  ///
  /// - Parameter isUpward: then `place` is the bottom left corner.
  mutating func text(
    _ text: String, at place: SIMD2<Float>, colour: SIMD3<Float>, isUpward: Bool = false
  ) {
    let (left, top) = (Int(place.x.rounded()), Int(place.y.rounded()))
    for (index, character) in text.enumerated() {
      let start = index * (DotFont.columnCount + 1) * Self.dot
      for (x, y) in Self.pixels(of: character) {
        let (along, across) = (start + x, y)
        blend(
          column: isUpward ? left + across : left + along,
          row: isUpward ? top - 1 - along : top + across, colour, coverage: 1)
      }
    }
  }

  /// The pixels of a character, its dots doubled and their corners filled where two dots touch.
  ///
  /// A quarter of a doubled dot takes the state of its two outer neighbours where they agree and the
  /// other two do not agree with them (Scale2x, Mazzoleni 2001).
  private static func pixels(of character: Character) -> [(x: Int, y: Int)] {
    let rows = DotFont.rows(of: character)
    func isSet(_ column: Int, _ row: Int) -> Bool {
      guard rows.indices.contains(row), (0..<DotFont.columnCount).contains(column) else {
        return false
      }
      return rows[row] >> (DotFont.columnCount - 1 - column) & 1 == 1
    }
    var pixels: [(x: Int, y: Int)] = []
    for row in rows.indices {
      for column in 0..<DotFont.columnCount {
        let (above, below) = (isSet(column, row - 1), isSet(column, row + 1))
        let (left, right) = (isSet(column - 1, row), isSet(column + 1, row))
        let isFlat = above == below || left == right
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
          let (side, end) = (x == 0 ? left : right, y == 0 ? above : below)
          let own = !isFlat && side == end ? side : isSet(column, row)
          if own { pixels.append((2 * column + x, 2 * row + y)) }
        }
      }
    }
    return pixels
  }
}

/// |v|.
private func length(_ vector: SIMD2<Float>) -> Float { (vector * vector).sum().squareRoot() }
