import Foundation

/// The tables of names and values that the Linux kernel shows as files.
package enum SystemTable {
  /// The text behind the first `key:` of a table; nil where there is none.
  package static func value(of key: String, in path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(separator: ":", maxSplits: 1).last
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// A value of KiB, in bytes.
  static func byteCount(of key: String, in path: String) -> Int? {
    value(of: key, in: path)?.split(separator: " ").first.flatMap { Int($0) }.map { $0 << 10 }
  }
}
