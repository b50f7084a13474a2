import Testing

@Suite("Help") struct HelpTests {
  static let commands = [
    "render", "interpolate", "fit", "latents", "train", "add-scenes", "remove-scenes",
    "rename-scene", "merge-models", "evaluate", "info", "inspect", "dataset",
    "report", "doctor", "bench",
  ]
  /// Commands below others.
  static let subcommands =
    ["list", "directions", "sample", "mix", "nearest", "quantize"].map {
      "latents \($0)"
    } + ["report views", "report parameters"]

  @Test(
    "every command's help opens with two examples that fit a line",
    arguments: commands + subcommands)
  func examples(command: String) async throws {
    let path = command.split(separator: " ").map(String.init)
    let run = try await withTemporaryFolder { folder in
      try await Program.run(path + ["--help"], in: folder)
    }
    expectSuccess(run)
    #expect(run.errors == "")
    let lines = run.outputLines
    #expect(lines.allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE:") })
    let examples = try Self.examples(in: lines)
    for example in examples {
      let words = example.split(separator: " ").map(String.init)
      #expect(Array(words.prefix(1 + path.count)) == ["hypermarch"] + path)
      for option in words where option.hasPrefix("-") {
        let name = option.split(separator: "=")[0]
        #expect(
          lines.contains { $0.hasPrefix("  \(name) ") || $0.hasPrefix("  \(name),") }
            || lines.contains { $0.contains(", \(name) ") }, "\(name)")
      }
    }
  }

  @Test("the program's help opens with two examples, and names every command")
  func overview() async throws {
    try await withTemporaryFolder { folder in
      let run = try await Program.run(["--help"], in: folder)
      expectSuccess(run)
      _ = try Self.examples(in: run.outputLines)
      for command in Self.commands {
        #expect(run.outputLines.contains { $0.hasPrefix("  \(command) ") }, "\(command)")
      }
      #expect(try await Program.run([], in: folder).output == run.output)
    }
  }

  @Test(
    "the program's help lists every exit code",
    arguments: [0, 64, 65, 66, 69, 70, 73, 74, 75, 129, 130, 143])
  func exitCodes(code: Int) async throws {
    let run = try await withTemporaryFolder { try await Program.run(["--help"], in: $0) }
    let start = try #require(run.outputLines.firstIndex(of: "EXIT CODES"))
    let lines = run.outputLines[(start + 1)...].prefix { $0 != "" }
    #expect(lines.count == 12)
    #expect(lines.count { $0.hasPrefix("  \(code) ") } == 1)
  }

  /// The two lines under the word EXAMPLES, with which the text behind the overview begins.
  private static func examples(in lines: [String]) throws -> [String] {
    let end = try #require(lines.firstIndex(of: ""))
    #expect(lines[0].hasPrefix("OVERVIEW: "))
    #expect(lines[end + 1] == "EXAMPLES")
    let examples = lines[(end + 2)...].prefix { $0 != "" }
    #expect(examples.count == 2)
    #expect(examples.allSatisfy { $0.hasPrefix("  hypermarch ") })
    return examples.map { String($0.dropFirst(2)) }
  }

  @Test("the version is one line") func version() async throws {
    let run = try await withTemporaryFolder { try await Program.run(["--version"], in: $0) }
    expectSuccess(run)
    #expect(run.output.wholeMatch(of: /hypermarch [0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
    #expect(run.errors == "")
  }

  @Test(
    "an option that does not exist is refused",
    arguments: [
      ["render"], ["interpolate"], ["fit", "m", "a.png"], ["latents"],
      ["latents", "mix", "m", "a"], ["train", "data", "-o", "m"],
      ["add-scenes", "m", "data", "-o", "n"], ["remove-scenes", "m", "a", "-o", "n"],
      ["rename-scene", "m", "a", "b", "-o", "n"], ["merge-models", "m", "n", "-o", "o"],
      ["evaluate", "m", "data"], ["report", "views", "m", "data", "-o", "r"],
      ["info"], ["inspect", "data"], ["dataset", "ball.json", "-o", "data"], ["doctor"], ["bench"],
    ])
  func unknownOption(command: [String]) async throws {
    let run = try await withTemporaryFolder {
      try await Program.run(command + ["--no-such-option"], in: $0)
    }
    expectUsageError(run, message: "Unknown option '--no-such-option'")
  }

  @Test("the option that was probably meant is named") func nearestOption() async throws {
    let run = try await withTemporaryFolder {
      try await Program.run(["render", "--azimut", "30"], in: $0)
    }
    expectUsageError(run, message: "Unknown option '--azimut'. Did you mean '--azimuth'?")
  }

  @Test("a command that does not exist is refused") func unknownCommand() async throws {
    let run = try await withTemporaryFolder { try await Program.run(["paint"], in: $0) }
    expectUsageError(run, message: "Unexpected argument 'paint'")
  }
}
