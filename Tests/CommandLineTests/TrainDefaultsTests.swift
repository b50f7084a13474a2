import Checkpoints
import Testing

@Suite("train, defaults") struct TrainDefaultsTests {
  /// The lines under DEFAULTS of the help, by their options.
  private static func defaults() async throws -> [String: String] {
    let run = try await withTemporaryFolder { try await Program.run(["train", "--help"], in: $0) }
    expectSuccess(run)
    let start = try #require(run.outputLines.firstIndex(of: "DEFAULTS"))
    let lines = run.outputLines[(start + 2)...].prefix { $0 != "" }
    return Dictionary(
      uniqueKeysWithValues: lines.map { line in
        let parts = line.dropFirst(2).split(separator: ": ", maxSplits: 1)
        return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
      })
  }

  @Test("help tells the default of every option that decides a model, as a training records it")
  func record() async throws {
    let defaults = try await Self.defaults()
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        ["train", Fixtures.taxi, "-o", "m.safetensors", "--steps", "1"], in: folder)
      expectSuccess(run)
      let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      let options = try #require(model.configuration.training?.options)
      #expect(Set(defaults.keys) == Set(options.keys))
      for (name, value) in options {
        let values = (defaults[name] ?? "").split(separator: " / ").map(String.init)
        // The second kind of data is one object.
        #expect(values.count == 1 || values.count == 3, "\(name)")
        #expect(values.count == 3 ? values[1] == value : values == [value], "\(name)")
      }
    }
  }
}
