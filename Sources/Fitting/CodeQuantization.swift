package import NeuralFields

/// Codes rounded to few bits: every dimension has evenly spaced levels over its own range.
///
///     q = round((z − zₘᵢₙ) / Δ)      ẑ = zₘᵢₙ + Δ q      Δ = (zₘₐₓ − zₘᵢₙ) / (2ᵇ − 1)
///
/// so that |ẑ − z| ≤ Δ / 2.
package struct CodeQuantization: Sendable {
  /// b, 1…16.
  package let bitCount: Int
  /// zₘᵢₙ and Δ of every dimension, `[width]`; Δ is 0 where all codes have one value.
  package let minimums: [Float]
  package let steps: [Float]

  /// - Precondition: there is a code, and `bitCount` is in 1…16.
  package init(_ table: LatentTable, bitCount: Int) {
    precondition((1...16).contains(bitCount), "found \(bitCount) bits, expected 1…16")
    precondition(!table.names.isEmpty, "found no codes, expected at least one")
    self.bitCount = bitCount
    var (lowest, highest) = (table[0].values, table[0].values)
    for (index, value) in table.values.enumerated() {
      let dimension = index % table.width
      lowest[dimension] = min(lowest[dimension], value)
      highest[dimension] = max(highest[dimension], value)
    }
    minimums = lowest
    let top = Float((1 << bitCount) - 1)
    steps = zip(lowest, highest).map { ($1 - $0) / top }
  }

  /// Bytes that hold a scene's levels, one behind the other.
  package var bytesPerScene: Int { (steps.count * bitCount + 7) / 8 }

  /// Bytes that hold the ranges of all dimensions, once per model.
  package var rangeBytes: Int { 2 * 4 * steps.count }

  /// q, `[width]`; codes beyond the range get its ends.
  package func levels(of code: LatentCode) -> [Int] {
    steps.indices.map { dimension in
      guard steps[dimension] > 0 else { return 0 }
      let place = (code.values[dimension] - minimums[dimension]) / steps[dimension]
      return Int(min(max(place, 0), Float((1 << bitCount) - 1)).rounded())
    }
  }

  /// ẑ.
  package func code(levels: [Int]) -> LatentCode {
    LatentCode(steps.indices.map { minimums[$0] + steps[$0] * Float(levels[$0]) })
  }

  /// A code as it comes back.
  package func rounded(_ code: LatentCode) -> LatentCode { self.code(levels: levels(of: code)) }
}
