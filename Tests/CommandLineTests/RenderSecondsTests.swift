import Foundation
import Imaging
import TestSupport
import Testing

@Suite("render --seconds") struct RenderSecondsTests {
  private struct Report: Decodable {
    let finalShare: Double
    let fieldEvaluations: Int
    let preparationSeconds: Double
    let renderSeconds: Double
    let writingSeconds: Double

    var seconds: Double { preparationSeconds + renderSeconds + writingSeconds }
  }

  private static let files = ["p.png", "p-depth.png", "p-normals.png", "p-opacity.png"]

  private func render(
    _ options: [String], in folder: TemporaryFolder
  ) async throws -> (report: Report, run: Program.Run) {
    let run = try await Program.run(
      ["render", "cars.safetensors", "-o", "p.png", "--overwrite", "--depth", "--normals"]
        + ["--opacity", "--json"] + options, in: folder)
    expectSuccess(run)
    return (try run.report(Report.self), run)
  }

  @Test("time enough makes the same files as no limit") func enoughTime() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let plain = try await render(["--size", "101x77"], in: folder)
      let expected = try Self.files.map { try folder.bytes(of: $0) }
      for threads in ["1", "3"] {
        let found = try await render(
          ["--size", "101x77", "--seconds", "1000", "--threads", threads], in: folder)
        #expect(found.report.finalShare == 1 && found.run.errors == "")
        #expect(found.report.fieldEvaluations > plain.report.fieldEvaluations)
        let isSame = try Self.files.map { try folder.bytes(of: $0) } == expected
        #expect(isSame)
      }
    }
  }

  @Test("hardly any time makes a whole picture all the same") func noTime() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      _ = try await render(["--size", "200x150"], in: folder)
      let expected = try PNGFile.read(folder.path(of: "p.png"))
      let found = try await render(["--size", "200x150", "--seconds", "0.0001"], in: folder)
      #expect(found.report.finalShare == 0)
      #expect(found.run.errorLines == ["time is up: 0.0 % of the pixels are final"])
      for name in Self.files {
        let picture = try PNGFile.read(folder.path(of: name))
        #expect(picture.width == 200 && picture.height == 150)
      }
      #expect(ImageMetrics.psnr(try PNGFile.read(folder.path(of: "p.png")), expected) > 20)
      #expect(try folder.names() == (Self.files + ["cars.safetensors"]).sorted())
    }
  }

  @Test(
    "a picture that would take long ends soon after its time", .enabled(if: !Robustness.isSanitized)
  )
  func longPicture() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      let found = try await render(
        ["--size", "1500", "--samples", "4096", "--termination", "0", "--seconds", "1"],
        in: folder)
      // Minutes without the limit; a computer that is busy with other tests takes its time too.
      #expect((0.5..<20).contains(found.report.seconds), "\(found.report)")
      #expect(found.report.finalShare < 1)
    }
  }

  @Test(
    "times that are none, and pictures that are too large to keep, are refused",
    arguments: [
      (["--seconds", "0"], "--seconds: found 0.0, expected more than 0 to 1000000"),
      (["--seconds", "nan"], "--seconds: found nan, expected more than 0 to 1000000"),
      (["--seconds", "inf"], "--seconds: found inf, expected more than 0 to 1000000"),
      (
        ["--seconds", "9", "--size", "16384x1025"],
        "--seconds: found 16384x1025 pixels, expected at most 16777216 in all, because they are "
          + "kept in memory"
      ),
    ] as [([String], String)])
  func refused(options: [String], message: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      let run = try await Program.run(["render", "ball.json"] + options, in: folder)
      expectUsageError(run, message: message)
      #expect(try folder.names() == ["ball.json"])
    }
  }
}
