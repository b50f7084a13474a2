internal import CFieldKernels

/// A loop that only multiplies and adds: the most that one core can do.
///
/// It is written down in `peak.h`. Field kernels are measured as shares of its rate.
package struct PeakLoop: Sendable, Hashable {
  private let index: Int32

  /// What a loop multiplies; sums are 32 bits wide with both.
  package enum Factors: Sendable, Hashable {
    case float32, bfloat16
  }

  /// Every loop that this CPU runs, slowest first.
  package static let available: [PeakLoop] = {
    var found: [PeakLoop] = []
    var index: Int32 = 0
    while let peak = unsafe fk_peak_at(index) {
      if unsafe fk_peak_runs_here(peak) != 0 { found.append(PeakLoop(index: index)) }
      index += 1
    }
    return found
  }()

  /// The fastest loop of a kind; nil where the CPU has none.
  package static func best(_ factors: Factors) -> PeakLoop? {
    available.last { $0.factors == factors }
  }

  /// Its name: "portable", "avx2", "avx512" or "avx512_bf16".
  package var name: String { unsafe String(cString: fk_peak_name(cPeak)) }

  package var factors: Factors {
    unsafe fk_peak_multiplies_bfloat16(cPeak) != 0 ? .bfloat16 : .float32
  }

  /// What a run did.
  package struct Run: Sendable, Hashable {
    /// Additions and multiplications.
    package let operationCount: Int
    /// Where every value ended, `[valueCount]`.
    package let values: [Float]
  }

  /// Does a number of rounds on the calling thread.
  package func run(rounds: Int) -> Run {
    precondition(rounds >= 0, "found \(rounds) rounds, expected at least 0")
    let valueCount = Int(unsafe fk_peak_value_count(cPeak))
    var operationCount: UInt64 = 0
    let values = unsafe [Float](unsafeUninitializedCapacity: valueCount) { buffer, initialized in
      operationCount = unsafe fk_peak_run(cPeak, UInt64(rounds), buffer.baseAddress)
      initialized = valueCount
    }
    return Run(operationCount: Int(operationCount), values: values)
  }

  private var cPeak: OpaquePointer {
    guard let peak = unsafe fk_peak_at(index) else {
      preconditionFailure("only known indices are made")
    }
    return unsafe peak
  }
}
