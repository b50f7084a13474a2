import Checkpoints
import Foundation
import Kernels
import NeuralFields
import Testing

@Suite("A library of scenes with bad input") struct BadLibraryTests {
  @Test(
    "what a model's scenes cannot become is refused in one line, and nothing changes",
    arguments: [
      (
        ["add-scenes", "m.safetensors", Fixtures.cars], 65,
        "m.safetensors: found a scene named kenney_race already, expected another name"
      ),
      (
        ["add-scenes", "m.safetensors", Fixtures.otherCars, "--old-dataset", Fixtures.otherCars],
        65,
        "\(Fixtures.otherCars): found no scene of the model, expected some"
      ),
      (
        ["add-scenes", "m.safetensors", "far"], 65,
        "far: far: found "
      ),
      (["add-scenes", "m.safetensors", "none"], 66, "none: found nothing there"),
      (
        ["add-scenes", "none.safetensors", Fixtures.otherCars], 66,
        "none.safetensors: found nothing there, expected a file"
      ),
      (
        ["remove-scenes", "m.safetensors"] + Fixtures.carNames, 65,
        "m.safetensors: found all of the model's scenes, expected at least one of the 3 to stay"
      ),
      (
        ["remove-scenes", "m.safetensors", "kenney_tax"], 66,
        "m.safetensors: found no scene named kenney_tax, expected one of the model's 3: is "
          + "kenney_taxi meant?"
      ),
      (
        ["rename-scene", "m.safetensors", "kenney_taxi", "kenney_race"], 65,
        "m.safetensors: found a scene named kenney_race already, expected another name"
      ),
      (
        ["remove-scenes", "m.safetensors", "kenney_t*", "torcs_*"], 66,
        "m.safetensors: found no scene named torcs_*, expected one of the model's 3"
      ),
      (
        ["remove-scenes", "m.safetensors", "*"], 65,
        "m.safetensors: found all of the model's scenes, expected at least one of the 3 to stay"
      ),
      (
        ["rename-scene", "m.safetensors", "kenney_taxi", "kenney_taxi"], 65,
        "m.safetensors: found kenney_taxi as the new name of kenney_taxi, expected another"
      ),
      (
        ["rename-scene", "m.safetensors", "kenney_taxi", ""], 65,
        "m.safetensors: found an empty name for a scene, expected one with a character or more"
      ),
      (
        ["rename-scene", "m.safetensors", "kenney_taxi", "a/b"], 65,
        "n.safetensors: metadata hypermarch.scenes: found the name a/b, expected names that a file"
      ),
      (
        ["rename-scene", "m.safetensors", "kenney_taxi", "kenney_race~1"], 65,
        "m.safetensors: found kenney_race~1 named as a variant of a scene, expected a name"
      ),
      (
        ["merge-models", "m.safetensors", "m.safetensors"], 65,
        "m.safetensors: found a scene named kenney_race already, expected another name for that of "
          + "m.safetensors: see --rename-b"
      ),
      (
        ["merge-models", "m.safetensors", "wide.safetensors"], 65,
        "wide.safetensors: field: found 2 layers of 24, "
      ),
      (
        ["merge-models", "m.safetensors", "large.safetensors"], 65,
        "large.safetensors: bound: found -2.0,-2.0,-2.0,2.0,2.0,2.0, expected -0."
      ),
    ] as [([String], Int32, String)])
  func refused(arguments: [String], code: Int32, line: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try Self.putOthers(in: folder)
      try folder.put(Self.farBall, at: "far.json")
      expectSuccess(
        try await Program.run(
          ["dataset", "far.json", "-o", "far", "--quiet"] + Self.smallDataset, in: folder))
      let before = try folder.contents()
      let run = try await Program.run(
        arguments + [arguments[0].hasPrefix("re") ? "-o" : "--output", "n.safetensors"], in: folder)
      expectFailure(run, code: code, line: line)
      #expect(try folder.contents() == before)
    }
  }

  @Test(
    "a data set of another scale or of other axes is refused in one line, unless it is wanted",
    arguments: [
      ("half", "across what its silhouettes show, expected about "),
      ("upward y", "cameras whose upward axes point along "),
      ("upward -z", "cameras whose upward axes point along "), ("large", ", expected "),
    ])
  func otherPlace(change: String, found: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try folder.copy(Fixtures.otherCars, to: "data")
      for name in try folder.names(in: "data/kenney_van") where name.hasSuffix(".json") {
        try Self.move(folder.path(of: "data/kenney_van/\(name)"), by: change)
      }
      let before = try folder.contents()
      let arguments =
        ["add-scenes", "m.safetensors", "data", "-o", "n.safetensors", "--quiet"]
        + LibraryCommandTests.brief
      let run = try await Program.run(arguments, in: folder)
      expectFailure(run, code: 65, line: "data: kenney_van: found ")
      #expect(run.errors.contains(found), "\(run.errors)")
      #expect(run.errors.hasSuffix("model's own place, scale and axes, or --any-bound\n"))
      #expect(try folder.contents() == before)
      expectSuccess(try await Program.run(arguments + ["--any-bound"], in: folder))
    }
  }

  /// Scales or turns the world of a file of cameras.
  private static func move(_ path: String, by change: String) throws {
    let url = URL(fileURLWithPath: path)
    var file = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    let frames = try #require(file["frames"] as? [[String: Any]])
    file["frames"] = try frames.map { frame in
      var frame = frame
      var rows = try #require(frame["transform_matrix"] as? [[Double]])
      switch change {
      case "half": for row in 0..<3 { rows[row][3] *= 0.5 }
      case "large": for row in 0..<3 { rows[row][3] *= 1.4 }
      case "upward y": (rows[1], rows[2]) = (rows[2], rows[1].map { -$0 })
      default: (rows[1], rows[2]) = (rows[1].map { -$0 }, rows[2].map { -$0 })
      }
      frame["transform_matrix"] = rows
      return frame
    }
    try JSONSerialization.data(withJSONObject: file).write(to: url)
  }

  private static let smallDataset = [
    "--size", "16x16", "--train-views", "4", "--val-views", "0", "--test-views", "2", "--samples",
    "64",
  ]

  /// A ball as large as ten cars.
  private static let farBall = Fixtures.ball
    .replacingOccurrences(of: "[-1, -1, -1]", with: "[-10, -10, -10]")
    .replacingOccurrences(of: "[1, 1, 1]", with: "[10, 10, 10]")
    .replacingOccurrences(of: "\"radius\": 0.5", with: "\"radius\": 8")
    .replacingOccurrences(of: "\"distance\": 3", with: "\"distance\": 30")

  /// Models of the same scenes' kind, of another field and of another bound.
  private static func putOthers(in folder: TemporaryFolder) throws {
    let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
    var configuration = model.configuration
    configuration.field.width = 24
    var random = SeededGenerator(seed: 1)
    let wide = Checkpoint(
      configuration: configuration,
      hypernetwork: Hypernetwork(
        architecture: configuration.hypernetwork, target: configuration.field.layout,
        generator: &random), latents: model.latents)
    try wide.write(to: folder.path(of: "wide.safetensors"), overwriting: false)
    var large = model
    large.configuration.bound = BoundingBox(minimum: [-2, -2, -2], maximum: [2, 2, 2])
    try large.write(to: folder.path(of: "large.safetensors"), overwriting: false)
  }

  @Test(
    "options that make no sense together are refused",
    arguments: [
      (
        ["remove-scenes", "m", "a"],
        "found no --output, expected one, or --overwrite to change the model itself"
      ),
      (
        ["add-scenes", "m", "d", "-o", "n", "--hold=-1"],
        "--hold: found -1.0, expected 0 or more, or inf"
      ),
      (
        ["add-scenes", "m", "d", "-o", "n", "--codes-only", "--hold", "1"],
        "--codes-only: found --hold beside it, expected one of the two"
      ),
      (
        ["add-scenes", "m", "d", "-o", "n", "--replay"],
        "--replay: found no --old-dataset, expected one to learn from"
      ),
      (
        ["add-scenes", "m", "d", "-o", "n", "--keep"],
        "--keep: found no --maximum-loss, expected one to pass over"
      ),
      (
        ["merge-models", "a", "b", "-o", "c", "--maximum-loss=-1"],
        "--maximum-loss: found -1.0, expected 0 or more"
      ),
    ] as [([String], String)])
  func options(arguments: [String], message: String) async throws {
    let run = try await withTemporaryFolder { try await Program.run(arguments, in: $0) }
    expectUsageError(run, message: message)
  }

  @Test("a model that exists is not replaced unless asked for")
  func exists() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try folder.put("mine", at: "n.safetensors")
      let run = try await Program.run(
        ["remove-scenes", "m.safetensors", "kenney_taxi", "-o", "n.safetensors"], in: folder)
      expectFailure(run, code: 73, line: "n.safetensors: ")
      #expect(try folder.text(of: "n.safetensors") == "mine")
    }
  }
}
