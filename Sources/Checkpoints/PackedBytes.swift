/// Bytes as whole numbers that a `Float` holds exactly, three to a number, the first the lowest.
enum PackedBytes {
  /// What a word may be.
  static let wordRange: ClosedRange<Float> = 0...0xFF_FFFF

  static func wordCount(of byteCount: Int) -> Int { (byteCount + 2) / 3 }

  static func pack(_ bytes: [UInt8]) -> [Float] {
    (0..<wordCount(of: bytes.count)).map { word in
      var number: UInt32 = 0
      for place in 0..<min(3, bytes.count - 3 * word) {
        number |= UInt32(bytes[3 * word + place]) << UInt32(8 * place)
      }
      return Float(number)
    }
  }

  /// Lists of bytes that lie packed one after the other, out of words that come piece by piece.
  struct Lists {
    /// Those that are complete; all, once all words have come.
    private(set) var lists: [[UInt8]] = []
    private var current: [UInt8] = []
    private let lengths: [Int]

    init(lengths: [Int]) {
      self.lengths = lengths
      keepComplete()
    }

    /// Adds the next words; one that is none stands for zeros, and is for the caller to refuse.
    mutating func append(_ words: [Float]) {
      for word in words {
        let number = wordRange.contains(word) ? UInt32(word) : 0
        // The last word may have bytes to spare.
        for place in 0..<3 where lists.count < lengths.count {
          current.append(UInt8(truncatingIfNeeded: number >> UInt32(place * 8)))
          keepComplete()
        }
      }
    }

    private mutating func keepComplete() {
      while lists.count < lengths.count && current.count == lengths[lists.count] {
        lists.append(current)
        current = []
      }
    }
  }
}
