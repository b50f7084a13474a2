import Foundation
import Kernels

/// The machine that figures were measured on, and what of it was used.
package struct MachineDescription: Sendable, Encodable {
  package let processor: String
  /// The instruction set of the field kernels in use.
  package let kernels: String
  package let threads: Int
  /// Processors that the process may use.
  package let processors: Int

  package init(plan: BenchmarkPlan) {
    processor = SystemTable.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown"
    kernels = FieldKernelBackend.best.name
    threads = plan.threadCount
    processors = plan.processorCount
  }

  /// The most memory that the process has held so far, bytes; nil where the system does not tell.
  static var peakResidentBytes: Int? {
    let text = SystemTable.value(of: "VmHWM", in: "/proc/self/status")
    return text?.split(separator: " ").first.flatMap { Int($0) }.map { $0 << 10 }
  }
}

/// The tables of names and values that the Linux kernel shows as files.
enum SystemTable {
  /// The text behind the first `key:` of a table.
  static func value(of key: String, in path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(separator: ":", maxSplits: 1).last
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
