import VolumeRendering

/// Where a picture shows something other than its background.
struct Silhouette {
  /// The picture's camera; positions in the picture are in its pixels.
  let camera: Camera

  /// Pixels of the picture per side of a block: what is in between need not be told apart.
  private let blockSize: Int
  private let columnCount: Int
  private let rowCount: Int

  /// How many blocks above and to the left show something,
  /// `[(rowCount + 1) × (columnCount + 1)]`: any rectangle's count is four of them (Crow 1984).
  private let sums: [Int32]

  /// The sides of the frame that something shown reaches.
  let reachedSides: Sides

  struct Sides: OptionSet {
    let rawValue: Int
    static let left = Sides(rawValue: 1)
    static let right = Sides(rawValue: 2)
    static let top = Sides(rawValue: 4)
    static let bottom = Sides(rawValue: 8)
  }

  /// Blocks on the longer side of a picture, at most.
  private static let blockLimit = 256

  init(of view: PosedImage, background: SceneBackground) {
    camera = view.camera
    let longerSide = max(view.width, view.height)
    blockSize = (longerSide + Silhouette.blockLimit - 1) / Silhouette.blockLimit
    columnCount = (view.width + blockSize - 1) / blockSize
    rowCount = (view.height + blockSize - 1) / blockSize
    var isFull = Silhouette.blocks(
      of: view, background: background, blockSize: blockSize, columnCount: columnCount,
      rowCount: rowCount)
    if case .plain = background {
      Silhouette.fillHoles(of: &isFull, columnCount: columnCount)
    }
    var sums = [Int32](repeating: 0, count: (rowCount + 1) * (columnCount + 1))
    for row in 0..<rowCount {
      var rowSum: Int32 = 0
      for column in 0..<columnCount {
        rowSum += isFull[row * columnCount + column] ? 1 : 0
        let index = (row + 1) * (columnCount + 1) + column + 1
        sums[index] = sums[index - columnCount - 1] + rowSum
      }
    }
    self.sums = sums
    var sides: Sides = []
    for row in 0..<rowCount {
      if isFull[row * columnCount] { sides.insert(.left) }
      if isFull[(row + 1) * columnCount - 1] { sides.insert(.right) }
    }
    if isFull[..<columnCount].contains(true) { sides.insert(.top) }
    if isFull[(isFull.count - columnCount)...].contains(true) { sides.insert(.bottom) }
    reachedSides = sides
  }

  /// Whether a rectangle of the picture, in pixels, shows nothing but background.
  ///
  /// - Precondition: the rectangle lies in the picture.
  func isEmpty(columns: ClosedRange<Float>, rows: ClosedRange<Float>) -> Bool {
    let left = min(Int(columns.lowerBound) / blockSize, columnCount - 1)
    let right = min(Int(columns.upperBound) / blockSize, columnCount - 1) + 1
    let top = min(Int(rows.lowerBound) / blockSize, rowCount - 1) * (columnCount + 1)
    let bottom = (min(Int(rows.upperBound) / blockSize, rowCount - 1) + 1) * (columnCount + 1)
    return sums[bottom + right] - sums[bottom + left] - sums[top + right] + sums[top + left] == 0
  }

  /// Which blocks hold a pixel of the foreground, row by row.
  private static func blocks(
    of view: PosedImage, background: SceneBackground, blockSize: Int, columnCount: Int,
    rowCount: Int
  ) -> [Bool] {
    var isFull = [Bool](repeating: false, count: rowCount * columnCount)
    let isForeground = view.foregroundTest(against: background)
    for row in 0..<view.height {
      let start = row / blockSize * columnCount
      for column in 0..<view.width where !isFull[start + column / blockSize] {
        isFull[start + column / blockSize] = isForeground(column, row)
      }
    }
    return isFull
  }

  /// Fills what the background cannot be reached through from the picture's border.
  ///
  /// Parts of the background's colour inside an outline belong to the thing, not to the background.
  private static func fillHoles(of isFull: inout [Bool], columnCount: Int) {
    let rowCount = isFull.count / columnCount
    var isOutside = [Bool](repeating: false, count: isFull.count)
    var frontier: [Int] = []
    for index in isFull.indices where !isFull[index] {
      let (row, column) = index.quotientAndRemainder(dividingBy: columnCount)
      guard row == 0 || row == rowCount - 1 || column == 0 || column == columnCount - 1 else {
        continue
      }
      isOutside[index] = true
      frontier.append(index)
    }
    while let index = frontier.popLast() {
      let column = index % columnCount
      let neighbours = [
        index - columnCount, index + columnCount, column > 0 ? index - 1 : -1,
        column < columnCount - 1 ? index + 1 : -1,
      ]
      for neighbour in neighbours
      where isFull.indices.contains(neighbour) && !isFull[neighbour] && !isOutside[neighbour] {
        isOutside[neighbour] = true
        frontier.append(neighbour)
      }
    }
    isFull = isOutside.map { !$0 }
  }
}

extension PosedImage {
  /// Tells which pixels show something other than the background.
  ///
  /// - Returns: a function of column and row.
  package func foregroundTest(against background: SceneBackground) -> (Int, Int) -> Bool {
    switch background {
    case .transparent where hasTransparency:
      // Less than three of 255 is the haze that mattes leave, not a thing.
      return { column, row in samples[(row * width + column) * 4 + 3] >= 3 }
    case .plain(let colour):
      let stored = SIMD3<UInt8>(clamping: SIMD3<Int>((colour * 255).rounded(.toNearestOrEven)))
      return { column, row in !storedColour(column: column, row: row).isNear(stored) }
    case .transparent, .photograph:
      return { _, _ in true }
    }
  }
}
