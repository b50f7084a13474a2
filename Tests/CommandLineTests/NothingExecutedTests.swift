import Files
import Foundation
import TestSupport
import Testing

@Suite("Nothing downloaded, sent or executed") struct NothingExecutedTests {
  /// Names that shells, option parsers and programs that are handed them take for something else.
  static let hostileNames = [
    "it's a \"$(touch executed)\" größe–日本", "-dash", "two\nlines", "--help", "`touch executed`",
    "; touch executed", "| touch executed", "&& touch executed", "%d%s%n", "*", "~", "a\\b", "#",
    "\u{1B}[31mred",
  ]

  /// Whether a folder has no file that a command could have made by executing one's name.
  private static func isNothingExecuted(in folder: TemporaryFolder) throws -> Bool {
    try !FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .contains { $0.hasSuffix("executed") && !$0.contains("touch") }
  }

  @Test(
    "Promise 6: nothing is executed, whatever a file is called, and the right file is written",
    arguments: Robustness.runsAll ? hostileNames : Array(hostileNames.prefix(2)))
  func names(_ name: String) async throws {
    var (cases, failures) = (0, 0)
    try await withTemporaryFolder { folder in
      try folder.makeFolder("in")
      try folder.makeFolder("out")
      let scene = "in/\(name).json"
      let model = "in/\(name).safetensors"
      try folder.put(Fixtures.ball, at: scene)
      try folder.put(try await Fixtures.model(), at: model)
      try folder.makeFolder("in/\(name)")
      try folder.copy(Fixtures.taxi, to: "in/\(name)/taxi")
      func expectMade(_ file: String, by arguments: [String]) async throws {
        let run = try await Program.run(arguments, in: folder)
        let isRight =
          try run.exitCode == 0 && folder.exists(file) && Self.isNothingExecuted(in: folder)
        #expect(isRight, "\(arguments): \(run.errors)")
        cases += 1
        failures += isRight ? 0 : 1
      }
      try await expectMade(
        "out/\(name).png", by: ["render", scene, "--size", "8", "--output=out/\(name).png"])
      try await expectMade(
        "out/\(name)-m.png", by: ["render", model, "--size", "8", "--output=out/\(name)-m.png"])
      try await expectMade(
        "out/again.png", by: ["render", "--from=out/\(name)-m.png", "-o", "out/again.png"])
      #expect(try folder.bytes(of: "out/again.png") == folder.bytes(of: "out/\(name)-m.png"))
      try await expectMade(
        "out/\(name).safetensors",
        by: ["train", "in/\(name)", "--output=out/\(name).safetensors", "--steps", "1"]
          + Fixtures.smallTraining)
      try await expectMade(
        "out/\(name).latent.safetensors",
        by: [
          "fit", model, "in/\(name)/taxi/train/r_0.png", "--azimuth", "0", "--steps", "1",
          "--no-refine",
          "--output=out/\(name).latent.safetensors",
        ])
      try await expectMade(
        "out/\(name)/\(name)/transforms_train.json",
        by: [
          "dataset", scene, "--output=out/\(name)", "--size", "4", "--train-views", "1",
          "--val-views",
          "0", "--test-views", "0", "--samples", "8",
        ])
      if !name.contains("#") && !name.contains("%") {
        try await expectMade(
          "out/\(name)1.png",
          by: [
            "interpolate", model, "--frames", "2", "--size", "8", "--quality", "preview",
            "--output=out/\(name)#.png", "--animation=out/\(name)-a.png",
          ])
      }
      for arguments in [
        ["info", model], ["inspect", "in/\(name)"],
        ["evaluate", model, "in/\(name)", "--quality", "preview"],
      ] {
        _ = try await Program.run(arguments, in: folder)
        let isRight = try Self.isNothingExecuted(in: folder)
        #expect(isRight, "\(arguments)")
        cases += 1
        failures += isRight ? 0 : 1
      }
    }
    Robustness.record("names that a shell would run", cases: cases, failures: failures)
  }

  @Test(
    "Promise 6: nothing is downloaded, sent or executed: the program has no call that could",
    .enabled(if: !Robustness.isSanitized))
  func symbols() async throws {
    let tool = ["/usr/bin/nm", "/usr/bin/llvm-nm"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    guard let tool else {
      Robustness.record("programs started", cases: 0, failures: 0, note: "nm is not there")
      return
    }
    try await withTemporaryFolder { folder in
      let run = try await Program.run(
        tool: [tool, "-D", "--undefined-only", Program.path], in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      let symbols = run.outputLines.compactMap { $0.split(separator: " ").last }
        .map { String($0.prefix { $0 != "@" }) }
      try #require(symbols.contains("fsync"))
      let forbidden: Set = [
        "socket", "connect", "bind", "listen", "accept", "getaddrinfo", "gethostbyname", "send",
        "sendto",
        "sendmsg", "recv", "recvfrom", "recvmsg", "dlopen", "dlsym", "system", "popen", "fork",
        "vfork",
        "execl", "execlp", "execle", "execv", "execve", "execvp", "execvpe", "posix_spawn",
        "posix_spawnp",
      ]
      #expect(symbols.filter(forbidden.contains) == [])
      #expect(
        !symbols.contains { $0.contains("URLSession") || $0.contains("FoundationNetworking") })
    }
  }

  @Test(
    "Promise 6: nothing is downloaded, sent or executed: no command asks the system for it",
    .enabled(if: Robustness.runsAll))
  func systemCalls() async throws {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else {
      Robustness.record("programs started", cases: 0, failures: 0, note: "strace is not there")
      return
    }
    var (cases, failures) = (0, 0)
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      for arguments in [
        ["render", "ball.json", "--size", "16", "-o", "p.png"],
        ["render", "m.safetensors", "--size", "16", "-o", "q.png"],
        [
          "interpolate", "m.safetensors", "--frames", "2", "--size", "16", "-o", "f#.png",
          "--animation", "a.png",
        ],
        ["train", Fixtures.taxi, "-o", "t.safetensors", "--steps", "1"] + Fixtures.smallTraining,
        [
          "fit", "m.safetensors", Fixtures.taxi + "/train/r_0.png", "--azimuth", "0", "--steps",
          "1", "-o", "l.latent.safetensors",
        ],
        ["evaluate", "m.safetensors", Fixtures.cars, "--quality", "preview"],
        [
          "dataset", "ball.json", "-o", "d", "--size", "4", "--train-views", "1", "--val-views",
          "0", "--test-views", "0",
        ],
        ["latents", "list", "m.safetensors"], ["info", "m.safetensors"],
        ["inspect", Fixtures.taxi],
        ["doctor"],
      ] {
        let run = try await Program.run(
          tool: [
            "/usr/bin/strace", "-f", "-qq", "-e", "trace=network,execve,execveat", "-o", "calls",
            Program.path,
          ]
            + arguments, in: folder)
        // Where tracing is not allowed, nothing can be said.
        guard folder.exists("calls"), run.exitCode == 0 else { continue }
        // The C library asks this machine's own cache of user names, by a socket that is a file.
        let calls = try folder.text(of: "calls").split(separator: "\n").filter {
          $0.contains("(") && !$0.contains("(AF_UNIX") && !$0.contains("nscd/socket")
        }
        // The first is strace's own, which starts the program.
        let isRight = calls.count == 1 && calls[0].contains("execve(\"\(Program.path)\"")
        #expect(isRight, "\(calls)")
        cases += 1
        failures += isRight ? 0 : 1
      }
    }
    Robustness.record(
      "programs started", cases: cases, failures: failures,
      note: cases == 0 ? "tracing is not allowed" : "strace")
  }
}
