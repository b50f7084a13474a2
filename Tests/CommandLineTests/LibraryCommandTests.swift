import Checkpoints
import Foundation
import Kernels
import NeuralFields
import Testing

@Suite("A library of scenes") struct LibraryCommandTests {
  /// Options of an addition that takes a moment.
  static let brief = ["--code-steps", "2", "--steps", "3", "--samples-per-step", "1024"]

  struct Report: Decodable {
    let schema: Int
    let model: String?
    let change: LibraryChange
    let newScenes: [String: Double]
    let meanLoss: Double?
    let largestLoss: Double?
  }

  static func model(in folder: TemporaryFolder, name: String = "m.safetensors") throws -> Checkpoint
  {
    try Checkpoint.read(folder.path(of: name))
  }

  /// Whether scenes of two models have the same codes, bit by bit.
  static func expectSame(_ a: Checkpoint, _ b: Checkpoint, names: [String]) {
    for name in names { #expect(a.latents[name] == b.latents[name], "\(name)") }
  }

  @Test("an added scene can be shown, and the report says what the old ones have lost")
  func addScenes() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let old = try folder.bytes(of: "m.safetensors")
      let run = try await Program.run(
        ["add-scenes", "m.safetensors", Fixtures.otherCars, "-o", "n.safetensors", "--json"]
          + ["--old-dataset", Fixtures.cars] + Self.brief, in: folder)
      expectSuccess(run)
      let report = try run.report(Report.self)
      #expect(report.schema == 1 && report.model == "n.safetensors")
      #expect(report.newScenes.keys.sorted() == ["kenney_van"])
      let entries = try #require(report.change.forgetting)
      #expect(entries.map(\.scene) == Fixtures.carNames)
      for entry in entries {
        let (before, after) = (try #require(entry.psnrBefore), try #require(entry.psnrAfter))
        #expect(abs(entry.loss - (before - after)) < 1e-9 && entry.ownPsnr > 20)
      }
      let (before, after) = (
        try Self.model(in: folder), try Self.model(in: folder, name: "n.safetensors")
      )
      #expect(after.latents.names == Fixtures.carNames + ["kenney_van"])
      Self.expectSame(before, after, names: Fixtures.carNames)
      #expect(after.configuration.changes == [report.change])
      #expect(report.change.source == "val" && report.change.options?["hold"] != nil)
      #expect(try folder.bytes(of: "m.safetensors") == old)
      expectSuccess(
        try await Program.run(
          ["render", "n.safetensors", "--scene", "kenney_van", "--size", "8x8", "-o", "a.png"],
          in: folder))
      let info = try await Program.run(["info", "n.safetensors"], in: folder)
      #expect(info.output.contains("add-scenes      kenney_van, from val"))
    }
  }

