import Checkpoints
import Foundation
import Imaging
import TestSupport
import Testing

/// Files of every format version that there has been; `Fixtures/golden/README.md` says how each was made.
@Suite("Golden files") struct GoldenFileTests {
  private static let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures/golden").path

  /// Runs a test in a folder that holds the golden files.
  private static func withFiles<Value>(
    _ body: (TemporaryFolder) async throws -> Value
  ) async throws -> Value {
    try await withTemporaryFolder { folder in
      for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder) {
        try folder.copy("\(Self.folder)/\(name)", to: name)
      }
      return try await body(folder)
    }
  }

  /// Expects that two pictures differ nowhere by more than one level of 8 bits.
  private static func expectLike(
    _ name: String, _ golden: String, in folder: TemporaryFolder,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (found, kept) = (
      try PNGFile.read(folder.path(of: name)), try PNGFile.read(folder.path(of: golden))
    )
    try #require(
      found.width == kept.width && found.height == kept.height
        && found.channelCount == kept.channelCount, sourceLocation: sourceLocation)
    let difference = zip(found.samples, kept.samples).map { abs($0 - $1) }.max() ?? 1
    #expect(
      difference <= 1.01 / 255, "\(golden): \(difference * 255)", sourceLocation: sourceLocation)
    let colours = Set(kept.samples)
    #expect(colours.count > 2, "\(golden) shows nothing", sourceLocation: sourceLocation)
  }

  private static let settings = ["--precision", "float32", "--size", "48", "--threads", "2"]

  @Test(
    "Promise 8: old files keep loading: a model, a latent and a scene of each format version render as they did",
    arguments: [
      ("picture-1.png", ["model-1.safetensors", "--scene", "kenney_taxi"]),
      ("picture-1-half.png", ["model-1-half.safetensors", "--scene", "kenney_race"]),
      ("picture-1-latent.png", ["model-1.safetensors", "--scene", "van-1.latent.safetensors"]),
      ("picture-1-scene.png", ["scene-1.json", "--scene", "front"]),
    ])
  func renders(golden: String, subject: [String]) async throws {
    try await Self.withFiles { folder in
      let run = try await Program.run(
        ["render"] + subject + Self.settings + ["-o", "new.png"], in: folder)
      expectSuccess(run)
      try Self.expectLike("new.png", golden, in: folder)
    }
  }

  @Test(
    "Promise 8: old files keep loading: a picture is made again from the settings it carries",
    arguments: [
      "picture-1.png", "picture-1-half.png", "picture-1-latent.png", "picture-1-scene.png",
      "timeline-1-3.png",
    ])
  func settings(golden: String) async throws {
    try await Self.withFiles { folder in
      let run = try await Program.run(["render", "--from", golden, "-o", "new.png"], in: folder)
      expectSuccess(run)
      try Self.expectLike("new.png", golden, in: folder)
      expectSuccess(try await Program.run(["info", golden], in: folder))
    }
  }

  @Test("Promise 8: old files keep loading: a timeline and a camera path play as they did")
  func sequences() async throws {
    try await Self.withFiles { folder in
      let precision = ["--precision", "float32", "--threads", "2"]
      let timeline = try await Program.run(
        ["interpolate", "model-1.safetensors", "--timeline", "timeline-1.json", "-o", "new-#.png"]
          + precision, in: folder)
      expectSuccess(timeline)
      #expect(timeline.outputLines.count == 5)
      for number in 1...5 {
        try Self.expectLike("new-\(number).png", "timeline-1-\(number).png", in: folder)
      }
      // The first frame shows the taxi by the path's first camera.
      let path = try await Program.run(
        [
          "interpolate", "model-1.safetensors", "--scenes", "kenney_taxi", "--camera-path",
          "camera-path.json", "-o", "path-#.png",
        ] + precision, in: folder)
      expectSuccess(path)
      #expect(path.outputLines.count == 5)
      try Self.expectLike("path-1.png", "timeline-1-1.png", in: folder)
    }
  }

  @Test(
    "Promise 8: old files keep loading: a training's state of each version goes on where it stood",
    arguments: [1, 2])
  func states(version: Int) throws {
    let state = try TrainingSnapshot.read("\(Self.folder)/state-\(version).safetensors")
    let point = state.point
    #expect(state.isComplete == (version == 2))
    #expect(state.configuration.scenes == ["red car", "κόκκινο"])
    #expect(point.step == 300 && point.skippedSteps == 1 && point.optimizerStep == 298)
    #expect(point.codeSteps == [150, 1 << 24] && state.samples == 12_345)
    #expect(point.firstMoment == point.parameters.indices.map { Float($0) - 3 })
    #expect(point.secondMoment == point.parameters.indices.map { Float($0) })
    #expect(point.codeFirstMoment == [-9, -8, -7, -6, -5, -4])
    #expect(point.parameters.contains { $0 != 0 } && point.codes.count == 6)
    guard version == 2 else { return }
    #expect(point.cells.map(\.bytes) == [[0, 255, 3, 128], [7]])
    #expect(point.cells.map(\.visits) == [150, 149] && point.cells.map(\.updates) == [20, 19])
    #expect(state.health.badBatches == [280, 290] && state.health.norms == [0.5, 1e-30])
    let good = try #require(state.lastGood)
    #expect(good.codes == [6, 5, 4, 3, 2, 1] && good.step == 200)
    #expect(good.cells.map(\.bytes) == [[0, 255, 3, 128], [9, 9]])
    #expect(good.parameters == point.parameters.map { $0 + 0.5 })
  }

  @Test("golden files are small") func size() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder) {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(Self.folder)/\(name)")
      #expect(try #require(attributes[.size] as? Int) < 100_000, "\(name)")
    }
  }
}
