import Foundation
import TestSupport
import Testing

@Suite("Crashes while files are written") struct CrashTests {
  /// Numbers of calls, spread evenly over all of them, the first and the last included.
  static func steps(of count: Int, quick: Int, all: Int = .max) -> [Int] {
    let limit = Robustness.cases(quick: quick, all: min(all, count))
    guard limit < count, limit > 1 else { return Array(1...max(1, count)).suffix(max(limit, 1)) }
    return (0..<limit).map { 1 + $0 * (count - 1) / (limit - 1) }
  }

  /// Disturbs every command, two at a time, and gathers what went wrong and how many cases there were.
  static func disturb(
    _ body:
      @escaping @Sendable (WritingCommand, WritingCommand.Course) async throws
      -> (cases: Int, damage: [String])
  ) async throws -> (cases: Int, damage: [String]) {
    try await withThrowingTaskGroup(of: (cases: Int, damage: [String]).self) { group in
      for command in WritingCommand.all {
        group.addTask { try await body(command, try await command.course()) }
      }
      return try await group.reduce((0, [])) { ($0.0 + $1.cases, $0.1 + $1.damage) }
    }
  }

  @Test("every file is on the disk before it gets its name, and its folder after")
  func order() async throws {
    let result = try await Self.disturb { command, course in
      let hazards = FileFailures.hazards(of: course.calls).map { "\(command.name): \($0)" }
      let namings = course.calls.count { ["rename", "link"].contains($0.name) }
      return (namings, namings > 0 ? hazards : ["\(command.name): found no file written"])
    }
    #expect(result.damage == [])
    Robustness.record(
      "order of calls in a power cut", cases: result.cases, failures: result.damage.count,
      note: "files written by \(WritingCommand.all.count) commands")
  }

  @Test("a power cut's hazards are told from what is safe")
  func hazards() {
    typealias Call = FileFailures.Call
    let (temporary, name) = ("f/.a.tmp-7", "f/a")
    let open = Call(name: "open", path: temporary, newPath: nil)
    let write = Call(name: "write", path: temporary, newPath: nil)
    let sync = Call(name: "fsync", path: temporary, newPath: nil)
    let rename = Call(name: "rename", path: temporary, newPath: name)
    let folder = Call(name: "fsync", path: "f", newPath: nil)
    #expect(FileFailures.hazards(of: [open, write, sync, rename, folder]) == [])
    #expect(FileFailures.hazards(of: [open, sync, write, rename, folder]).count == 1)
    #expect(FileFailures.hazards(of: [open, write, rename, sync, folder]).count == 1)
    #expect(FileFailures.hazards(of: [open, write, sync, folder, rename]).count == 1)
    #expect(FileFailures.hazards(of: [Call(name: "open", path: name, newPath: nil)]).count == 1)
    #expect(FileFailures.hazards(of: [Call(name: "mkdir", path: "f", newPath: nil)]).count == 1)
  }

  @Test(
    "Promise 4: no file under its final name is ever incomplete, whichever call is the last")
  func killAtEveryStep() async throws {
    let result = try await Self.disturb { command, course in
      var damage: [String] = []
      let steps = Self.steps(of: course.calls.count, quick: 2)
      for step in steps {
        try await withFolderInMemory { folder in
          try await command.prepare(folder)
          let killed = try await FileFailures.run(command.arguments, in: folder, .kill, at: step)
          let call = "killed at \(step), \(course.calls[step - 1].name)"
          if killed.exitCode != 137 { damage.append("\(command.name): \(call): survived") }
          damage += try command.damage(in: folder, course).map { "\(call): \($0)" }
          let again = try await Program.run(command.arguments, in: folder)
          if again.exitCode != 0 { damage.append("\(command.name): \(call): \(again.errors)") }
          damage += try command.difference(in: folder, course).map { "\(call), again: \($0)" }
        }
      }
      return (steps.count, damage)
    }
    #expect(result.damage == [])
    Robustness.record(
      "SIGKILL at every step of the write sequence", cases: result.cases,
      failures: result.damage.count, note: "\(WritingCommand.all.count) commands")
  }

  @Test("interrupted calls and short writes change nothing")
  func interruptions() async throws {
    let result = try await Self.disturb { command, course in
      var damage: [String] = []
      var cases = 0
      for action in [FileFailures.Action.interruption, .short] {
        let possible = course.calls.indices.filter {
          course.calls[$0].name == "write"
            || action == .interruption && course.calls[$0].name != "unlink"
        }
        for step in Self.steps(of: possible.count, quick: 1, all: 40).map({ possible[$0 - 1] + 1 })
        {
          cases += 1
          try await withFolderInMemory { folder in
            try await command.prepare(folder)
            let run = try await FileFailures.run(command.arguments, in: folder, action, at: step)
            let call = "\(action) at \(step), \(course.calls[step - 1].name)"
            if run.exitCode != 0 { damage.append("\(command.name): \(call): \(run.errors)") }
            damage += try command.difference(in: folder, course).map { "\(call): \($0)" }
          }
        }
      }
      return (cases, damage)
    }
    #expect(result.damage == [])
    Robustness.record(
      "interrupted calls and short writes", cases: result.cases, failures: result.damage.count)
  }

  @Test("a call that fails ends the command with one line and its exit code, and all files whole")
  func failures() async throws {
    let result = try await Self.disturb { command, course in
      var damage: [String] = []
      var cases = 0
      for action in [FileFailures.Action.fullDisk, .quota, .brokenDisk] {
        let possible = course.calls.indices.filter { course.calls[$0].name != "unlink" }
        for step in Self.steps(of: possible.count, quick: 1, all: 40).map({ possible[$0 - 1] + 1 })
        {
          cases += 1
          try await withFolderInMemory { folder in
            try await command.prepare(folder)
            let run = try await FileFailures.run(command.arguments, in: folder, action, at: step)
            let failure = course.calls[step - 1]
            let call = "\(action) at \(step), \(failure.name)"
            damage += Self.complaints(about: run).map { "\(command.name): \(call): \($0)" }
            let expected = ["open", "mkdir"].contains(failure.name) ? 73 : 74
            if run.exitCode != Int32(expected), failure.name != "fsync" || run.exitCode != 73 {
              damage.append("\(command.name): \(call): exit code \(run.exitCode)")
            }
            damage += try command.damage(in: folder, course).map { "\(call): \($0)" }
            for name in try folder.contents().keys where FileFailures.isTemporary(name) {
              damage.append("\(command.name): \(call): left \(name)")
            }
          }
        }
      }
      return (cases, damage)
    }
    #expect(result.damage == [])
    Robustness.record(
      "failing calls: disk full, quota, broken disk", cases: result.cases,
      failures: result.damage.count)
  }

  /// What is wrong with how a command tells of a failure, in words.
  static func complaints(about run: Program.Run) -> [String] {
    let lines = run.errorLines.filter { $0.hasPrefix("error: ") }
    guard lines.count == 1, let line = lines.first, run.errorLines.last == line else {
      return ["found “\(run.errors)”, expected one line of an error"]
    }
    let endings = [".png", ".safetensors", ".json", ".jsonl", ".txt", ".run", "data", "f", "rgb"]
    let hasPath = line.split(whereSeparator: { " :".contains($0) }).contains { word in
      endings.contains { word.hasSuffix($0) } || word.contains("/")
    }
    return hasPath ? [] : ["found “\(line)”, expected a path"]
  }
}
