package import Imaging

/// Some frames of a sequence in rows, made small.
package enum ContactSheet {
  /// Frames that are shown, at most.
  private static let frameLimit = 48
  /// Pixels of the longer side of a frame, at most.
  private static let sideLimit = 160
  private static let gap = 4

  /// The frames that are shown of a number of them, evenly spread, the first and the last included.
  package static func places(of count: Int) -> [Int] {
    guard count > frameLimit else { return Array(0..<count) }
    return (0..<frameLimit).map { $0 * (count - 1) / (frameLimit - 1) }
  }

  /// Puts pictures of one size on a white sheet, row by row.
  ///
  /// - Parameter columns: in a row; by default so many that the sheet is about square.
  /// - Precondition: there is at least one picture.
  package static func sheet(of pictures: [Image], columns: Int? = nil) -> Image {
    let small = pictures.map(reduced)
    let (width, height) = (small[0].width, small[0].height)
    func emptyCount(_ columns: Int) -> Int { (columns - small.count % columns) % columns }
    // About as many columns as rows or up to twice as many, so that few places stay empty.
    let root = Int(Float(small.count).squareRoot().rounded(.up))
    let columnCount =
      columns ?? (root...2 * root).min { emptyCount($0) < emptyCount($1) } ?? root
    let rowCount = (small.count + columnCount - 1) / columnCount
    var sheet = Image(
      width: columnCount * (width + gap) + gap, height: rowCount * (height + gap) + gap,
      channelCount: 3, repeating: 1)
    for (index, picture) in small.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columnCount)
      let (left, top) = (gap + column * (width + gap), gap + row * (height + gap))
      for y in 0..<min(height, picture.height) {
        let source = y * picture.width * 3
        let target = ((top + y) * sheet.width + left) * 3
        let length = min(width, picture.width) * 3
        sheet.samples.replaceSubrange(
          target..<target + length, with: picture.samples[source..<source + length])
      }
    }
    return sheet
  }

  /// A picture as the sheet shows it, small and over white; one that is so already stays as it is.
  package static func reduced(_ picture: Image) -> Image {
    shrunk(picture.composited(over: [1, 1, 1]))
  }

  /// A picture made smaller by means of whole blocks of pixels.
  private static func shrunk(_ picture: Image) -> Image {
    let block = (max(picture.width, picture.height) + sideLimit - 1) / sideLimit
    guard block > 1 else { return picture }
    let (width, height) = (max(1, picture.width / block), max(1, picture.height / block))
    let (blockWidth, blockHeight) = (min(block, picture.width), min(block, picture.height))
    var result = Image(width: width, height: height, channelCount: 3)
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          var sum: Float = 0
          for row in 0..<blockHeight {
            for column in 0..<blockWidth {
              sum +=
                picture[
                  column: x * block + column, row: y * block + row, channel: channel]
            }
          }
          result[column: x, row: y, channel: channel] = sum / Float(blockWidth * blockHeight)
        }
      }
    }
    return result
  }
}
