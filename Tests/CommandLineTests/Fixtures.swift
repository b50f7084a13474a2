import Foundation
import Testing

/// What the tests start from: small pictures, small scenes and a small model.
enum Fixtures {
  /// A data set of three scenes for training, 32×32 pixels, 16/2/6 views.
  static let cars = folder("cars32/train")
  static let carNames = ["kenney_race", "kenney_taxi", "quat_basic_BasicCar"]

  /// One scene of it.
  static let taxi = folder("cars32/train/kenney_taxi")

  /// A data set of one scene that models of the others do not know.
  static let otherCars = folder("cars32/val")

  private static func folder(_ name: String) -> String {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)").path
  }

  /// A scene file that comes with the program.
  static func shippedScene(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("scenes/\(name).json").path
  }

  /// Options of a training that takes a moment.
  static let smallTraining = [
    "--width", "16", "--layers", "2", "--latent-width", "8", "--trunk", "32", "--rays", "256",
    "--samples", "32", "--variants", "0",
  ]

  /// Steps of the model that the tests share.
  static let modelSteps = 12

  /// The bytes of a model of the three cars; trained once, by two threads.
  static func model() async throws -> [UInt8] { try await trainedModel.value }

  private static let trainedModel = Task {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["train", cars, "-o", "cars.safetensors", "--steps", "\(modelSteps)", "--threads", "2"]
          + smallTraining, in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      return try folder.bytes(of: "cars.safetensors")
    }
  }

  /// A red ball of radius ½ at the origin, and a camera three units from it on the x axis.
  static let ball = """
    {
      "hypermarch_scene": 1,
      "description": "A red ball",
      "bound": {"minimum": [-1, -1, -1], "maximum": [1, 1, 1]},
      "density": 400, "softness": 0.002,
      "shapes": [
        {"kind": "sphere", "centre": [0, 0, 0], "radius": 0.5, "colour": [1, 0, 0]}
      ],
      "cameras": [
        {"name": "front", "kind": "orbit", "azimuth": 0, "elevation": 0, "distance": 3, "fov": 40},
        {"name": "above", "kind": "orbit", "azimuth": 0, "elevation": 60, "distance": 3, "fov": 40}
      ]
    }
    """
}

/// Expects that a command failed with one line on standard error, and nothing on standard output.
///
/// - Parameter line: how the line begins after `error: `; where something was found, it goes on with
///   what was expected.
func expectFailure(
  _ run: Program.Run, code: Int32, line: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(run.exitCode == code, "\(run.errors)", sourceLocation: sourceLocation)
  #expect(run.output == "", sourceLocation: sourceLocation)
  #expect(run.errorLines.count == 1, "\(run.errors)", sourceLocation: sourceLocation)
  #expect(
    run.errors.hasPrefix("error: " + line), "\(run.errors)", sourceLocation: sourceLocation)
}

/// Expects that a command was refused because of its options: nothing is done, and the message names
/// what was wrong.
func expectUsageError(
  _ run: Program.Run, message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(run.exitCode == 64, "\(run.errors)", sourceLocation: sourceLocation)
  #expect(run.output == "", sourceLocation: sourceLocation)
  #expect(
    run.errorLines == ["error: " + message], "\(run.errors)", sourceLocation: sourceLocation)
}

/// Expects that a command succeeded.
func expectSuccess(_ run: Program.Run, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(run.exitCode == 0, "\(run.errors)", sourceLocation: sourceLocation)
}
