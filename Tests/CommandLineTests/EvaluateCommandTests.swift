import Foundation
import Imaging
import Testing

@Suite("evaluate") struct EvaluateCommandTests {
  struct Report: Decodable {
    let schema: Int
    let mean: Scores
    let scenes: [String: Scores]
    let viewCount: Int

    struct Scores: Decodable {
      let psnr: Double
      let ssim: Double
    }
  }

  @Test("the report has every scene's scores and their mean") func report() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let run = try await Program.run(
        ["evaluate", "cars.safetensors", Fixtures.cars, "--json"], in: folder)
      expectSuccess(run)
      let report = try run.report(Report.self)
      #expect(report.schema == 1)
      #expect(report.scenes.keys.sorted() == Fixtures.carNames)
      #expect(report.viewCount == 3 * 6)
      for scores in report.scenes.values {
        #expect(scores.psnr > 5 && scores.psnr < 40)
        #expect(scores.ssim > -1 && scores.ssim < 1)
      }
      let psnr = report.scenes.values.map(\.psnr).reduce(0, +) / 3
      #expect(abs(report.mean.psnr - psnr) < 1e-9)

      let text = try await Program.run(
        [
          "evaluate", "cars.safetensors", Fixtures.cars, "--scene", "kenney_taxi", "--split", "val",
        ],
        in: folder)
      expectSuccess(text)
      #expect(text.outputLines.map { $0.prefix { $0 != " " } } == ["kenney_taxi", "mean"])
      #expect(try folder.names() == ["cars.safetensors"])
    }
  }

  @Test("pictures without any difference have a finite score") func equalPictures() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      try folder.copy(Fixtures.taxi, to: "kenney_taxi")
      // A camera that looks away from the scene, and the nothing that it sees.
      try folder.put(
        """
        {"camera_angle_x": 0.7, "frames": [{"file_path": "nothing", "transform_matrix":
        [[0, 0, -1, 3.2], [1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]]}]}
        """, at: "kenney_taxi/transforms_test.json")
      try PNGFile.write(
        Image(width: 12, height: 12, channelCount: 4),
        to: folder.path(of: "kenney_taxi/nothing.png"))
      let run = try await Program.run(
        ["evaluate", "cars.safetensors", "kenney_taxi", "--json"], in: folder)
      expectSuccess(run)
      #expect(try run.report(Report.self).mean.psnr == 100)
    }
  }

  @Test("scenes that the model does not know are left out, and said to be") func unknownScenes()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let none = try await Program.run(
        ["evaluate", "cars.safetensors", Fixtures.otherCars], in: folder)
      expectFailure(
        none, code: 65,
        line: "\(Fixtures.otherCars): found no test views of the model's scenes, expected some")

      try folder.makeFolder("mixed")
      try folder.copy(Fixtures.taxi, to: "mixed/kenney_taxi")
      try folder.copy(Fixtures.otherCars + "/kenney_van", to: "mixed/kenney_van")
      let some = try await Program.run(
        ["evaluate", "cars.safetensors", "mixed", "--json"], in: folder)
      expectSuccess(some)
      #expect(try some.report(Report.self).scenes.keys.sorted() == ["kenney_taxi"])
      #expect(
        some.errorLines.first == "warning: the model has no scene named kenney_van, left out")
    }
  }
}
