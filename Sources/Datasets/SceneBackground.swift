/// What the pictures of a scene show behind it.
package enum SceneBackground: Sendable, Hashable {
  /// Nothing: the pictures are transparent there.
  case transparent

  /// One colour, in [0, 1], as SRN's white.
  case plain(SIMD3<Float>)

  /// The world: the scene fills the frame.
  case photograph

  /// Looks at pictures to find out.
  ///
  /// Transparent where some pixel is less than half opaque. Plain where the pictures' borders agree
  /// on one colour: its channels are the medians over the borders of all pictures, and in at least
  /// four of five pictures it fills at least 60 % of the border, since objects may reach over the
  /// edge. A photograph otherwise.
  init(of views: [PosedImage]) {
    if views.contains(where: \.showsNothingSomewhere) {
      self = .transparent
      return
    }
    let borders = views.map(\.border)
    guard let colour = SceneBackground.median(of: borders.flatMap { $0 }) else {
      self = .photograph
      return
    }
    let plainCount = borders.count { border in
      let count = border.count { $0.isNear(colour) }
      return Double(count) >= 0.6 * Double(border.count)
    }
    self =
      Double(plainCount) >= 0.8 * Double(borders.count)
      ? .plain(SIMD3<Float>(colour) / 255) : .photograph
  }

  /// The median of each channel; nil of no pixels.
  private static func median(of pixels: [SIMD3<UInt8>]) -> SIMD3<UInt8>? {
    guard !pixels.isEmpty else { return nil }
    var result = SIMD3<UInt8>()
    for channel in 0..<3 {
      var counts = [Int](repeating: 0, count: 256)
      for pixel in pixels { counts[Int(pixel[channel])] += 1 }
      var remaining = pixels.count / 2
      result[channel] = UInt8(
        counts.firstIndex { count in
          remaining -= count
          return remaining < 0
        } ?? 255)
    }
    return result
  }
}

extension SIMD3<UInt8> {
  /// Whether no channel differs by more than what rounding and resampling do to one colour.
  func isNear(_ other: SIMD3<UInt8>) -> Bool {
    (0..<3).allSatisfy { abs(Int(self[$0]) - Int(other[$0])) <= 2 }
  }
}

extension PosedImage {
  fileprivate var showsNothingSomewhere: Bool {
    hasTransparency && stride(from: 3, to: samples.count, by: 4).contains { samples[$0] < 128 }
  }

  /// The stored colour of a pixel.
  func storedColour(column: Int, row: Int) -> SIMD3<UInt8> {
    let start = (row * width + column) * (hasTransparency ? 4 : 3)
    return [samples[start], samples[start + 1], samples[start + 2]]
  }

  /// The outermost pixels.
  fileprivate var border: [SIMD3<UInt8>] {
    var pixels: [SIMD3<UInt8>] = []
    for row in 0..<height {
      let isOuter = row == 0 || row == height - 1
      let columns = isOuter || width < 2 ? Array(0..<width) : [0, width - 1]
      for column in columns { pixels.append(storedColour(column: column, row: row)) }
    }
    return pixels
  }
}
