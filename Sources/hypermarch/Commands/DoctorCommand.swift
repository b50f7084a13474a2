import ArgumentParser
import Benchmarking
import Foundation
import Kernels

/// Says what hypermarch finds on this machine.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show the kernels, BLAS, threads and memory in use on this machine.",
    discussion: """
      EXAMPLES
        hypermarch doctor
        hypermarch doctor --json
      """)

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let report = Report()
    try Terminal.result(json ? Terminal.json(report) : report.text)
  }

  private struct Report: Encodable {
    var schema = 1
    let program = Hypermarch.programName
    let processor = SystemTable.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown"
    let processorFeatures = Self.features
    let kernels = FieldKernelBackend.best.name
    let availableKernels = FieldKernelBackend.available.map(\.name)
    let hasBfloat16 = FieldPrecision.bfloat16.isAvailable
    let blas = LinearAlgebraBackend.description
    let threads = ProcessInfo.processInfo.activeProcessorCount
    let memoryMebibytes = Int(ProcessInfo.processInfo.physicalMemory >> 20)
    /// What commands may take unless --memory-limit says otherwise, and what limits it.
    let availableMebibytes = AvailableMemory.now.map { $0.byteCount >> 20 }
    let memoryLimitedBy = AvailableMemory.now?.source
    let system = ProcessInfo.processInfo.operatingSystemVersionString

    var text: String {
      """
      program           \(program)
      system            \(system)
      processor         \(processor)
      features          \(processorFeatures.joined(separator: ", "))
      field kernels     \(kernels) (this processor runs: \(availableKernels.joined(separator: ", ")))
      bfloat16          \(hasBfloat16 ? "yes, with AVX512_BF16" : "no: it needs AVX512_BF16")
      BLAS              \(blas), one thread a call
      threads           \(threads)
      memory            \(memoryMebibytes) MiB, \(available)
      """
    }

    private var available: String {
      guard let availableMebibytes, let memoryLimitedBy else { return "unknown how much is free" }
      return "of which \(availableMebibytes) MiB are \(memoryLimitedBy)"
    }

    /// Of the instruction sets that numeric code asks for, those that the processor has.
    private static var features: [String] {
      let flags =
        SystemTable.value(of: "flags", in: "/proc/cpuinfo")
        ?? SystemTable.value(of: "Features", in: "/proc/cpuinfo")
      let known = [
        "sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl",
        "avx512_bf16",
        "asimd", "sve",
      ]
      let found = Set((flags ?? "").split(separator: " ").map(String.init))
      return known.filter(found.contains)
    }
  }
}
