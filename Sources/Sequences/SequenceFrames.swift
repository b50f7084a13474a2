/// The frames of a whole path, numbered from 1.
package struct SequenceFrames: Sendable, Equatable {
  package static let limit = 1_000_000

  /// At least 1.
  package let count: Int

  /// Whether the frame after the last would be the first again.
  package let closes: Bool

  package init(count: Int, closes: Bool) {
    precondition(
      (1...Self.limit).contains(count), "found \(count) frames, expected 1…\(Self.limit)")
    self.count = count
    self.closes = closes
  }

  /// Where on the path a frame is, 0 at its start and 1 at its end.
  package func position(of frame: Int) -> Double {
    let stepCount = closes ? count : count - 1
    return stepCount > 0 ? Double(frame - 1) / Double(stepCount) : 0
  }
}
