import TestSupport
import Testing
import Training

@Suite("Loss")
struct LossTests {
  @Test("the squared error is the mean over the channels")
  func squaredError() {
    let target: SIMD3<Float> = [0.2, 0.9, 0.4]
    let value = Loss.squaredError([0.7, 0.5, 0.4], target: target)
    #expect(abs(value - (0.25 + 0.16) / 3) < 1e-7)
    #expect(Loss.squaredError(target, target: target) == 0)
  }

  @Test("the latent penalty is the weighted mean square of the codes, its gradient added")
  func latentPenalty() {
    let codes: [Float] = [0.5, -2, 0, 3]
    var gradient: [Float] = [1, 1, 1, 1]
    let penalty = Loss.latentPenalty(codes: codes, weight: 0.1, gradient: &gradient)
    #expect(abs(penalty - 0.1 * 13.25 / 4) < 1e-7)
    let expected = FiniteDifference.derivatives(
      of: { 0.1 * $0.reduce(0) { $0 + $1 * $1 } / 4 }, at: codes.inDouble, entries: [0, 1, 2, 3])
    #expect(Tolerance.errorOfLargest(gradient, expected.map { $0 + 1 }) < 1e-6)
  }
}
