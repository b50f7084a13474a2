import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Weight average")
struct WeightAverageTests {
  static func trainer(state: TrainingState? = nil, threadCount: Int = 1) -> Trainer {
    var configuration = TrainingFixture.configuration
    configuration.averageDecay = 0.9
    return TrainingFixture.trainer(
      state: state, configuration: configuration, threadCount: threadCount)
  }

  @Test("the mean follows the weights by its formula, every eighth step")
  func formula() throws {
    var trainer = Self.trainer()
    let start = trainer.state
    let place = 1000
    var expected = Double(start.hypernetwork.parameters[place])
    var expectedCode = Double(start.latents.values[2])
    for step in 1...40 {
      _ = trainer.step(progress: 0)
      let average = try #require(trainer.state.average)
      if step % 8 == 0 {
        let count = Double(step / 8)
        var decay = 1.0
        for _ in 0..<8 { decay *= Double(Float(0.9)) }
        let share = 1 - min(decay, (1 + count) / (10 + count))
        expected += share * (Double(trainer.state.hypernetwork.parameters[place]) - expected)
        expectedCode += share * (Double(trainer.state.latents.values[2]) - expectedCode)
      }
      #expect(abs(Double(average.parameters[place]) - expected) < 1e-6 * max(1, abs(expected)))
      #expect(abs(Double(average.codes[2]) - expectedCode) < 1e-6)
    }
    #expect(trainer.state.average?.parameters != trainer.state.hypernetwork.parameters)
  }

  @Test("keeping a mean changes no step")
  func apart() {
    var (with, without) = (Self.trainer(), TrainingFixture.trainer())
    for _ in 0..<9 { #expect(with.step(progress: 0).loss == without.step(progress: 0).loss) }
    #expect(without.state.average == nil)
    #expect(with.state.hypernetwork.parameters == without.state.hypernetwork.parameters)
  }

  @Test("a run that goes on keeps its mean; one without a mean drops it")
  func resuming() {
    var first = Self.trainer()
    for _ in 0..<20 { _ = first.step(progress: 0) }
    #expect(Self.trainer(state: first.state).state.average == first.state.average)
    #expect(TrainingFixture.trainer(state: first.state).state.average == nil)
  }

  @Test("the number of threads changes no bit", arguments: [2, 3, 8])
  func threads(threadCount: Int) {
    func state(_ threadCount: Int) -> TrainingState {
      var trainer = Self.trainer(threadCount: threadCount)
      for _ in 0..<17 { _ = trainer.step(progress: 0) }
      return trainer.state
    }
    #expect(state(threadCount).isIdentical(to: state(1)))
  }
}
