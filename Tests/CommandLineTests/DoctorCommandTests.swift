import Testing

@Suite("doctor") struct DoctorCommandTests {
  private struct Report: Decodable {
    let schema: Int
    let program: String
    let processor: String
    let kernels: String
    let availableKernels: [String]
    let blas: String
    let threads: Int
    let memoryMebibytes: Int
  }

  @Test("the report names the kernels in use, which are among those available")
  func report() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(["doctor", "--json"], in: folder)
      expectSuccess(run)
      #expect(run.errors == "")
      let report = try run.report(Report.self)
      #expect(report.schema == 1)
      #expect(report.program.hasPrefix("hypermarch "))
      #expect(report.availableKernels.contains("portable"))
      #expect(report.availableKernels.contains(report.kernels))
      #expect(report.blas.contains("OpenBLAS"))
      #expect(report.threads >= 1)
      #expect(report.memoryMebibytes > 0)

      let text = try await Program.run(["doctor"], in: folder)
      expectSuccess(text)
      #expect(text.outputLines.contains { $0.hasPrefix("field kernels     \(report.kernels) ") })
      #expect(text.outputLines.contains("threads           \(report.threads)"))
      #expect(try folder.names() == [])
    }
  }
}
