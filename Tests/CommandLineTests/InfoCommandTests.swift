import Checkpoints
import Imaging
import NeuralFields
import Testing

@Suite("info") struct InfoCommandTests {
  /// The keys of the report that others may rely on.
  struct Report: Decodable {
    let schema: Int
    let generator: String
    let parameters: Int
    let fieldWeights: Int
    let fileBytes: Int
    let bytesPerScene: Int
    let bytesPerCode: Int
    let configuration: Configuration

    struct Configuration: Decodable {
      let formatVersion: Int
      let program: String
      let scenes: [String]
      let training: Training
    }

    struct Training: Decodable {
      let dataset: String
      let seed: UInt64
      let steps: Int
      let skippedSteps: Int
      let budgetMinutes: Double?
      let samples: Int
      let trainingPsnr: Double
      let options: [String: String]
    }
  }

  @Test("the report has a model's shape, size and training record") func report() async throws {
    try await withTemporaryFolder { folder in
      let model = try await Fixtures.model()
      try folder.put(model, at: "cars.safetensors")
      let run = try await Program.run(["info", "cars.safetensors", "--json"], in: folder)
      expectSuccess(run)
      let report = try run.report(Report.self)
      #expect(report.schema == 1)
      #expect(report.generator == "per-layer")
      #expect(report.fileBytes == model.count)
      #expect(report.bytesPerScene == model.count / 3)
      #expect(report.bytesPerCode == 4 * 8)
      // Values of four bytes each, and a header.
      #expect(4 * (report.parameters + 3 * 8) < model.count)
      #expect(report.fieldWeights > 0)
      let configuration = report.configuration
      #expect(configuration.formatVersion == 1)
      #expect(configuration.scenes == Fixtures.carNames)
      let training = configuration.training
      #expect(training.dataset == "train")
      #expect(training.seed == 42)
      #expect(training.steps == Fixtures.modelSteps)
      #expect(training.skippedSteps == 0)
      #expect(training.budgetMinutes == nil)
      #expect(training.samples > 0)
      #expect(training.trainingPsnr > 5 && training.trainingPsnr < 50)
      #expect(training.options["width"] == "16" && training.options["generator"] == "per-layer")
    }
  }

  @Test("the text says the same, one fact a line, and names every scene") func text() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let run = try await Program.run(["info", "cars.safetensors"], in: folder)
      expectSuccess(run)
      #expect(run.errors == "")
      for beginning in [
        "written by      hypermarch ", "field           2 hidden layers × 16, ",
        "hypernetwork    code 8, trunk 32, generator per-layer: ", "bound           -0.",
        "training        train, \(Fixtures.modelSteps) steps (0 skipped), ", "scenes          3",
      ] {
        #expect(run.outputLines.contains { $0.hasPrefix(beginning) }, "\(beginning)")
      }
      #expect(run.outputLines.suffix(3) == Fixtures.carNames.map { "  \($0)" })
    }
  }

  @Test("nothing that a latent file says reaches the terminal unescaped") func hostileTexts()
    async throws
  {
    try await withTemporaryFolder { folder in
      let text = "a\u{1B}[2J\nlatent          b\r"
      try LatentFile(
        program: text, name: text, modelFingerprint: text,
        latent: SceneLatent(code: LatentCode([0])), report: text
      ).write(to: folder.path(of: "a.latent.safetensors"), overwriting: false)
      let run = try await Program.run(["info", "a.latent.safetensors"], in: folder)
      expectSuccess(run)
      let shown = "a\\u{1b}[2J\\u{a}latent          b\\u{d}"
      #expect(
        run.outputLines == [
          "latent          \(shown)", "written by      \(shown)", "of model        \(shown)",
          "code            1 numbers", "fit             \(shown)",
        ])
    }
  }

  @Test("nothing that a picture says reaches the terminal unescaped") func hostilePicture()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      expectSuccess(
        try await Program.run(["render", "ball.json", "--size", "4", "-o", "p.png"], in: folder))
      let (image, texts, _) = try PNGFile.readWithText(folder.path(of: "p.png"))
      let hostile = texts.map {
        PNGTextEntry(
          keyword: $0.keyword,
          text: $0.text.replacing(
            "\"ball.json\"", with: #""\u001b[2J\nball""#
          ).replacing("\"program\":\"", with: #""program":"\u001b[2J\n"#))
      }
      try PNGFile.write(image, to: folder.path(of: "q.png"), text: hostile)
      let run = try await Program.run(["info", "q.png"], in: folder)
      expectSuccess(run)
      let isEscaped = run.outputLines.prefix(2).map { $0.contains("\\u{1b}[2J\\u{a}") }
      #expect(isEscaped == [true, true], "\(run.output)")
      #expect(!run.output.contains("\u{1B}"))
    }
  }
}
