import Foundation
import TestSupport
import Testing

@Suite("Places that take no more") struct DiskFullTests {
  /// What is wrong with the place that a command writes into.
  enum Place: String, CaseIterable, Sendable {
    case fullDisk = "full disk"
    case readOnlyFolder = "read-only folder"
    case sizeLimit = "file-size limit"
    case quota

    /// A script that runs the program in the folder `mnt`, with what `in` holds, and leaves what becomes
    /// of it in `out`.
    var script: String {
      let begin = "mkdir mnt out; "
      let mount = "mount -t tmpfs -o size=16m none mnt || exit 99; "
      let enter = "cp -a in/. mnt/; cd mnt; "
      let program = "\"$0\" \"$@\"; code=$?; "
      let end = "cd ..; cp -a mnt/. out/; exit $code"
      return switch self {
      case .quota: begin + enter + program + end
      case .sizeLimit: begin + enter + "(ulimit -f 0; exec \"$0\" \"$@\"); code=$?; " + end
      case .fullDisk:
        // The filling is taken out again before what is there is looked at.
        begin + mount + enter + "cat /dev/zero > filling 2> /dev/null; " + program + "rm filling; "
          + end
      case .readOnlyFolder:
        begin + mount + enter + "mount -o remount,ro ../mnt; " + program + end
      }
    }

    /// What the error's line says of room, as far as it is known.
    var facts: String {
      switch self {
      case .fullDisk: " bytes free"
      case .sizeLimit: " bytes allowed"
      case .readOnlyFolder, .quota: ": "
      }
    }

    var needsMount: Bool { self == .fullDisk || self == .readOnlyFolder }
    var exitCode: Int32 { self == .readOnlyFolder ? 73 : 74 }
  }

  /// The options of `unshare` for a mount of one's own; nil where the system allows none.
  private static func mountOptions() async throws -> String? {
    try await withTemporaryFolder { folder in
      for options in ["-m", "-rm"] {
        let script = "unshare \(options) mount -t tmpfs -o size=1m none . 2> /dev/null"
        if try await Program.run(script: script, [], in: folder).exitCode == 0 { return options }
      }
      return nil
    }
  }

  @Test(
    "Promise 1: a full disk never costs the last save itself",
    .timeLimit(.minutes(Robustness.isSanitized ? 60 : 15)))
  func places() async throws {
    let options = try await Self.mountOptions()
    let places = Place.allCases.filter { options != nil || !$0.needsMount }
    // One command for each way of writing, and the library's.
    let commands = WritingCommand.all.prefix(5) + WritingCommand.all.suffix(4)
    let names = commands.prefix(Robustness.cases(quick: 2, all: commands.count)).map(\.name)
    let result = try await CrashTests.disturb { command, course in
      guard names.contains(command.name)
      else { return (0, []) }
      var damage: [String] = []
      for place in places {
        damage += try await Self.damage(of: command, course, in: place, mountOptions: options ?? "")
      }
      return (places.count, damage)
    }
    #expect(result.damage == [])
    Robustness.record(
      "disk full, read-only folder, file-size limit", cases: result.cases,
      failures: result.damage.count,
      note: options == nil ? "no full disks and read-only folders: mounting is not allowed" : "")
  }

  private static func damage(
    of command: WritingCommand, _ course: WritingCommand.Course, in place: Place,
    mountOptions: String
  ) async throws -> [String] {
    try await withTemporaryFolder { folder in
      try folder.makeFolder("in")
      let out = TemporaryFolder(path: folder.path(of: "out"))
      let scene = place == .quota ? out : TemporaryFolder(path: folder.path(of: "mnt"))
      try await command.prepare(TemporaryFolder(path: folder.path(of: "in")), toRunIn: scene)
      let run: Program.Run
      if place == .quota {
        try folder.copy(folder.path(of: "in"), to: "out")
        let step = (course.calls.firstIndex { $0.name == "write" } ?? 0) + 1
        run = try await FileFailures.run(command.arguments, in: out, .quota, at: step)
      } else {
        let inner = place.script
        run = try await Program.run(
          script: place.needsMount
            ? "exec unshare \(mountOptions) bash -c '\(inner)' \"$0\" \"$@\"" : inner,
          command.arguments, in: folder)
      }
      var damage = CrashTests.complaints(about: run)
      if run.exitCode != place.exitCode { damage.append("exit code \(run.exitCode)") }
      if !run.errors.contains(place.facts) {
        damage.append("found “\(run.errors)”, expected how much room there is")
      }
      damage += try command.damage(in: out, course)
      for name in try out.contents().keys where FileFailures.isTemporary(name) {
        damage.append("left \(name)")
      }
      return damage.map { "\(command.name), \(place.rawValue): \($0)" }
    }
  }
}
