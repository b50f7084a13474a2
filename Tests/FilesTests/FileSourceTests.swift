import Files
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("File source")
struct FileSourceTests {
  @Test(
    "any piece of a file is what was written there",
    arguments: [0..<0, 0..<1, 0..<100_000, 7..<8, 40_000..<99_999, 100_000..<100_000])
  func pieces(range: Range<Int>) throws {
    try withTemporaryFolder { folder in
      let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
      try FileWriter.write(bytes, to: "\(folder)/a", overwriting: false)
      let source = try FileSource("\(folder)/a", limit: 100_000)
      #expect(source.byteCount == 100_000)
      #expect(try source.bytes(in: range) == Array(bytes[range]))
      try source.checkUnchanged()
    }
  }

  @Test("a file that is too large or is no file is refused before it is read")
  func refusals() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([1, 2, 3], to: path, overwriting: false)
      #expect(throws: FileError.tooLarge(path: path, byteCount: 3, limit: 2)) {
        _ = try FileSource(path, limit: 2)
      }
      #expect(throws: FileError.missing(path: path + "b")) {
        _ = try FileSource(path + "b", limit: 2)
      }
      #expect(throws: FileError.notAFile(path: folder)) { _ = try FileSource(folder, limit: 2) }
    }
  }

  @Test("a file that is cut short, grows or is written to while it is read is refused")
  func changes() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([UInt8](repeating: 1, count: 1000), to: path, overwriting: false)
      let source = try FileSource(path, limit: 1000)
      try #require(unsafe truncate(path, 500) == 0)
      #expect(try source.bytes(in: 0..<500) == [UInt8](repeating: 1, count: 500))
      #expect(throws: FileError.changed(path: path)) { try source.bytes(in: 400..<600) }
      #expect(throws: FileError.changed(path: path)) { try source.checkUnchanged() }

      let grown = try FileSource(path, limit: 1000)
      try #require(unsafe truncate(path, 501) == 0)
      #expect(throws: FileError.changed(path: path)) { try grown.checkUnchanged() }

      // Of the same size, but written to: the time of the change tells.
      let written = try FileSource(path, limit: 1000)
      var times = [timespec(tv_sec: 1, tv_nsec: 1), timespec(tv_sec: 1, tv_nsec: 1)]
      try #require(unsafe utimensat(AT_FDCWD, path, &times, 0) == 0)
      #expect(throws: FileError.changed(path: path)) { try written.checkUnchanged() }
    }
  }

  @Test("a file that is replaced while it is read is read as it was")
  func replaced() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([1, 2, 3], to: path, overwriting: false)
      let source = try FileSource(path, limit: 10)
      try FileWriter.write([4, 5, 6, 7], to: path, overwriting: true)
      #expect(try source.bytes(in: 0..<3) == [1, 2, 3])
      try source.checkUnchanged()
    }
  }
}
