import ArgumentParser
import Datasets
import Files
import NeuralFields
import Training

/// How scenes that move are learned.
struct MotionOptions: ParsableArguments {
  @Option(help: "The code's path over time: spline, the default, fourier or recurrent.")
  var trajectory: LatentTrajectory.Curve?

  @Option(
    help: ArgumentHelp(
      "Codes that a path is made of, 2…64: its keys, or Fourier coefficients; else 12.",
      valueName: "n"))
  var trajectoryRows: Int?

  @Option(
    help: ArgumentHelp(
      "Weight of the paths' roughness in the loss; else 0.001.", valueName: "weight")
  )
  var smoothness: Float?

  /// The options that were given, by their names without dashes.
  var given: [String] {
    let all = [
      ("trajectory", trajectory != nil), ("trajectory-rows", trajectoryRows != nil),
      ("smoothness", smoothness != nil),
    ]
    return all.filter(\.1).map(\.0)
  }

  func validate() throws {
    if let trajectoryRows, !(2...64).contains(trajectoryRows) {
      throw ValidationError("--trajectory-rows: found \(trajectoryRows), expected 2…64")
    }
    if let smoothness, !(0...1e6).contains(smoothness) {
      throw ValidationError("--smoothness: found \(smoothness), expected 0…1000000")
    }
  }

  /// The paths of a data set's moving scenes and the names of all rows of the table; nil where nothing
  /// moves.
  ///
  /// - Throws: `CommandFailure` for an option that the data set has no use for, or that moving scenes
  ///   do not go with.
  func layout(
    of scenes: [SceneDataset], plan: inout TrainingPlan, dataset: String
  ) throws -> (trajectories: [LatentTrajectory], rowNames: [String])? {
    guard let moving = scenes.first(where: { $0.span != nil }) else {
      if let option = given.first {
        throw CommandFailure(
          "--\(option): found it for \(dataset.onOneLine), whose frames have no times, expected a "
            + "scene that moves", .usage)
      }
      return nil
    }
    let restingOptions = [
      ("variational", plan.configuration.divergenceWeight != nil),
      ("normalize-codes", plan.configuration.normalizesCodes),
      ("variants", plan.configuration.variantsPerScene > 0),
    ]
    if let option = restingOptions.first(where: \.1)?.0 {
      throw CommandFailure(
        "--\(option): found it for \(moving.name.onOneLine), which moves, expected scenes at rest",
        .usage)
    }
    if let smoothness { plan.configuration.trajectorySmoothness = smoothness }
    return LatentTrajectory.layout(
      of: scenes, curve: trajectory ?? .spline, rowCount: trajectoryRows ?? 12)
  }
}

extension LatentTrajectory.Curve: ExpressibleByArgument {}
