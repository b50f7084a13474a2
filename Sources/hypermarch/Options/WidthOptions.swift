import ArgumentParser
import Checkpoints

/// In which of a model's widths its fields are shown.
struct WidthOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Width of the field, one of the model's (see info): narrower is faster; else the widest.",
      valueName: "n"))
  var width: Int?

  /// The width of narrower fields; nil for whole ones.
  ///
  /// - Parameters:
  ///   - widths: those there are, ascending; none of an analytic scene.
  ///   - path: the model's, for the error.
  func fieldWidth(among widths: [Int], of path: String) throws -> Int? {
    guard let width else { return nil }
    guard widths.contains(width) else {
      throw CommandFailure(
        "--width: found \(width) for \(path), expected \(Self.list(widths))", .usage)
    }
    return width == widths.last ? nil : width
  }

  /// Refuses the width that a picture names if its model does not have it.
  static func check(_ width: Int?, among widths: [Int], of path: String, picture: String) throws {
    guard let width, !widths.contains(width) else { return }
    throw CommandFailure(
      "\(picture): text hypermarch.field_width: found \(width), expected \(list(widths)) of \(path)",
      .badData)
  }

  private static func list(_ widths: [Int]) -> String {
    guard let last = widths.last else { return "none, as an analytic scene has no widths" }
    let others = widths.dropLast().map(String.init).joined(separator: ", ")
    return others.isEmpty ? "\(last), its only one" : "\(others) or \(last), the widths"
  }
}