  @Test("codes alone change nothing old, to the last bit, and lose nothing")
  func codesOnly() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let before = try Self.model(in: folder)
      for options in [["--codes-only"], ["--hold", "inf"]] {
        let run = try await Program.run(
          ["add-scenes", "m.safetensors", Fixtures.otherCars, "-o", "n.safetensors", "--overwrite"]
            + ["--json", "--maximum-loss", "0"] + options + Self.brief, in: folder)
        expectSuccess(run)
        #expect(try run.report(Report.self).largestLoss == 0)
        let after = try Self.model(in: folder, name: "n.safetensors")
        let (first, second) = (before.hypernetwork.parameters, after.hypernetwork.parameters)
        #expect(first.map(\.bitPattern) == second.map(\.bitPattern))
        Self.expectSame(before, after, names: Fixtures.carNames)
      }
    }
  }

  @Test("the same bytes for any number of threads") func threads() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      for threads in ["1", "3"] {
        expectSuccess(
          try await Program.run(
            ["add-scenes", "m.safetensors", Fixtures.otherCars, "-o", "\(threads).safetensors"]
              + ["--threads", threads] + Self.brief, in: folder))
      }
      #expect(try folder.bytes(of: "1.safetensors") == folder.bytes(of: "3.safetensors"))
    }
  }

  @Test("a loss above the stated one is said, and nothing is written unless it is to be kept")
  func maximumLoss() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      // A high rate and no hold change much.
      let arguments =
        ["add-scenes", "m.safetensors", Fixtures.otherCars, "-o", "n.safetensors", "--quiet"]
        + ["--hold", "0", "--learning-rate", "0.05", "--maximum-loss", "0"] + Self.brief
      let run = try await Program.run(arguments, in: folder)
      expectFailure(run, code: 70, line: "m.safetensors: found ")
      #expect(run.errors.contains(" above 0.00 dB, expected none: "))
      #expect(try folder.names() == ["m.safetensors"])
      let kept = try await Program.run(arguments + ["--keep"], in: folder)
      expectSuccess(kept)
      #expect(kept.output == "n.safetensors\n")
    }
  }

  @Test("a removed scene is gone, and the others are the same to the last bit, in place too")
  func removeScenes() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let before = try Self.model(in: folder)
      let run = try await Program.run(
        ["remove-scenes", "m.safetensors", "kenney_taxi", "--overwrite"], in: folder)
      expectSuccess(run)
      #expect(run.output == "m.safetensors\n")
      let after = try Self.model(in: folder)
      #expect(after.latents.names == ["kenney_race", "quat_basic_BasicCar"])
      Self.expectSame(before, after, names: after.latents.names)
      #expect(after.hypernetwork.parameters == before.hypernetwork.parameters)
      #expect(try folder.names() == ["m.safetensors"])
      let more = try await Program.run(
        ["remove-scenes", "m.safetensors", "kenney_*", "-o", "n.safetensors"], in: folder)
      expectSuccess(more)
      let left = try Self.model(in: folder, name: "n.safetensors")
      #expect(left.latents.names == ["quat_basic_BasicCar"])
    }
  }

  @Test("a renamed scene has its new name, and half precision stays half")
  func renameScene() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let before = try Self.model(in: folder)
      try before.write(
        to: folder.path(of: "h.safetensors"), elementType: .float16, overwriting: false)
      for (name, new) in [("m.safetensors", "a.safetensors"), ("h.safetensors", "b.safetensors")] {
        expectSuccess(
          try await Program.run(
            ["rename-scene", name, "kenney_taxi", "cab", "-o", new], in: folder))
        let (old, after) = (
          try Self.model(in: folder, name: name), try Self.model(in: folder, name: new)
        )
        #expect(after.latents.names == ["kenney_race", "cab", "quat_basic_BasicCar"])
        #expect(after.latents.values == old.latents.values)
        #expect(after.hypernetwork.parameters == old.hypernetwork.parameters)
      }
      let (half, whole) = (
        try folder.bytes(of: "b.safetensors").count, try folder.bytes(of: "a.safetensors").count
      )
      #expect(Double(half) < 0.6 * Double(whole))
    }
  }

  @Test("two models become one that has the scenes of both") func mergeModels() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let run = try await Program.run(
        ["merge-models", "m.safetensors", "m.safetensors", "--rename-b", "b-", "-o"]
          + ["c.safetensors", "--steps", "3", "--json"], in: folder)
      expectSuccess(run)
      let merged = try Self.model(in: folder, name: "c.safetensors")
      #expect(merged.latents.names == Fixtures.carNames + Fixtures.carNames.map { "b-" + $0 })
      Self.expectSame(try Self.model(in: folder), merged, names: Fixtures.carNames)
      let change = try #require(merged.configuration.changes?.first)
      #expect(change.kind == .mergeModels && change.source == "m.safetensors")
      #expect(change.forgetting?.map(\.scene) == merged.latents.names)
    }
  }

  @Test("the bound that info shows, and that a refused merge names, is the model's to the last bit")
  func sameBound() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let train =
        ["train", Fixtures.otherCars, "--steps", "1", "--octaves", "7"] + Fixtures.smallTraining
      expectSuccess(try await Program.run(train + ["-o", "o.safetensors"], in: folder))
      let merge = ["merge-models", "m.safetensors", "o.safetensors", "-o", "n.safetensors"]
      let refused = try await Program.run(merge + ["--steps", "1"], in: folder)
      let named = try #require(
        refused.errors.split(whereSeparator: \.isWhitespace).last { $0.hasPrefix("--bound=") })
      let info = try await Program.run(["info", "m.safetensors"], in: folder)
      let line = try #require(info.outputLines.first { $0.hasPrefix("bound ") })
      let shown = try #require(line.split(separator: " ").dropFirst().first).dropLast()
      for (place, bound) in ["--bound=\(shown)", String(named)].enumerated() {
        let name = "\(place).safetensors"
        expectSuccess(try await Program.run(train + ["-o", name, bound], in: folder))
        if place == 0 {
          let (own, other) = (try Self.model(in: folder), try Self.model(in: folder, name: name))
          #expect(own.configuration.bound == other.configuration.bound)
        }
      }
      expectSuccess(
        try await Program.run(
          [
            "merge-models", "m.safetensors", "0.safetensors", "-o", "n.safetensors", "--steps", "1",
          ],
          in: folder))
    }
  }

  @Test(
    "a dry run says what would be done, and writes nothing",
    arguments: [
      (["add-scenes", "m.safetensors", Fixtures.otherCars], "would add 1 scene in 1500 steps"),
      (
        ["remove-scenes", "m.safetensors", "kenney_taxi"],
        "would remove 1 code, and leave 2 scenes"
      ),
      (
        ["rename-scene", "m.safetensors", "kenney_taxi", "cab"],
        "would rename kenney_taxi to cab"
      ),
      (
        ["merge-models", "m.safetensors", "m.safetensors", "--rename-b", "b-"],
        "would add 3 scenes in 6000 steps"
      ),
    ] as [([String], String)])
  func dryRun(arguments: [String], line: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      let before = try folder.contents()
      let run = try await Program.run(arguments + ["--dry-run"], in: folder)
      expectSuccess(run)
      #expect(run.outputLines.first == line)
      expectSuccess(try await Program.run(arguments + ["--dry-run", "--json"], in: folder))
      #expect(try folder.contents() == before)
    }
  }
}
