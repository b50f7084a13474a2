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
    SystemTable.byteCount(of: "VmHWM", in: "/proc/self/status")
  }
}
