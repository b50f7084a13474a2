import Testing

@Suite("inspect") struct InspectCommandTests {
  struct Report: Decodable {
    let schema: Int
    let scenes: [Scene]
    let coverage: Coverage
    let warnings: [String]

    struct Scene: Decodable {
      let name: String
      let trainCount: Int
      let validationCount: Int
      let testCount: Int
      let sizes: [Size]
      let background: String
    }

    struct Size: Decodable {
      let width: Int
      let height: Int
    }

    struct Coverage: Decodable {
      let rayShare: Double
    }
  }

  @Test("scenes, views and sizes are counted, in text and as JSON") func counts() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(["inspect", Fixtures.cars, "--json"], in: folder)
      expectSuccess(run)
      #expect(run.errors == "")
      let report = try run.report(Report.self)
      #expect(report.schema == 2)
      #expect(report.scenes.map(\.name) == Fixtures.carNames)
      for scene in report.scenes {
        #expect((scene.trainCount, scene.validationCount, scene.testCount) == (16, 2, 6))
        #expect(scene.sizes.map { [$0.width, $0.height] } == [[32, 32]])
        #expect(scene.background == "transparent")
      }
      #expect(report.warnings == [])
      #expect(report.coverage.rayShare > 0.3)

      let text = try await Program.run(["inspect", Fixtures.cars], in: folder)
      expectSuccess(text)
      #expect(text.outputLines.contains("scenes    3"))
      #expect(text.outputLines.contains("views     48 train, 6 validation, 18 test"))
      #expect(try folder.names() == [])
    }
  }

  @Test("a bound that few rays meet is warned of") func warning() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["inspect", Fixtures.taxi, "--bound=40,40,40,41,41,41", "--json"], in: folder)
      expectSuccess(run)
      let report = try run.report(Report.self)
      #expect(report.coverage.rayShare < 0.05)
      #expect(!report.warnings.isEmpty)
    }
  }
}
