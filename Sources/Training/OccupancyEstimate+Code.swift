package import VolumeRendering

/// What a saved training keeps of an estimate: a byte for several cells, exactly.
///
///     0…124      three cells, each of 1…5 looks
///     125…188    a run of 1…64 cells of 0
///     189…252    two cells, each of 1…8
///     253        one cell, whose looks are the next byte
///
/// Early in a training most cells are a few looks from empty, and later most are empty.
extension OccupancyEstimate {
  private static let firstRun: UInt8 = 125
  private static let firstPair: UInt8 = 189
  private static let single: UInt8 = 253
  private static let longestRun = 64

  package var encodedCells: [UInt8] {
    let looks = looksLeft.span
    var bytes: [UInt8] = []
    bytes.reserveCapacity(looks.count / 4)
    var index = 0
    /// Whether the next cells all have 1 to so many looks.
    func areBetween1(and most: UInt8, count: Int) -> Bool {
      index + count <= looks.count
        && (index..<index + count).allSatisfy { looks[$0] &- 1 < most }
    }
    while index < looks.count {
      if looks[index] == 0 {
        var end = index + 1
        while end < looks.count, end - index < Self.longestRun, looks[end] == 0 { end += 1 }
        bytes.append(Self.firstRun + UInt8(end - index - 1))
        index = end
      } else if areBetween1(and: 5, count: 3) {
        bytes.append(
          (looks[index] - 1) + 5 * (looks[index + 1] - 1) + 25 * (looks[index + 2] - 1))
        index += 3
      } else if areBetween1(and: 8, count: 2) {
        bytes.append(Self.firstPair + (looks[index] - 1) + 8 * (looks[index + 1] - 1))
        index += 2
      } else {
        bytes += [Self.single, looks[index]]
        index += 1
      }
    }
    return bytes
  }

  /// An estimate as it was; nil for bytes that are not those of so many cells.
  package init?(cells: CellGrid, encodedCells bytes: [UInt8], updateCount: Int) {
    guard updateCount >= 0 else { return nil }
    var looks: [UInt8] = []
    looks.reserveCapacity(cells.cellCount)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case ..<Self.firstRun:
        looks += [byte % 5 + 1, byte / 5 % 5 + 1, byte / 25 + 1]
      case Self.firstRun..<Self.firstPair:
        looks.append(contentsOf: repeatElement(0, count: Int(byte - Self.firstRun) + 1))
      case Self.firstPair..<Self.single:
        let pair = byte - Self.firstPair
        looks += [pair % 8 + 1, pair / 8 + 1]
      case Self.single:
        guard index < bytes.count, (1...Self.mostLooks).contains(bytes[index]) else { return nil }
        looks.append(bytes[index])
        index += 1
      default: return nil
      }
      guard looks.count <= cells.cellCount else { return nil }
    }
    guard looks.count == cells.cellCount else { return nil }
    self.init(cells: cells, looksLeft: looks, updateCount: updateCount)
  }
}
