import Checkpoints
import Foundation
import Training

/// What a run's folder must satisfy before it is gone on with: it may come from a stranger.
extension TrainingRun {
  /// Refuses to replace a file that is not the model of this run as an earlier save wrote it.
  ///
  /// - Parameter configuration: of the run's state.
  /// - Throws: `CommandFailure`, cannot create.
  func checkOutput(isOf configuration: ModelConfiguration) throws {
    let path = settings.output
    // A link counts too where it leads nowhere.
    let isThere =
      FileManager.default.fileExists(atPath: path)
      || (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    guard isThere else { return }
    let model = try? Checkpoint.read(path)
    guard model?.configuration.beforeTraining == configuration.beforeTraining else {
      throw CommandFailure(
        "\(path): found a file that this run did not write, expected its model or a free name: move "
          + "the file away", .cannotCreate)
    }
  }
}

extension ModelConfiguration {
  /// What every save of a run has in common.
  fileprivate var beforeTraining: ModelConfiguration {
    var configuration = self
    (configuration.program, configuration.training) = ("", nil)
    return configuration
  }
}

extension TrainingRun.Settings {
  /// Whether every number is one that the command line could have given.
  var areInRange: Bool {
    configuration.areInRange && (1...1_000_000_000).contains(steps ?? 1)
      && (1...1_000_000).contains(maximumScenes ?? 1)
      && (minutes ?? 1) > 0 && (minutes ?? 1) <= 100_000
      && saveIntervalSeconds > 0 && saveIntervalSeconds <= 6_000_000
  }
}

extension TrainingConfiguration {
  fileprivate var areInRange: Bool {
    let counts = [
      (scenesPerStep, 1...1024), (raysPerStep, 16...1_048_576), (samplesPerStep, 1...16_777_216),
      (samplesPerDiagonal, 8...4096), (firstSamplesPerDiagonal ?? 8, 8...4096),
      (warmupSteps, 0...1_000_000), (gridResolution, 1...512), (gridPeriod, 1...1_000_000),
      (variantsPerScene, 0...1000), (nestedWidths.count, 0...8),
    ]
    let numbers: [(Float, ClosedRange<Float>)] = [
      (near, 0...1e6), (learningRate, 0...1), (codeLearningRate, 0...1), (finalRateShare, 0...1),
      (averageDecay, 0...0.9999), (latentPenalty, 0...1000), (divergenceWeight ?? 0, 0...1),
      (trajectorySmoothness, 0...1e6), (foregroundShare, 0...1), (finalForegroundShare, 0...1),
      (gridDecay, 0...1),
    ]
    return counts.allSatisfy { $0.1.contains($0.0) } && numbers.allSatisfy { $0.1.contains($0.0) }
      && nestedWidths.allSatisfy { (1...256).contains($0) }
  }
}
