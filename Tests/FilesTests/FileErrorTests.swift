import Files
import Testing

@Suite("File errors")
struct FileErrorTests {
  @Test(
    "a description is one line with the path, what was found and what was expected",
    arguments: [
      (
        FileError.missing(path: "scenes/car.json"),
        "scenes/car.json: found nothing there, expected a file"
      ),
      (
        .notAFile(path: "scenes"),
        "scenes: found a folder or a device, expected a file"
      ),
      (
        .unreadable(path: "a", reason: "Permission denied"),
        "a: found a file that cannot be read, expected a readable one: Permission denied"
      ),
      (
        .tooLarge(path: "a", byteCount: 11, limit: 10),
        "a: found 11 bytes, expected at most 10"
      ),
      (
        .changed(path: "a"),
        "a: found a file that changed while it was read, expected one at rest: run the command again"
      ),
      (
        .alreadyExists(path: "a.png"),
        "a.png: found an existing file, expected a free name: use --overwrite to replace it"
      ),
      (
        .cannotCreate(path: "a.png", reason: "Permission denied"),
        "a.png: cannot be created: Permission denied"
      ),
      (
        .writeFailed(path: "a.png", reason: "No space left on device"),
        "a.png: could not be written: No space left on device"
      ),
    ])
  func description(error: FileError, expected: String) {
    #expect(error.description == expected)
  }

  @Test(
    "a name with control characters stays on one line and cannot command a terminal",
    arguments: [
      ("two\nlines", "two\\u{a}lines"), ("\u{1B}[31mred", "\\u{1b}[31mred"),
      ("a\r\nb", "a\\u{d}\\u{a}b"), ("a\u{2028}b", "a\\u{2028}b"), ("\u{85}", "\\u{85}"),
      ("Bäume ½ 🌳", "Bäume ½ 🌳"), ("", ""),
    ])
  func onOneLine(name: String, expected: String) {
    #expect(name.onOneLine == expected)
    #expect(
      FileError.missing(path: name).description
        == "\(expected): found nothing there, expected a file")
  }
}
