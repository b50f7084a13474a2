import Foundation
import Imaging
import Subprocess
import TestSupport
import Testing

@Suite("render, band by band") struct RenderStreamingTests {
  private func withBall(_ body: (TemporaryFolder) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      try await body(folder)
    }
  }

  /// Options of a picture that costs little for its size.
  private static let cheap = ["--distance", "20", "--samples", "16", "--grid-resolution", "16"]

  @Test("memory does not grow with the picture", .enabled(if: !Robustness.isSanitized))
  func memory() async throws {
    try await withBall { folder in
      let (run, peak) = try await Program.runWatchingMemory(
        ["render", "ball.json", "-o", "p.png", "--size", "2048x8192"] + Self.cheap, in: folder)
      expectSuccess(run)
      // The picture alone would be 400 MiB before it is written.
      #expect((10...128).contains(peak), "\(peak) MiB")
      let picture = try PNGFile.read(folder.path(of: "p.png"), memoryLimit: .max)
      #expect(picture.width == 2048 && picture.height == 8192)
    }
  }

  @Test(
    "the largest picture takes less memory than help says",
    .enabled(if: ProcessInfo.processInfo.environment["HYPERMARCH_TESTS"] == "all"))
  func largestPicture() async throws {
    try await withBall { folder in
      let files = ["--depth", "--normals", "--opacity"]
      let (run, peak) = try await Program.runWatchingMemory(
        ["render", "ball.json", "-o", "p.png", "--size", "16384"] + files + Self.cheap,
        in: folder)
      expectSuccess(run)
      #expect((10...512).contains(peak), "\(peak) MiB")
    }
  }

  @Test(
    "a disk that fills up leaves none of the files", .enabled(if: !Robustness.isSanitized),
    arguments: [1, 4, 16])
  func fullDisk(fileLimit: Int) async throws {
    try await withBall { folder in
      let before = try folder.contents()
      let run = try await Program.run(
        ["render", "ball.json", "--size", "900x1500", "-o", "p.png", "--depth", "--normals"],
        in: folder, fileLimit: fileLimit)
      #expect(run.exitCode == 74 && run.output == "")
      #expect(run.errors.contains(".png: could not be written: "), "\(run.errors)")
      #expect(try folder.contents() == before)
    }
  }

  @Test("a signal ends the rendering, and nothing is left") func signal() async throws {
    try await withBall { folder in
      let before = try folder.contents()
      let watched = try await Program.watch(
        ["render", "ball.json", "--size", "8192", "--samples", "64", "-o", "p.png", "--normals"],
        in: folder, sending: [(afterLine: "rendering", signal: .interrupt)])
      #expect(watched.run.exitCode == 130)
      #expect(watched.run.errorLines.last == "error: stopped by a signal")
      #expect(try folder.contents() == before)
    }
  }

  @Test("the name that is free is free for all of a rendering's files") func defaultName()
    async throws
  {
    try await withBall { folder in
      try folder.makeFolder("renders")
      try folder.put("a depth of mine", at: "renders/ball-depth.png")
      try folder.put("an opacity of mine", at: "renders/ball-2-opacity.png")
      let view = ["render", "ball.json", "--size", "4"]
      #expect(try await Program.run(view, in: folder).output == "renders/ball.png\n")
      #expect(
        try await Program.run(view + ["--depth"], in: folder).outputLines
          == ["renders/ball-2.png", "renders/ball-2-depth.png"])
      #expect(
        try await Program.run(view + ["--opacity"], in: folder).outputLines
          == ["renders/ball-3.png", "renders/ball-3-opacity.png"])
    }
  }
}
