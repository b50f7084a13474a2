import Benchmarking
import Foundation
import TestSupport
import Testing

@Suite("Available memory") struct AvailableMemoryTests {
  @Test("this machine has some, and less than an exbibyte") func now() throws {
    let found = try #require(AvailableMemory.now)
    #expect((1 << 20..<1 << 60).contains(found.byteCount))
    #expect(!found.source.isEmpty)
  }

  private static let limits = """
    Limit                     Soft Limit           Hard Limit           Units
    Max cpu time              unlimited            unlimited            seconds
    Max data size             104857600            unlimited            bytes
    Max address space         unlimited            1048576              bytes
    """

  @Test("a soft limit is a number or none") func softLimits() {
    #expect(AvailableMemory.softLimit("Max data size", in: Self.limits) == 104_857_600)
    #expect(AvailableMemory.softLimit("Max address space", in: Self.limits) == nil)
    #expect(AvailableMemory.softLimit("Max locked memory", in: Self.limits) == nil)
  }

  /// Runs a test with a folder of control groups, whose files are given by their paths.
  private static func withGroups(
    _ files: [String: String], _ body: (String) throws -> Void
  ) throws {
    let root = FileManager.default.temporaryDirectory.appending(
      path: "hypermarch-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: root) }
    for (name, text) in files {
      let url = URL(fileURLWithPath: "\(root)/\(name)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    try body(root)
  }

  @Test("the least roomy of the groups around a process counts, and files' memory is free")
  func secondVersion() throws {
    try Self.withGroups([
      "a/memory.max": "1000\n", "a/memory.current": "900\n",
      "a/memory.stat": "anon 1\ninactive_file 500\n", "a/b/memory.max": "max\n",
    ]) { root in
      let found = AvailableMemory.ofControlGroups("0::/a/b\n", root: root)
      #expect(found?.byteCount == 600)
      #expect(AvailableMemory.ofControlGroups("0::/\n", root: root) == nil)
    }
  }

  @Test("groups of the first version are read, from within a container too")
  func firstVersion() throws {
    try Self.withGroups([
      "memory/memory.limit_in_bytes": "2048\n", "memory/memory.usage_in_bytes": "2000\n",
      "memory/memory.stat": "total_inactive_file 2\n",
    ]) { root in
      let table = "5:cpu,cpuacct:/x\n4:memory:/docker/0123\n"
      #expect(AvailableMemory.ofControlGroups(table, root: root)?.byteCount == 50)
    }
  }
}
