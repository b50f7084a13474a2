/// How healthy a sequence is: what its pictures do from frame to frame.
package struct SequenceHealth: Sendable, Encodable {
  package private(set) var schema = 1
  /// The checksum of the sequence that was measured.
  package let sequence: String
  package let framesPerSecond: Double
  package let summary: Summary
  package let frames: [Frame]

  /// Distances between pictures are root mean squares over pixels and channels in [0, 1].
  package struct Frame: Sendable, Encodable {
    /// From 1.
    package let frame: Int
    /// On the path, 0 at its start and 1 at its end.
    package let position: Double
    /// The mean opacity of the picture.
    package let opacityMass: Double
    /// From the frame before; 0 for the first.
    package internal(set) var change: Double
    /// Between the codes of the same two frames.
    package internal(set) var latentChange: Double
    /// From the mean of the frames before and after; 0 at both ends.
    package internal(set) var flicker: Double
  }

  package struct Summary: Sendable, Encodable {
    /// Sums of all changes.
    package let imagePathLength: Double
    package let latentPathLength: Double
    /// Between the first and the last frame.
    package let imageDistance: Double
    package let latentDistance: Double
    /// The standard deviation of the changes over their mean: 0 for constant visual speed.
    package let speedVariation: Double
    /// The mean flicker over the mean change: near 0 where the picture moves on, ½ and more where it
    /// goes back and forth.
    package let flicker: Double
    /// The least opacity mass over the lesser of the ends': far below 1 where a shape dissolves.
    package let leastMass: Double
    /// Frames that change more than four times as much as the median frame.
    package let jumps: [Int]
  }

  /// Looks at every frame of a path.
  ///
  /// - Parameter sequence: a checksum, to know the report by.
  package init(
    of path: SequencePath, sequence: String, framesPerSecond: Double, probe: SequenceProbe
  ) {
    self.sequence = sequence
    let positions = (1...path.frames.count).map { path.position(of: $0) }
    var frames: [Frame] = []
    var ends: (first: SequenceProbe.Look, last: SequenceProbe.Look)?
    probe.forEachLook(at: positions, of: path) { index, looks in
      let look = looks[looks.count - 1]
      ends = (ends?.first ?? look, look)
      var frame = Frame(
        frame: index + 1, position: positions[index], opacityMass: look.opacity, change: 0,
        latentChange: 0, flicker: 0)
      if looks.count > 1 {
        frame.change = look.distance(to: looks[looks.count - 2])
        frame.latentChange = look.codeDistance(to: looks[looks.count - 2])
      }
      frames.append(frame)
      if looks.count > 2 { frames[index - 1].flicker = looks[1].distance(toMeanOf: looks[0], look) }
    }
    self.frames = frames
    self.framesPerSecond = framesPerSecond
    let changes = frames.dropFirst().map(\.change)
    let count = Double(max(1, changes.count))
    let length = changes.reduce(0, +)
    let mean = length / count
    let variance = changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let flickers = frames.dropFirst().dropLast().map(\.flicker)
    let meanFlicker = flickers.reduce(0, +) / Double(max(1, flickers.count))
    let median = changes.sorted().dropFirst(changes.count / 2).first ?? 0
    let endMass = min(frames.first?.opacityMass ?? 0, frames.last?.opacityMass ?? 0)
    let leastMass = frames.map(\.opacityMass).min() ?? 0
    summary = Summary(
      imagePathLength: length, latentPathLength: frames.reduce(0) { $0 + $1.latentChange },
      imageDistance: ends.map { $0.first.distance(to: $0.last) } ?? 0,
      latentDistance: ends.map { $0.first.codeDistance(to: $0.last) } ?? 0,
      speedVariation: mean > 0 ? variance.squareRoot() / mean : 0,
      flicker: mean > 0 ? meanFlicker / mean : 0,
      leastMass: endMass > 0 ? leastMass / endMass : 1,
      jumps: frames.filter { $0.change > 4 * median && median > 0 }.map(\.frame))
  }
}
