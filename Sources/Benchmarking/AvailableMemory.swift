import Foundation

/// How much more memory this process can have before the machine swaps, or the system ends it.
package struct AvailableMemory: Sendable, Equatable {
  package let byteCount: Int

  /// What sets the limit, as in "free on this machine".
  package let source: String

  package init(byteCount: Int, source: String) {
    self.byteCount = byteCount
    self.source = source
  }

  /// The least of what the machine, the process's control groups and its own limits leave.
  ///
  /// - Returns: nil where the system tells none of them.
  package static var now: AvailableMemory? {
    let machine = SystemTable.byteCount(of: "MemAvailable", in: "/proc/meminfo").map {
      AvailableMemory(byteCount: $0, source: "free on this machine")
    }
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8))
      .flatMap { ofControlGroups($0, root: "/sys/fs/cgroup") }
    let limits = (try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8))
    let own = [("Max address space", "VmSize"), ("Max data size", "VmData")].compactMap {
      name, used in
      limits.flatMap { softLimit(name, in: $0) }.map { limit in
        AvailableMemory(
          byteCount: max(
            0, limit - (SystemTable.byteCount(of: used, in: "/proc/self/status") ?? 0)),
          source: "left by ulimit")
      }
    }
    return ([machine, groups].compactMap(\.self) + own).min { $0.byteCount < $1.byteCount }
  }

  /// A limit of `/proc/self/limits`, bytes; nil where it is unlimited.
  package static func softLimit(_ name: String, in table: String) -> Int? {
    table.split(separator: "\n").first { $0.hasPrefix(name) }
      .flatMap { $0.dropFirst(name.count).split(separator: " ").first }.flatMap { Int($0) }
  }

  /// What the least roomy of a process's control groups has left; memory that holds files counts as free.
  ///
  /// - Parameters:
  ///   - table: as `/proc/self/cgroup`: version 2's line `0::/PATH`, or version 1's of `memory`.
  ///   - root: where the groups are mounted.
  package static func ofControlGroups(_ table: String, root: String) -> AvailableMemory? {
    var found: Int?
    for line in table.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[0] == "0" && parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { continue }
      let mount = isSecond ? root : root + "/memory"
      let names =
        isSecond
        ? (limit: "memory.max", used: "memory.current", cache: "inactive_file")
        : (
          limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes",
          cache: "total_inactive_file"
        )
      var folders = parts[2].split(separator: "/").map(String.init)
      while true {
        let folder = ([mount] + folders).joined(separator: "/")
        if let limit = number(folder + "/" + names.limit) {
          let used = number(folder + "/" + names.used) ?? 0
          let cache = cached(names.cache, in: folder + "/memory.stat")
          let left = max(0, limit - max(0, used - cache))
          found = min(found ?? left, left)
        }
        if folders.popLast() == nil { break }
      }
    }
    return found.map { AvailableMemory(byteCount: $0, source: "left in its control group") }
  }

  /// A file's only number; nil where it holds a word, such as `max`.
  private static func number(_ path: String) -> Int? {
    (try? String(contentsOfFile: path, encoding: .utf8))
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private static func cached(_ key: String, in path: String) -> Int {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(key + " ") }
    return line.flatMap { Int($0.dropFirst(key.count + 1)) } ?? 0
  }
}
