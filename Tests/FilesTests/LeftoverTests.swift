import Files
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Leftovers of dead processes")
struct LeftoverTests {
  /// No process has a number beyond the kernel's greatest limit, 2²².
  private static let dead = 1 << 22 + 1

  @Test("only temporary files of the file that is meant are removed")
  func names() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let left = ["\(Self.dead)", "\(Self.dead)-3", "\(getpid())"].map { ".a.tmp-\($0)" }
      let kept = [
        ".a.tmp-x", ".a.tmp-", ".a.tmp-7-x", ".a.tmp-7-8-9", ".a.tmp--7", ".b.tmp-\(Self.dead)",
        "a",
        "a.tmp-\(Self.dead)", ".a.tmp-b.tmp-\(Self.dead)",
      ]
      for name in left + kept {
        try FileWriter.write([1], to: "\(folder)/\(name)", overwriting: false)
      }
      FileWriter.removeLeftovers(of: "\(folder)/a")
      #expect(try TestSupport.names(in: folder) == kept.sorted())
      FileWriter.removeLeftovers(of: "\(folder)/missing/a")
      FileWriter.removeLeftovers(of: ["\(folder)/b", "\(folder)/a.tmp-b"])
      #expect(
        try TestSupport.names(in: folder)
          == kept.filter { !$0.hasSuffix("b.tmp-\(Self.dead)") }.sorted())
    }
  }

  @Test("what a living process writes stays, whatever its number says")
  func living() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let path = "\(folder)/a"
      let files = [
        try PendingFile(path, overwriting: false), try PendingFile(path, overwriting: false),
      ]
      for file in files { try file.append([1]) }
      // As another container's process would call it.
      try FileManager.default.moveItem(
        atPath: files[0].temporaryPath, toPath: "\(folder)/.a.tmp-\(Self.dead)")
      FileWriter.removeLeftovers(of: path)
      #expect(
        Set(try TestSupport.names(in: folder))
          == [".a.tmp-\(Self.dead)", ".a.tmp-\(getpid())-1"])
      try files[1].publish()
      #expect(try TestSupport.names(in: folder).contains("a"))
    }
  }

  @Test("a file is created anew where one that looks for leftovers has taken its place")
  func race() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let path = "\(folder)/a"
      DispatchQueue.concurrentPerform(iterations: 4) { worker in
        for _ in 0..<200 {
          if worker == 0 {
            FileWriter.removeLeftovers(of: path)
          } else {
            try? FileWriter.write([UInt8](repeating: 7, count: 100), to: path, overwriting: true)
          }
        }
      }
      #expect(try FileReader.bytes(at: path, limit: 200).count == 100)
      #expect(try TestSupport.names(in: folder) == ["a"])
    }
  }

  @Test("long, hidden and foreign names are told apart, and folders and pipes are left alone")
  func hardNames() throws {
    try withTemporaryFolder { (folder: String) throws -> Void in
      let names = [
        String(repeating: "n", count: 255), String(repeating: "ü", count: 127), "-rf", ".hidden",
        "two\nlines", "it's \"so\"",
      ]
      var left: [String] = []
      for name in names {
        let file = try PendingFile("\(folder)/\(name)", overwriting: false)
        let copy = "\(file.temporaryPath)9"
        try FileManager.default.copyItem(atPath: file.temporaryPath, toPath: copy)
        left.append(copy)
      }
      try FileWriter.createFolder("\(folder)/.-rf.tmp-\(Self.dead)")
      try #require(unsafe mkfifo("\(folder)/.-rf.tmp-\(Self.dead + 1)", 0o600) == 0)
      #expect(try TestSupport.names(in: folder).count == left.count + 2)
      FileWriter.removeLeftovers(of: names.map { "\(folder)/\($0)" })
      #expect(try TestSupport.names(in: folder).count == 2)
    }
  }
}
