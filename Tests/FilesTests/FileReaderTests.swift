import Files
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("File reader")
struct FileReaderTests {
  @Test("what is written is read, byte for byte", arguments: [0, 1, 4095, 4096, 4097, 1_000_003])
  func readsWhatIsWritten(byteCount: Int) throws {
    try withTemporaryFolder { folder in
      let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
      try FileWriter.write(bytes, to: "\(folder)/a", overwriting: false)
      #expect(try FileReader.bytes(at: "\(folder)/a", limit: byteCount) == bytes)
    }
  }

  @Test("a file is read up to the limit and refused beyond it", arguments: [0, 9, 10, 11])
  func limit(limit: Int) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([UInt8](repeating: 7, count: 10), to: path, overwriting: false)
      if limit < 10 {
        #expect(throws: FileError.tooLarge(path: path, byteCount: 10, limit: limit)) {
          try FileReader.bytes(at: path, limit: limit)
        }
      } else {
        #expect(try FileReader.bytes(at: path, limit: limit).count == 10)
      }
    }
  }

  @Test("a file that tells no size is read to its end, under the same limit")
  func fileWithoutSize() throws {
    let path = "/proc/self/stat"
    let bytes = try FileReader.bytes(at: path, limit: 1 << 16)
    #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("\(getpid()) "))
    #expect(throws: FileError.tooLarge(path: path, byteCount: 1, limit: 0)) {
      try FileReader.bytes(at: path, limit: 0)
    }
  }

  @Test(
    "a path that leads to no file is refused as what it is",
    arguments: [
      ("nothing", FileError.missing(path: "nothing")),
      ("file/below", .missing(path: "file/below")),
      ("", .missing(path: "")),
      ("file\0", .missing(path: "file\0")),
      ("link-to-nothing", .missing(path: "link-to-nothing")),
      (".", .notAFile(path: ".")),
      ("pipe", .notAFile(path: "pipe")),
      ("/dev/null", .notAFile(path: "/dev/null")),
      (
        "link-to-itself",
        .unreadable(path: "link-to-itself", reason: "Too many levels of symbolic links")
      ),
    ])
  func refusals(name: String, expected: FileError) throws {
    try withTemporaryFolder { folder in
      try FileWriter.write([1], to: "\(folder)/file", overwriting: false)
      try #require(unsafe symlink("gone", "\(folder)/link-to-nothing") == 0)
      try #require(unsafe symlink("link-to-itself", "\(folder)/link-to-itself") == 0)
      try #require(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)
      let isAbsolute = name.hasPrefix("/") || name.isEmpty
      let path = isAbsolute ? name : "\(folder)/\(name)"
      #expect(throws: expected.moved(to: path)) { try FileReader.bytes(at: path, limit: 100) }
    }
  }

  @Test("a link to a file is read as the file")
  func link() throws {
    try withTemporaryFolder { folder in
      try FileWriter.write([1, 2], to: "\(folder)/file", overwriting: false)
      try #require(unsafe symlink("file", "\(folder)/link") == 0)
      #expect(try FileReader.bytes(at: "\(folder)/link", limit: 2) == [1, 2])
    }
  }

  @Test("a file without the right to read it is unreadable", .enabled(if: geteuid() != 0))
  func unreadable() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([1], to: path, overwriting: false)
      try #require(unsafe chmod(path, 0) == 0)
      #expect(throws: FileError.unreadable(path: path, reason: "Permission denied")) {
        try FileReader.bytes(at: path, limit: 100)
      }
    }
  }
}

extension FileError {
  /// The same error about another path, for tables that cannot know the temporary folder.
  func moved(to path: String) -> FileError {
    switch self {
    case .missing: .missing(path: path)
    case .notAFile: .notAFile(path: path)
    case .unreadable(_, let reason): .unreadable(path: path, reason: reason)
    case .tooLarge(_, let count, let limit): .tooLarge(path: path, byteCount: count, limit: limit)
    case .changed: .changed(path: path)
    case .alreadyExists: .alreadyExists(path: path)
    case .cannotCreate(_, let reason): .cannotCreate(path: path, reason: reason)
    case .writeFailed(_, let reason): .writeFailed(path: path, reason: reason)
    }
  }
}
