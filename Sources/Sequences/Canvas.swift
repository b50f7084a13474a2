import Imaging

/// A white picture to draw lines and capital letters on.
struct Canvas {
  private(set) var image: Image

  /// Pixels of a dot of a letter.
  private static let dot = 2

  init(width: Int, height: Int) {
    image = Image(width: width, height: height, channelCount: 3, repeating: 1)
  }

  mutating func line(
    from start: SIMD2<Float>, to end: SIMD2<Float>, colour: SIMD3<Float>, isThick: Bool = false
  ) {
    let way = end - start
    let count = max(1, Int(max(abs(way.x), abs(way.y)).rounded(.up)))
    for step in 0...count {
      let point = start + way * (Float(step) / Float(count))
      let (x, y) = (Int(point.x.rounded()), Int(point.y.rounded()))
      fill(x: x, y: y, size: isThick ? 2 : 1, colour: colour)
    }
  }

  mutating func text(_ text: String, x: Int, y: Int, colour: SIMD3<Float>) {
    for (index, character) in text.enumerated() {
      guard let rows = Self.letters[character] else { continue }
      for (row, bits) in rows.enumerated() {
        for column in 0..<3 where bits & (4 >> column) != 0 {
          fill(
            x: x + (4 * index + column) * Self.dot, y: y + row * Self.dot, size: Self.dot,
            colour: colour)
        }
      }
    }
  }

  /// The pixels that a text is wide.
  static func width(of text: String) -> Int { max(0, 4 * text.count - 1) * dot }

  private mutating func fill(x: Int, y: Int, size: Int, colour: SIMD3<Float>) {
    for row in y..<y + size where (0..<image.height).contains(row) {
      for column in x..<x + size where (0..<image.width).contains(column) {
        for channel in 0..<3 {
          image[column: column, row: row, channel: channel] = colour[channel]
        }
      }
    }
  }

  /// Five rows of three dots, the left one the highest bit.
  private static let letters: [Character: [Int]] = [
    "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 7, 1, 7],
    "4": [5, 5, 7, 1, 1], "5": [7, 4, 7, 1, 7], "6": [7, 4, 7, 5, 7], "7": [7, 1, 1, 1, 1],
    "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7], ".": [0, 0, 0, 0, 2], "A": [2, 5, 7, 5, 5],
    "C": [3, 4, 4, 4, 3], "E": [7, 4, 6, 4, 7], "F": [7, 4, 6, 4, 4], "G": [3, 4, 5, 5, 3],
    "H": [5, 5, 7, 5, 5], "I": [7, 2, 2, 2, 7], "K": [5, 5, 6, 5, 5], "L": [4, 4, 4, 4, 7],
    "M": [5, 7, 7, 5, 5], "N": [6, 5, 5, 5, 5], "O": [7, 5, 5, 5, 7], "P": [7, 5, 7, 4, 4],
    "R": [6, 5, 6, 5, 5], "S": [3, 4, 2, 1, 6], "T": [7, 2, 2, 2, 2], "Y": [5, 5, 2, 2, 2],
  ]
}
