import Foundation
import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Training configuration")
struct TrainingConfigurationTests {
  static func object(_ configuration: TrainingConfiguration) throws -> [String: Any] {
    let bytes = try JSONEncoder().encode(configuration)
    return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
  }

  static func decode(_ object: [String: Any]) throws -> TrainingConfiguration {
    try JSONDecoder().decode(
      TrainingConfiguration.self, from: try JSONSerialization.data(withJSONObject: object))
  }

  @Test("settings come back as they were written")
  func roundTrip() throws {
    var configuration = TrainingFixture.configuration
    #expect(try Self.decode(Self.object(configuration)) == configuration)
    configuration.averageDecay = 0.75
    configuration.normalizesCodes = true
    configuration.firstSamplesPerDiagonal = 8
    configuration.divergenceWeight = 1e-5
    configuration.nestedWidths = [16, 32]
    #expect(try Self.decode(Self.object(configuration)) == configuration)
  }

  @Test("settings that name no later choices mean what they meant")
  func earlier() throws {
    var object = try Self.object(TrainingFixture.configuration)
    for key in ["averageDecay", "normalizesCodes", "firstSamplesPerDiagonal", "nestedWidths"] {
      object[key] = nil
    }
    let configuration = try Self.decode(object)
    #expect(configuration.averageDecay == 0 && !configuration.normalizesCodes)
    #expect(configuration.firstSamplesPerDiagonal == nil && configuration.nestedWidths.isEmpty)
    #expect(configuration == TrainingFixture.configuration)
    object["gridPeriod"] = nil
    #expect(throws: DecodingError.self) { try Self.decode(object) }
  }

  @Test("intervals grow evenly until the middle, or are all there at once")
  func intervals() {
    var configuration = TrainingFixture.configuration
    configuration.samplesPerDiagonal = 96
    #expect(configuration.samplesPerDiagonal(progress: 0) == 96)
    configuration.firstSamplesPerDiagonal = 32
    let found = [0, 0.25, 0.5, 1].map { configuration.samplesPerDiagonal(progress: $0) }
    #expect(found == [32, 64, 96, 96])
  }

  @Test("with fewer intervals at the start a step's rays are more, up to their limit")
  func fewerIntervals() {
    var configuration = TrainingFixture.configuration
    configuration.firstSamplesPerDiagonal = 8
    var (short, whole) = (
      TrainingFixture.trainer(configuration: configuration), TrainingFixture.trainer()
    )
    let ratio =
      Double(whole.step(progress: 0).sampleCount) / Double(short.step(progress: 0).sampleCount)
    #expect(abs(ratio - 3) < 0.3)
    #expect(short.step(progress: 1).sampleCount > 2 * short.step(progress: 0).sampleCount)
  }

  @Test("codes that are normalised keep the length of new ones")
  func normalizedCodes() {
    var configuration = TrainingFixture.configuration
    configuration.normalizesCodes = true
    configuration.scenesPerStep = 1
    var trainer = TrainingFixture.trainer(configuration: configuration)
    let before = trainer.state.latents
    for _ in 0..<2 { _ = trainer.step(progress: 0) }
    let after = trainer.state.latents
    let lengths = (0..<3).map { row in
      after[row].values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    let moved = (0..<3).filter { after[$0] != before[$0] }
    #expect(moved.count == 2)
    // √5 times the deviation of new codes.
    for row in moved { #expect(abs(lengths[row] - 0.1 * Float(5).squareRoot()) < 1e-6) }
  }
}
