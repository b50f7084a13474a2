import ArgumentParser

/// Which moment of a scene that moves is shown.
struct TimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The moment of a scene that moves, 0…1; else 0.", valueName: "share"))
  var time: Double?

  @Flag(help: "Take the nearer end for a time outside 0…1, instead of refusing it.")
  var clampTime = false

  /// Whether nothing is asked for.
  var isDefault: Bool { time == nil && !clampTime }

  /// In 0…1; nil where none was given.
  var moment: Double? { time.map { min(max($0, 0), 1) } }

  func validate() throws {
    guard let time else {
      if clampTime {
        throw ValidationError("--clamp-time: found no --time, expected one beside it")
      }
      return
    }
    guard (0...1).contains(time) || (clampTime && !time.isNaN) else {
      throw ValidationError(
        "--time: found \(time), expected 0…1; --clamp-time takes the nearer end")
    }
  }
}
