/// What a moving scene's times from 0 to 1 stand for.
package struct TimeSpan: Sendable, Hashable, Codable {
  /// How long the way from 0 to 1 lasts when it is played, seconds, > 0.
  package var seconds: Float

  /// Whether time 1 is time 0 again.
  package var loops: Bool

  package init(seconds: Float = 1, loops: Bool = false) {
    self.seconds = seconds
    self.loops = loops
  }

  /// Reads `time_seconds` and `time_loops` of a transforms file; without them a second that does not
  /// loop.
  init(of root: TransformsValue) throws(DatasetError) {
    let seconds = try root.number("time_seconds", expected: "seconds in 0.01…10000") {
      (0.01...10_000).contains($0)
    }
    self.init(seconds: seconds.map(Float.init) ?? 1)
    guard let loops = try root.member("time_loops") else { return }
    guard let truth = loops.truth else { throw loops.invalid(expected: "true or false") }
    self.loops = truth
  }
}
