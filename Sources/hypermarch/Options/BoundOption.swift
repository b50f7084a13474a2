import ArgumentParser
import Datasets
import NeuralFields

/// The part of space to work on, given as six numbers.
struct BoundArgument: ExpressibleByArgument, Equatable {
  let box: BoundingBox

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Float($0) }.filter { abs($0) <= 1e6 }
    guard numbers.count == 6, parts.count == 6 else { return nil }
    let minimum = SIMD3(numbers[0], numbers[1], numbers[2])
    let maximum = SIMD3(numbers[3], numbers[4], numbers[5])
    guard all(maximum .> minimum) else { return nil }
    box = BoundingBox(minimum: minimum, maximum: maximum)
  }
}

extension BoundingBox {
  /// The six numbers as `--bound` takes them, each with the digits that tell it from all others.
  var argument: String {
    [minimum, maximum].flatMap { [$0.x, $0.y, $0.z] }.map { "\($0)" }.joined(separator: ",")
  }
}

/// `--bound`, for commands that look at posed images.
struct BoundOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The box that holds the scenes; estimated from cameras and pictures by default.",
      valueName: "x,y,z,X,Y,Z"))
  var bound: BoundArgument?
}
