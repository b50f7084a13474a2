import Files
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("File writer")
struct FileWriterTests {
  @Test("a file that exists stays byte for byte unless overwriting is asked for")
  func overwriting() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.png"
      try FileWriter.write([1, 2, 3], to: path, overwriting: false)
      #expect(throws: FileError.alreadyExists(path: path)) {
        try FileWriter.write([4], to: path, overwriting: false)
      }
      #expect(throws: FileError.alreadyExists(path: path)) {
        try FileWriter.check(path, overwriting: false)
      }
      #expect(try FileReader.bytes(at: path, limit: 10) == [1, 2, 3])
      try FileWriter.check(path, overwriting: true)
      try FileWriter.write([4], to: path, overwriting: true)
      #expect(try FileReader.bytes(at: path, limit: 10) == [4])
      #expect(try names(in: folder) == ["a.png"])
    }
  }

  @Test("overwriting creates a file that is not there")
  func overwritingNothing() throws {
    try withTemporaryFolder { folder in
      try FileWriter.write([1], to: "\(folder)/a", overwriting: true)
      #expect(try names(in: folder) == ["a"])
    }
  }

  @Test("checking writes nothing")
  func checkWritesNothing() throws {
    try withTemporaryFolder { folder in
      try FileWriter.check("\(folder)/a", overwriting: false)
      #expect(try names(in: folder).isEmpty)
    }
  }

  @Test(
    "a path that no file can have is refused by the check and by the writing, and nothing is left",
    arguments: [
      ("missing/a", "found no usable folder FOLDER/missing: No such file or directory"),
      ("file/a", "Not a directory"),
      ("folder", "found a folder or a device, expected a file"),
      ("pipe", "found a folder or a device, expected a file"),
      ("link-to-nothing", "found a link that leads nowhere, expected a file"),
      ("folder/", "found no name at its end, expected one"),
      ("folder/.", "found no name at its end, expected one"),
      ("folder/..", "found no name at its end, expected one"),
      ("a\0b", "found no name at its end, expected one"),
      (String(repeating: "n", count: 256), "File name too long"),
    ])
  func unusablePaths(name: String, reason: String) throws {
    try withTemporaryFolder { folder in
      try FileWriter.createFolder("\(folder)/folder")
      try FileWriter.write([9], to: "\(folder)/file", overwriting: false)
      try #require(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)
      try #require(unsafe symlink("gone", "\(folder)/link-to-nothing") == 0)
      let before = try names(in: folder)
      let path = "\(folder)/\(name)"
      let expected = FileError.cannotCreate(
        path: path, reason: reason.replacingOccurrences(of: "FOLDER", with: folder))
      for overwriting in [false, true] {
        #expect(throws: expected) { try FileWriter.check(path, overwriting: overwriting) }
        #expect(throws: expected) { try FileWriter.write([1], to: path, overwriting: overwriting) }
      }
      #expect(try names(in: folder) == before)
      #expect(try names(in: "\(folder)/folder").isEmpty)
    }
  }

  @Test("standard output and devices are no files to write to", arguments: ["-", "/dev/stdout"])
  func standardOutput(path: String) {
    let expected = FileError.cannotCreate(
      path: path, reason: "found standard output, expected a file's name")
    #expect(throws: expected) { try FileWriter.write([1], to: path, overwriting: true) }
    #expect(throws: expected) { try FileWriter.check(path, overwriting: true) }
  }

  @Test("a folder that nobody can write in is refused and left empty")
  func systemFolder() {
    #expect(throws: FileError.self) {
      try FileWriter.write([1], to: "/proc/self/a.png", overwriting: false)
    }
  }

  @Test("a folder without the right to write is refused", .enabled(if: geteuid() != 0))
  func folderWithoutRight() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/locked/a"
      try FileWriter.createFolder("\(folder)/locked")
      try #require(unsafe chmod("\(folder)/locked", 0o500) == 0)
      #expect(throws: FileError.cannotCreate(path: path, reason: "Permission denied")) {
        try FileWriter.write([1], to: path, overwriting: false)
      }
      #expect(
        throws: FileError.cannotCreate(
          path: path, reason: "found no right to write in \(folder)/locked: Permission denied")
      ) { try FileWriter.check(path, overwriting: false) }
      #expect(try names(in: "\(folder)/locked").isEmpty)
    }
  }

  @Test("names that are hard to quote are written as they are")
  func hardNames() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let hardNames = [
        "a b", "it's \"so\"", "two\nlines", "$(touch x)", "-rf", "Bäume", "🌳",
        String(repeating: "n", count: 255), String(repeating: "ü", count: 127),
      ]
      for name in hardNames {
        try FileWriter.write(Array(name.utf8), to: "\(folder)/\(name)", overwriting: false)
      }
      #expect(try names(in: folder) == hardNames.sorted())
      for name in hardNames {
        #expect(try FileReader.bytes(at: "\(folder)/\(name)", limit: 300) == Array(name.utf8))
      }
    }
  }

  @Test("a link is followed and stays a link; its file keeps its permissions")
  func link() throws {
    try withTemporaryFolder { folder in
      try FileWriter.createFolder("\(folder)/elsewhere")
      let file = "\(folder)/elsewhere/file"
      try FileWriter.write([1], to: file, overwriting: false)
      try #require(unsafe chmod(file, 0o640) == 0)
      try #require(unsafe symlink("elsewhere/file", "\(folder)/link") == 0)
      #expect(throws: FileError.alreadyExists(path: "\(folder)/link")) {
        try FileWriter.write([2], to: "\(folder)/link", overwriting: false)
      }
      try FileWriter.write([2], to: "\(folder)/link", overwriting: true)
      #expect(try FileReader.bytes(at: file, limit: 10) == [2])
      let manager = FileManager.default
      #expect(try manager.destinationOfSymbolicLink(atPath: "\(folder)/link") == "elsewhere/file")
      let permissions = try manager.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(permissions == 0o640)
    }
  }

  @Test("a name that is taken while the file is being written is not overwritten")
  func race() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let path = "\(folder)/a"
      let file = try PendingFile(path, overwriting: false)
      try FileWriter.write([1], to: path, overwriting: false)
      #expect(throws: FileError.alreadyExists(path: path)) { try file.publish() }
      #expect(try FileReader.bytes(at: path, limit: 10) == [1])
      #expect(try names(in: folder).filter { !$0.hasPrefix(".") } == ["a"])
    }
  }

  @Test(
    "until a file is published its bytes stand in a temporary file beside, and the old file is whole"
  )
  func temporaryFile() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([1, 2, 3], to: path, overwriting: false)
      let file = try PendingFile(path, overwriting: true)
      let count = file.write { unsafe Glibc.write($0, "ne", 2) }
      try file.append([UInt8(ascii: "w")])
      #expect(count == 2)
      #expect((try? names(in: folder)) == [".a.tmp-\(getpid())", "a"])
      #expect(try FileReader.bytes(at: path, limit: 10) == [1, 2, 3])
      try FileWriter.write([7], to: path, overwriting: true)
      try file.publish()
      #expect(try FileReader.bytes(at: path, limit: 10) == Array("new".utf8))
      #expect(try names(in: folder) == ["a"])
    }
  }

  @Test("a file that is given up leaves nothing behind, and the old file as it was")
  func givenUp() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      try FileWriter.write([1], to: path, overwriting: false)
      for (path, overwriting) in [(path, true), ("\(folder)/b", false)] {
        try PendingFile(path, overwriting: overwriting).append([2])
      }
      #expect(try names(in: folder) == ["a"])
      #expect(try FileReader.bytes(at: path, limit: 10) == [1])
    }
  }

  @Test("many threads that write the same new file agree on one winner")
  func concurrentWriters() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a"
      DispatchQueue.concurrentPerform(iterations: 16) { writer in
        try? FileWriter.write(
          [UInt8](repeating: UInt8(writer), count: 1000), to: path, overwriting: false)
      }
      let bytes = try FileReader.bytes(at: path, limit: 2000)
      #expect(bytes.count == 1000 && Set(bytes).count == 1)
      #expect(try names(in: folder) == ["a"])
    }
  }

  @Test("folders are made with those above them, and making them again changes nothing")
  func createFolder() throws {
    try withTemporaryFolder { folder in
      for _ in 0..<2 { try FileWriter.createFolder("\(folder)/a/b//c/") }
      try FileWriter.write([1], to: "\(folder)/a/b/c/d", overwriting: false)
      #expect(try names(in: "\(folder)/a/b/c") == ["d"])
      #expect(
        throws: FileError.cannotCreate(
          path: "\(folder)/a/b/c/d", reason: "found a file, expected a folder or nothing")
      ) { try FileWriter.createFolder("\(folder)/a/b/c/d") }
      #expect(
        throws: FileError.cannotCreate(path: "\(folder)/a/b/c/d/e", reason: "Not a directory")
      ) { try FileWriter.createFolder("\(folder)/a/b/c/d/e") }
      #expect(throws: FileError.self) { try FileWriter.createFolder("") }
    }
  }

  @Test(
    "files are published together: all of them, or none where one cannot be brought to the disk")
  func batch() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      try FileWriter.createFolder("\(folder)/b")
      let files = try ["a", "b/a", "b/c"].map { name throws(FileError) in
        try PendingFile("\(folder)/\(name)", overwriting: false)
      }
      for file in files { try file.append(Array(file.path.utf8)) }
      #expect(try names(in: folder).filter { !$0.hasPrefix(".") } == ["b"])
      try PendingFile.publish(files)
      for file in files {
        #expect(try FileReader.bytes(at: file.path, limit: 1000) == Array(file.path.utf8))
      }
      #expect(try names(in: folder) == ["a", "b"])
      #expect(try names(in: "\(folder)/b") == ["a", "c"])
      try PendingFile.publish([])
    }
  }

  @Test("of files with one name the first to be published has it, and those before it theirs")
  func batchRace() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let files = try ["a", "b", "b", "c"].map { name throws(FileError) in
        try PendingFile("\(folder)/\(name)", overwriting: false)
      }
      #expect(throws: FileError.alreadyExists(path: "\(folder)/b")) {
        try PendingFile.publish(files)
      }
      #expect(try names(in: folder).filter { !$0.hasPrefix(".") } == ["a", "b"])
    }
  }

  @Test("removing files leaves those of other names, and is no error where nothing is")
  func remove() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      for name in ["a", "b"] {
        try FileWriter.write([1], to: "\(folder)/\(name)", overwriting: false)
      }
      try FileWriter.remove(["\(folder)/a", "\(folder)/c", "\(folder)/missing/c"])
      #expect(try names(in: folder) == ["b"])
      try FileWriter.createFolder("\(folder)/d")
      #expect(throws: FileError.self) { try FileWriter.remove(["\(folder)/d"]) }
    }
  }
}
