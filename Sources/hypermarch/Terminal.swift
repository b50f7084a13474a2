import Files
import Foundation

/// The program's two streams: results on standard output, everything else on standard error.
enum Terminal {
  /// - Throws: `CommandFailure` where it cannot be written, as on a full disk.
  static func result(_ text: String) throws {
    try CommandFailure.wrapping { try StandardOutput.write(text + "\n") }
  }

  static func error(_ text: String) { write(text + "\n") }

  /// Rewrites the last line of standard error in place.
  static func redraw(_ text: String) { write("\r\u{1B}[K" + text) }

  /// Whether standard error is a terminal that lines can be redrawn on.
  static var isInteractive: Bool {
    isatty(FileHandle.standardError.fileDescriptor) == 1
      && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  private static func write(_ text: String) {
    // A reader of progress that has gone away is no reason to stop.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// A value as JSON with sorted keys, for `--json`.
  ///
  /// - Throws: `CommandFailure`, numeric failure, for a number that is not finite.
  static func json(_ value: some Encodable) throws(CommandFailure) -> String {
    try encoded(value, [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
  }

  /// A value as one line of JSON, for logs.
  ///
  /// - Throws: as ``json(_:)``.
  static func jsonLine(_ value: some Encodable) throws(CommandFailure) -> String {
    try encoded(value, [.sortedKeys, .withoutEscapingSlashes])
  }

  private static func encoded(
    _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting
  ) throws(CommandFailure) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = formatting
    guard let data = try? encoder.encode(value) else {
      throw CommandFailure(
        "the report: found a number that is not finite, expected finite ones: the model's numbers "
          + "are too large", .numericFailure)
    }
    return String(decoding: data, as: UTF8.self)
  }
}
