import Foundation
import Testing
import Training

@Suite("Learning rate schedule")
struct LearningRateScheduleTests {
  static let schedule = LearningRateSchedule(warmupSteps: 10, finalShare: 0.1)

  @Test("the rate rises in equal steps over the warm-up")
  func warmup() {
    for step in 0..<10 {
      #expect(
        abs(Self.schedule.share(step: step, progress: 0) - Float(step + 1) / 10) < 1e-6)
    }
    #expect(Self.schedule.share(step: 10, progress: 0) == 1)
    #expect(LearningRateSchedule(warmupSteps: 0, finalShare: 0).share(step: 0, progress: 0) == 1)
  }

  @Test("then it falls along half a cosine to its final share")
  func cosine() {
    func share(_ progress: Float) -> Float { Self.schedule.share(step: 1000, progress: progress) }
    #expect(share(0) == 1)
    #expect(abs(share(0.5) - 0.55) < 1e-6)
    #expect(abs(share(1) - 0.1) < 1e-6)
    #expect(abs(share(0.25) - (0.1 + 0.9 * (1 + Float(0.5).squareRoot()) / 2)) < 1e-6)
    let shares = (0...100).map { share(Float($0) / 100) }
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 > $1 })
  }
}
