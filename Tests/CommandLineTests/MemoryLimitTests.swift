import Checkpoints
import Foundation
import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Memory limits") struct MemoryLimitTests {
  /// A command and what makes it small.
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let isSlow: Bool
    /// Whether it says what it needs: what is done in a moment says so only where that is too much.
    let isStated: Bool

    init(_ arguments: String..., isSlow: Bool = false, isStated: Bool = true) {
      self.arguments = arguments
      self.isSlow = isSlow
      self.isStated = isStated
    }

    var testDescription: String { arguments.joined(separator: " ") }

    /// The command with the fixtures' paths.
    var command: [String] {
      arguments.map {
        switch $0 {
        case "CARS": Fixtures.cars
        case "OTHERS": Fixtures.otherCars
        case "TAXI": Fixtures.taxi + "/train/r_0.png"
        default: $0
        }
      }
    }
  }

  static let cases = [
    Case("render", "ball.json", "-o", "new.png", "--samples", "32"),
    Case(
      "render", "ball.json", "-o", "new.png", "--samples", "8", "--size", "1500x900", "--depth",
      "--normals"),
    Case("render", "m.safetensors", "-o", "new.png", "--size", "200", "--quality", "preview"),
    Case(
      "render", "ball.json", "-o", "new.png", "--samples", "8", "--size", "2048", "--seconds", "1"),
    Case(
      "interpolate", "m.safetensors", "--frames", "12", "--size", "96", "-o", "new/##.png",
      "--quality", "preview", "--contact-sheet", "new.png"),
    Case(
      "fit", "m.safetensors", "TAXI", "--azimuth", "30", "--steps", "5", "-o",
      "new.latent.safetensors"),
    Case(
      "train", "CARS", "-o", "new.safetensors", "--steps", "6", "--width", "16", "--layers", "2",
      "--latent-width", "8", "--trunk", "32", "--threads", "2"),
    Case("evaluate", "m.safetensors", "CARS", "--quality", "preview"),
    Case(
      "dataset", "ball.json", "-o", "new", "--size", "200", "--train-views", "3", "--val-views",
      "0", "--test-views", "0", "--samples", "32"),
    Case("latents", "sample", "m.safetensors", "--contact-sheet", "new.png"),
    Case("latents", "list", "m.safetensors"),
    Case("latents", "directions", "m.safetensors", "--contact-sheet", "new.png"),
    Case("latents", "quantize", "m.safetensors", "--bits", "8", "--scenes", "1"),
    Case("latents", "nearest", "m.safetensors", "TAXI"),
    Case("latents", "mix", "m.safetensors", "kenney_taxi", "--contact-sheet", "new.png"),
    Case("render", "--from", "old.png", "-o", "new.png"),
    Case(
      "render", "m.safetensors", "--scene", "draws.latent.safetensors", "--uncertainty", "-o",
      "new.png", "--size", "64", "--quality", "preview"),
    Case("interpolate", "m.safetensors", "--timeline", "t.json", "-o", "new/##.png"),
    Case(
      "fit", "m.safetensors", "--sequence", "clip/windmill", "--steps", "2", "-o",
      "new.latent.safetensors", isSlow: true),
    Case("train", "--resume", "old.run", "--steps", "3"),
    Case("info", "m.safetensors", isStated: false), Case("info", "old.png", isStated: false),
    Case("remove-scenes", "m.safetensors", "kenney_taxi", "-o", "new.safetensors"),
    Case("rename-scene", "m.safetensors", "kenney_taxi", "taxi", "-o", "new.safetensors"),
    Case(
      "merge-models", "m.safetensors", "m.safetensors", "--rename-b", "b-", "-o", "new.safetensors",
      "--steps", "3"),
    Case(
      "add-scenes", "m.safetensors", "OTHERS", "-o", "new.safetensors", "--code-steps", "2",
      "--steps", "2", "--samples-per-step", "512"),
    Case(
      "report", "views", "m.safetensors", "OTHERS", "-o", "new", "--views", "1", "--samples", "24",
      "--grid-resolution", "32", isSlow: true),
    Case(
      "report", "parameters", "CARS", "-o", "new", "--steps", "2", "--samples-per-step", "512",
      "--scene-counts", "1", "--measured", "1", "--generator", "low-rank", "--quality", "preview"),
    Case("bench", "m.safetensors", "--quick", isSlow: true),
    Case(
      "render", "ball.json", "-o", "new.png", "--samples", "8", "--size", "16384x4096", "--threads",
      "2", isSlow: true),
    Case(
      "render", "m.safetensors", "-o", "new.png", "--samples", "8", "--size", "64",
      "--grid-resolution", "512", isSlow: true),
    Case(
      "interpolate", "m.safetensors", "--frames", "120", "--size", "256", "-o", "new/###.png",
      "--quality", "preview", "--animation", "new.png", isSlow: true),
    Case("train", "CARS", "-o", "new.safetensors", "--steps", "300", "--width", "64", isSlow: true),
  ]

  /// What commands start from that takes more than a moment to make.
  private static let made = Task {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      for arguments in [
        ["render", "m.safetensors", "-o", "old.png", "--size", "200"],
        ["train", Fixtures.cars, "-o", "old.safetensors", "--steps", "2"]
          + Fixtures.smallTraining,
        [
          "dataset", Fixtures.shippedScene("windmill"), "-o", "clip", "--size", "12", "--samples",
          "48", "--cameras", "fixed", "--times", "4", "--train-views", "1", "--val-views", "0",
          "--test-views", "0",
        ],
      ] { expectSuccess(try await Program.run(arguments, in: folder)) }
      let model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      var latent = LatentFile(
        program: "test", name: "draws", modelFingerprint: model.fingerprint,
        latent: SceneLatent(code: model.latents[0]))
      latent.posterior = LatentPosterior(
        codes: (0..<3).map { model.latents[$0] }, noise: 0.1, method: "scenes")
      try latent.write(to: folder.path(of: "draws.latent.safetensors"), overwriting: false)
      // A run knows where its model goes.
      try folder.replace(folder.path, by: "FOLDER", in: "old.run/config.json")
      // Without the folders.
      return try folder.contents().filter { !$0.value.isEmpty }
    }
  }

  private static let timeline = """
    {"hypermarch_timeline": 1, "fps": 2, "size": [64, 64], "latent": [
      {"time": 0, "scene": "draws.latent.safetensors"}, {"time": 2, "mix": {"mean": 1}}]}
    """

  private static func withFiles<Value>(
    _ body: (TemporaryFolder) async throws -> Value
  ) async throws -> Value {
    try await withTemporaryFolder { folder in
      for (name, bytes) in try await made.value {
        try folder.makeFolder("./" + name.split(separator: "/").dropLast().joined(separator: "/"))
        try folder.put(bytes, at: name)
      }
      try folder.replace("FOLDER", by: folder.path, in: "old.run/config.json")
      try folder.put(Fixtures.ball, at: "ball.json")
      try folder.put(timeline, at: "t.json")
      return try await body(folder)
    }
  }

  /// The number of MiB that a command stated.
  private static func stated(_ run: Program.Run) throws -> Int {
    let line = try #require(run.memoryLine, "\(run.errors)")
    let match = try #require(line.wholeMatch(of: /needs about ([0-9]+) MiB of memory/))
    return try #require(Int(match.1))
  }

  @Test(
    "Promise 7: every memory need is stated before work starts, and less is refused",
    .enabled(if: !Robustness.isSanitized),
    arguments: cases.filter { $0.isStated && (Robustness.runsAll || !$0.isSlow) })
  func stated(memory: Case) async throws {
    try await Self.withFiles { folder in
      var (run, peak) = try await Program.runWatchingMemory(memory.command, in: folder)
      expectSuccess(run)
      let stated = try Self.stated(run)
      // Who watches on a busy machine sees a short peak late or not at all.
      for _ in 0..<3 where stated > 2 * peak + 40 {
        let again = try await Self.withFiles {
          try await Program.runWatchingMemory(memory.command, in: $0).peakMemory
        }
        peak = max(peak, again)
      }
      #expect((peak...2 * peak + 40).contains(stated), "\(peak) MiB were taken")
      // More than the program alone needs, and a little less than the command does.
      try await Self.withFiles { folder in
        let before = try folder.contents()
        let need = try await Self.refusal(
          of: memory.command, limit: (stated - 1) << 20, in: folder)
        #expect(need <= stated << 20)
        #expect(try folder.contents() == before)
      }
    }
  }

  @Test(
    "Promise 7: a request over the limit is refused with the number",
    arguments: cases)
  func refused(memory: Case) async throws {
    try await Self.withFiles { folder in
      let before = try folder.contents()
      let need = try await Self.refusal(of: memory.command, limit: 16 << 20, in: folder)
      #expect(need > 34 << 20)
      #expect(try folder.contents() == before)
    }
  }

  /// Expects that a command is refused for its need of memory, and returns the need in bytes.
  private static func refusal(
    of command: [String], limit: Int, in folder: TemporaryFolder
  ) async throws -> Int {
    let run = try await Program.run(command + ["--memory-limit", "\(limit)"], in: folder)
    expectFailure(run, code: 69, line: "found a need for about ")
    #expect(run.memoryLine == nil)
    let numbers = try #require(
      run.errors.firstMatch(
        of: /about [0-9]+ MiB of memory \(([0-9]+) bytes, .*expected at most .* \(([0-9]+) bytes\)/
      ))
    #expect(Int(numbers.2) == limit)
    let need = try #require(Int(numbers.1))
    #expect(need > limit)
    return need
  }

  @Test(
    "what a training of a moving scene needs grows with the times that it is seen at, not its rows")
  func times() async throws {
    func need(times: Int, rows: Int) async throws -> Int {
      try await withTemporaryFolder { folder in
        expectSuccess(
          try await Program.run(
            [
              "dataset", Fixtures.shippedScene("windmill"), "-o", "data", "--size", "12",
              "--train-views", "12", "--val-views", "0", "--test-views", "0", "--samples", "48",
              "--times", "\(times)",
            ], in: folder))
        // Enough to read the pictures.
        let run = try await Program.run(
          [
            "train", "data", "-o", "m.safetensors", "--steps", "6", "--memory-limit", "38M",
            "--trajectory-rows", "\(rows)",
          ] + Fixtures.smallTraining, in: folder)
        expectFailure(run, code: 69, line: "found a need for about ")
        let match = try #require(run.errors.firstMatch(of: /MiB of memory \(([0-9]+) bytes/))
        return try #require(Int(match.1))
      }
    }
    let few = try await need(times: 2, rows: 5)
    // More than a megabyte for each time, and a few bytes for a row's code.
    #expect(try await need(times: 12, rows: 5) - few > 9 << 20)
    #expect(try await need(times: 2, rows: 9) - few < 1 << 20)
  }

  @Test(
    "Promise 7: what files and options multiply is refused before it is made",
    arguments: [
      ["dataset", "ball.json", "-o", "new", "--variations", "10000"],
      ["dataset", "ball.json", "-o", "new", "--train-views", "100000"],
      ["info", "large.png"], ["render", "--from", "large.png", "-o", "new.png"],
      ["info", "large.latent.safetensors"],
      ["render", "m.safetensors", "--scene", "large.latent.safetensors", "-o", "new.png"],
      ["train", "--resume", "old.run", "--steps", "3"],
    ])
  func multiplied(command: [String]) async throws {
    try await Self.withFiles { folder in
      // Files that have a size, and take no room.
      for name in ["large.png", "large.latent.safetensors", "old.run/state-000009.safetensors"] {
        try folder.put([], at: name)
        let file = try #require(FileHandle(forWritingAtPath: folder.path(of: name)))
        try file.truncate(atOffset: 60 << 20)
        try file.close()
      }
      if command.contains("--variations") {
        let shape = #"{"kind": "sphere", "centre": [0, 0, 0], "radius": 0.5, "colour": [1, 0, 0]}"#
        let shapes = Array(repeating: shape, count: 200).joined(separator: ",")
        try folder.replace(shape, by: shapes, in: "ball.json")
        try folder.replace(
          #""shapes""#,
          by: #""variations": [{"name": "v", "size": 0.1}], "shapes""#, in: "ball.json")
      }
      let (run, peak) = try await Program.runWatchingMemory(
        command + ["--memory-limit", "80M"], in: folder)
      expectFailure(run, code: 69, line: "found a need for about ")
      #expect(Robustness.isSanitized || peak < 80)
    }
  }

  @Test("a limit that is met changes nothing", arguments: ["1G", "1GiB", "1.5gb", "2000000000"])
  func met(limit: String) async throws {
    try await Self.withFiles { folder in
      let run = try await Program.run(
        ["render", "ball.json", "--size", "8", "-o", "p.png", "--json", "--memory-limit", limit],
        in: folder)
      expectSuccess(run)
      struct Report: Decodable { let memoryBytes: Int }
      let bytes = try run.report(Report.self).memoryBytes
      #expect(try Self.stated(run) == (bytes + (1 << 20) - 1) >> 20)
    }
  }

  @Test(
    "a limit that is no amount of memory is refused",
    arguments: ["0", "-1", "abc", "5X", "M", "1e9", ".5G", "1 G", "9999999999T", "nan"])
  func amounts(limit: String) async throws {
    let run = try await withTemporaryFolder {
      try await Program.run(["render", "--memory-limit=\(limit)"], in: $0)
    }
    expectUsageError(
      run, message: "The value '\(limit)' is invalid for '--memory-limit <size>'")
  }

  /// The first bytes of a PNG of 8192×8192 pixels with four channels.
  private static let claim: [UInt8] =
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
    + [0, 0, 0x20, 0, 0, 0, 0x20, 0, 8, 6, 0, 0, 0]

  @Test(
    "Promise 7: a data set of 500 large pictures is refused with the number before one is decoded",
    arguments: ["train", "evaluate", "inspect"])
  func bomb(command: String) async throws {
    try await Self.withFiles { folder in
      try folder.makeFolder("data")
      let matrix = "[[1,0,0,0],[0,1,0,0],[0,0,1,3],[0,0,0,1]]"
      let frames = try (0..<500).map { number in
        try folder.put(Self.claim, at: "data/\(number).png")
        return "{\"file_path\": \"\(number).png\", \"transform_matrix\": \(matrix)}"
      }
      let text = "{\"camera_angle_x\": 0.7, \"frames\": [\(frames.joined(separator: ","))]}"
      for split in ["train", "test"] { try folder.put(text, at: "data/transforms_\(split).json") }
      let before = try folder.contents()
      let arguments =
        switch command {
        case "train": ["train", "data", "-o", "new.safetensors"]
        case "evaluate": ["evaluate", "m.safetensors", "data"]
        default: ["inspect", "data"]
        }
      let run = try await Program.run(arguments + ["--memory-limit", "8G"], in: folder)
      expectFailure(run, code: 69, line: "found a need for about ")
      #expect(run.errors.contains(" GiB of it for "))
      #expect(try folder.contents() == before)
    }
  }

  @Test(
    "what the system lets the process have is the limit unless another is asked for",
    .enabled(if: !Robustness.isSanitized))
  func systemLimit() async throws {
    try await Self.withFiles { folder in
      // 300 MiB of data hold the program, but not a picture of sixteen million pixels.
      let run = try await Program.run(
        ["render", "ball.json", "--size", "4096", "--seconds", "1", "-o", "p.png"], in: folder,
        dataLimit: 300 << 10)
      expectFailure(run, code: 69, line: "found a need for about ")
      #expect(run.errors.contains("which are left by ulimit: use a smaller --size"))
      #expect(!folder.exists("p.png"))
    }
  }

  @Test("what the prior of a wide code takes is counted before it is made") func widePrior()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      var model = try Checkpoint.read(folder.path(of: "m.safetensors"))
      let width = 1200
      model.configuration.hypernetwork.latentWidth = width
      model.configuration.hypernetwork.trunkWidths = [1]
      var random = SeededGenerator(seed: 1)
      let names = model.configuration.scenes
      try Checkpoint(
        configuration: model.configuration,
        hypernetwork: Hypernetwork(
          architecture: model.configuration.hypernetwork,
          target: model.configuration.field.layout, generator: &random),
        latents: LatentTable(
          names: names, width: width, standardDeviation: 0.1, generator: &random)
      ).write(to: folder.path(of: "wide.safetensors"), overwriting: false)
      let run = try await Program.run(
        ["latents", "list", "wide.safetensors", "--memory-limit", "60MiB"], in: folder)
      expectFailure(run, code: 69, line: "found a need for about ")
      #expect(run.errors.contains("of it for the prior"), "\(run.errors)")
    }
  }
}
