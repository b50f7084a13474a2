/// Why a file could not be read or written.
///
/// Every case carries the path as it was asked for, and `description` is one line.
package enum FileError: Error, Equatable, Sendable {
  /// Nothing has this name.
  case missing(path: String)

  /// The name belongs to a folder, a device, a pipe or a socket.
  case notAFile(path: String)

  /// The file exists and the system refuses to read it.
  case unreadable(path: String, reason: String)

  /// The file holds more bytes than the reader accepts. Nothing was allocated for it.
  case tooLarge(path: String, byteCount: Int, limit: Int)

  /// Another program wrote to the file while it was read.
  case changed(path: String)

  /// A file has the name already, and replacing it was not asked for.
  case alreadyExists(path: String)

  /// Writing cannot begin: no such folder, no right to write there, or a name that cannot be used.
  case cannotCreate(path: String, reason: String)

  /// Writing began and failed, as on a full disk.
  case writeFailed(path: String, reason: String)
}

extension FileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path):
      "\(path.onOneLine): found nothing there, expected a file"
    case .notAFile(let path):
      "\(path.onOneLine): found a folder or a device, expected a file"
    case .unreadable(let path, let reason):
      "\(path.onOneLine): found a file that cannot be read, expected a readable one: \(reason)"
    case .tooLarge(let path, let byteCount, let limit):
      "\(path.onOneLine): found \(byteCount) bytes, expected at most \(limit)"
    case .changed(let path):
      "\(path.onOneLine): found a file that changed while it was read, expected one at rest: "
        + "run the command again"
    case .alreadyExists(let path):
      "\(path.onOneLine): found an existing file, expected a free name: "
        + "use --overwrite to replace it"
    case .cannotCreate(let path, let reason):
      "\(path.onOneLine): cannot be created: \(reason)"
    case .writeFailed(let path, let reason):
      "\(path.onOneLine): could not be written: \(reason)"
    }
  }
}

extension String {
  /// The text with control characters and line separators escaped, as `\u{a}`.
  ///
  /// For names and texts from outside that an error message repeats: a file name may hold a newline
  /// or a terminal's escape sequence.
  package var onOneLine: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
