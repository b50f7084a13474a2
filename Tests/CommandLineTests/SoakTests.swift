import TestSupport
import Testing

@Suite("Soak") struct SoakTests {
  @Test(
    "while it trains and renders, a process holds no more memory, descriptors or threads than before",
    .timeLimit(.minutes(15)), .enabled(if: !Robustness.isSanitized))
  func soak() async throws {
    let seconds = Robustness.cases(quick: 8, all: 600)
    let warmUp = Robustness.cases(quick: 4, all: 60)
    try await withTemporaryFolder { folder in
      let run = try await Program.runSampling(
        [
          "train", Fixtures.cars, "-o", "m.safetensors", "--minutes", "\(Double(seconds) / 60)",
          "--save-every", "0.02", "--threads", "2", "--quiet",
        ] + Fixtures.smallTraining, in: folder)
      expectSuccess(run)
      let lines = try folder.text(of: "samples").split(separator: "\n").map {
        $0.split(separator: " ").compactMap { Int($0) }
      }.filter { $0.count == 4 && $0[0] > 0 }
      let late = lines.filter { $0[3] >= warmUp * 1000 }
      try #require(late.count >= 8, "\(lines.count) samples")
      // Saves come and go: what stays is seen in the medians of the first and the last half.
      func median(_ part: ArraySlice<[Int]>) -> Double {
        Double(part.map { $0[0] }.sorted()[part.count / 2])
      }
      let (first, last) = (median(late[..<(late.count / 2)]), median(late[(late.count / 2)...]))
      #expect(last <= 1.05 * first, "from \(first) to \(last) KiB")
      var isSteady = last <= 1.05 * first
      var counts: [String] = []
      for (column, noun) in [(1, "descriptors"), (2, "threads")] {
        // Saves and pools of threads come and go: what is never given back raises the least.
        func least(_ part: ArraySlice<[Int]>) -> Int { part.map { $0[column] }.min() ?? 0 }
        let (before, after) = (
          least(late[..<(late.count / 2)]), least(late[(late.count / 2)...])
        )
        #expect(after <= before, "\(noun)")
        isSteady = isSteady && after <= before
        counts.append("\(before) to \(after) \(noun)")
      }
      Robustness.record(
        "soak", cases: 1, failures: isSteady ? 0 : 1,
        note: "\(seconds) s, \(Int(first)) to \(Int(last)) KiB, "
          + counts.joined(separator: ", "))
    }
  }
}
