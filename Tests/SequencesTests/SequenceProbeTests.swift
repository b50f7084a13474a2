import Datasets
import NeuralFields
import Sequences
import Testing

@Suite("Measuring a path") struct SequenceProbeTests {
  private func health(
    _ path: SequencePath, threadCount: Int = 2
  ) -> SequenceHealth {
    SequenceHealth(
      of: path, sequence: "", framesPerSecond: 24,
      probe: SequenceFixture.probe(threadCount: threadCount))
  }

  @Test("frames at even visual distances ascend from one end to the other, with little variation")
  func evenMotion() {
    var path = SequenceFixture.path(frameCount: 17, hold: 0.15)
    let before = health(path).summary.speedVariation
    let positions = SequenceFixture.probe().evenPositions(of: path)
    #expect(positions.first == 0 && positions.last == 1 && positions.count == 17)
    #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 })
    path.positions = positions
    let after = health(path).summary.speedVariation
    #expect(before > 0.5 && after < 0.2 && after < before / 4, "\(before) \(after)")
  }

  @Test("a path that does not move is cut evenly") func still() {
    var path = SequenceFixture.path(frameCount: 5)
    path.latent = LatentTrack(
      mixes: [LatentMix(.mean)], times: KeyTimes(count: 1, over: 0...1, closes: false))
    #expect(SequenceFixture.probe().evenPositions(of: path) == [0, 0.25, 0.5, 0.75, 1])
    let summary = health(path).summary
    #expect(summary.imagePathLength == 0 && summary.latentPathLength == 0 && summary.flicker == 0)
    #expect(summary.jumps.isEmpty && summary.leastMass == 1)
  }

  @Test("lengths are those of the path, whatever the threads", arguments: [1, 3])
  func lengths(threadCount: Int) {
    let path = SequenceFixture.path(frameCount: 90, easing: .linear)
    let health = health(path, threadCount: threadCount)
    let codes = SequenceFixture.names.map { name in
      SequenceFixture.library.latent(of: LatentMix(.scene(name))).code.values
    }
    func distance(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }.squareRoot()
    }
    // A frame is a little off the middle scene, where the path has its corner.
    let length = distance(codes[0], codes[1]) + distance(codes[1], codes[2])
    #expect(abs(health.summary.latentPathLength / length - 1) < 0.01)
    #expect(abs(health.summary.latentDistance - distance(codes[0], codes[2])) < 1e-4)
    #expect(health.summary.imagePathLength >= health.summary.imageDistance - 1e-9)
    #expect(health.frames.map(\.frame) == Array(1...90))
    #expect(
      health.summary.imagePathLength
        == self.health(path).summary.imagePathLength)
  }

  @Test("a path is at its scenes exactly, and begins before them when extrapolated")
  func ends() {
    let path = SequenceFixture.path(frameCount: 5)
    let view = path.view(at: 0.5, in: SequenceFixture.library)
    #expect(view.mix == LatentMix(.scene("b")) && view.camera == SequenceFixture.camera)
    let longer = path.latent.extrapolated(by: 0.5, in: SequenceFixture.library)
    #expect(longer.mixes[0].parts.map(\.weight) == [1.5, -0.5])
    #expect(longer.mixes[2].parts.map(\.weight) == [-0.5, 1.5])
  }
}
