/// The means over the areas of a smaller picture's pixels, of a picture that comes row by row.
///
///     colour = Σ sᵢ αᵢ cᵢ / Σ sᵢ αᵢ    alpha = Σ sᵢ αᵢ
///
/// over the pixels i that a new pixel covers, sᵢ their shares of its area. Only the new picture is in
/// memory. A new pixel that is transparent all over is black.
struct PictureReduction {
  /// Pixels of the new picture.
  let width: Int
  let height: Int

  private let channelCount: Int
  private let hasAlpha: Bool
  private let columns: [Cover]
  private let rows: [Cover]
  /// The new picture's sums so far, colours times alpha, `[height × width × channelCount]`.
  private var sums: [Float]
  private var rowSums: [Float]
  private var rowIndex = 0

  /// The new pixel that an old one lies in, and its shares of that and of the one after it.
  private struct Cover {
    let place: Int
    let share: Float
    let nextShare: Float
  }

  /// - Parameter limit: the longest side of the new picture, pixels.
  /// - Precondition: the longest side of the old one is greater.
  init(width: Int, height: Int, channelCount: Int, toSide limit: Int) {
    let longest = max(width, height)
    precondition(
      longest > limit && limit > 0, "found \(width)×\(height), expected it above \(limit)")
    let (newWidth, newHeight) = Self.size(width: width, height: height, toSide: limit)
    self.width = newWidth
    self.height = newHeight
    self.channelCount = channelCount
    hasAlpha = channelCount == 2 || channelCount == 4
    columns = Self.covers(from: width, to: newWidth)
    rows = Self.covers(from: height, to: newHeight)
    sums = [Float](repeating: 0, count: newWidth * newHeight * channelCount)
    rowSums = [Float](repeating: 0, count: newWidth * channelCount)
  }

  /// The size with a longest side of at most `limit`, in the same proportions to half a pixel.
  static func size(width: Int, height: Int, toSide limit: Int) -> (width: Int, height: Int) {
    let longest = max(width, height)
    guard longest > limit else { return (width, height) }
    return (
      max(1, (2 * width * limit + longest) / (2 * longest)),
      max(1, (2 * height * limit + longest) / (2 * longest))
    )
  }

  /// In units that make both sides whole numbers an old pixel is `new` long, and a new one `old`.
  private static func covers(from old: Int, to new: Int) -> [Cover] {
    (0..<old).map { index in
      let place = index * new / old
      let inside = min(new, (place + 1) * old - index * new)
      return Cover(
        place: place, share: Float(inside) / Float(old),
        nextShare: Float(new - inside) / Float(old))
    }
  }

  /// Adds the next row, samples in [0, 1], `[width × channelCount]` of the old picture.
  mutating func add(_ row: [Float]) {
    precondition(
      row.count == columns.count * channelCount && rowIndex < rows.count,
      "found a row of \(row.count) samples, expected \(columns.count * channelCount)")
    for index in rowSums.indices { rowSums[index] = 0 }
    let colourCount = hasAlpha ? channelCount - 1 : channelCount
    for (column, cover) in columns.enumerated() {
      let start = column * channelCount
      let alpha = hasAlpha ? row[start + colourCount] : 1
      let place = cover.place * channelCount
      for channel in 0..<channelCount {
        let value = channel < colourCount ? row[start + channel] * alpha : alpha
        rowSums[place + channel] += cover.share * value
        if cover.nextShare > 0 {
          rowSums[place + channelCount + channel] += cover.nextShare * value
        }
      }
    }
    let cover = rows[rowIndex]
    let start = cover.place * rowSums.count
    for (index, sum) in rowSums.enumerated() {
      sums[start + index] += cover.share * sum
      if cover.nextShare > 0 { sums[start + rowSums.count + index] += cover.nextShare * sum }
    }
    rowIndex += 1
  }

  /// The new picture, once all rows have been added.
  consuming func image() -> Image {
    precondition(
      rowIndex == rows.count, "found \(rowIndex) rows, expected all \(rows.count)")
    if hasAlpha {
      for start in stride(from: 0, to: sums.count, by: channelCount) {
        let alpha = sums[start + channelCount - 1]
        for channel in 0..<channelCount - 1 where alpha > 0 { sums[start + channel] /= alpha }
      }
    }
    return Image(width: width, height: height, channelCount: channelCount, samples: sums)
  }
}
