import Foundation
import Glibc

/// How much of a class of robustness cases runs, and the record of what ran.
///
/// A class has many cases of one kind: kills, full disks, flipped bits. `scripts/test` runs a quick share
/// of each, `scripts/test --all` the whole, and makes a table of the records.
package enum Robustness {
  /// Whether the whole of every class runs: `scripts/test --all`.
  package static var runsAll: Bool {
    ProcessInfo.processInfo.environment["HYPERMARCH_TESTS"] == "all"
  }

  /// Whether the tests run with a sanitizer, `scripts/test --sanitize`: memory, time and limits on
  /// files are not then what they are for people.
  package static var isSanitized: Bool {
    ProcessInfo.processInfo.environment["HYPERMARCH_SANITIZER"] != nil
  }

  /// The cases of a class to run: a quick share, or the whole.
  package static func cases(quick: Int, all: Int) -> Int { runsAll ? all : quick }

  /// One line of the record.
  private struct Entry: Encodable {
    let name: String
    let cases: Int
    let failures: Int
    let note: String
  }

  /// Adds a line to the record, where the environment names a file for it: `HYPERMARCH_RECORD`.
  ///
  /// The line is one JSON object, added in one piece, so that tests may record at the same time.
  ///
  /// - Parameters:
  ///   - name: of the class, as it stands in the table.
  ///   - cases: that ran.
  ///   - failures: among them.
  ///   - note: what a reader of the table should know, such as why cases were left out.
  package static func record(_ name: String, cases: Int, failures: Int, note: String = "") {
    guard let path = ProcessInfo.processInfo.environment["HYPERMARCH_RECORD"], !path.isEmpty else {
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let entry = Entry(name: name, cases: cases, failures: failures, note: note)
    guard var line = try? encoder.encode(entry) else {
      preconditionFailure("found a record that cannot be encoded, expected text and numbers")
    }
    line.append(UInt8(ascii: "\n"))
    let file = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    defer { _ = close(file) }
    let byteCount = unsafe line.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    precondition(
      byteCount == line.count, "found \(path) not writable, expected a file for the record")
  }
}
