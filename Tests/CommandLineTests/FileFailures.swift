import Foundation
import Testing

/// The program with the calls that change files counted, and one of them failing.
///
/// A small library is loaded into the program for it: `Fixtures/file_failures.c`.
enum FileFailures {
  /// What happens instead of a call.
  enum Action: String, CaseIterable {
    case kill
    /// A write of one byte.
    case short
    case interruption = "EINTR"
    case fullDisk = "ENOSPC"
    case quota = "EDQUOT"
    case brokenDisk = "EIO"
  }

  /// A call that changes a file or a folder; paths begin in the folder that is watched.
  struct Call: Equatable {
    let name: String
    let path: String
    /// Of files that are renamed and linked.
    let newPath: String?
  }

  /// The library, compiled once, beside the program.
  private static let library = Task {
    try await withTemporaryFolder { folder in
      let source = Bundle.module.bundleURL.appendingPathComponent("Fixtures/file_failures.c").path
      let library = Bundle.main.bundleURL.appendingPathComponent("libfile_failures.so").path
      let script = """
        compiler=$(command -v clang || command -v cc) || exit 69
        "$compiler" -std=gnu11 -O1 -fPIC -shared -o new.so "$1" -ldl && mv new.so "$2"
        """
      let run = try await Program.run(script: script, [source, library], in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      return library
    }
  }

  /// Runs the program and watches the calls on its working folder's files.
  ///
  /// - Parameters:
  ///   - action: happens at the call of the number `step`, from 1.
  ///   - log: a file outside of the folder.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, _ action: Action? = nil, at step: Int = 0,
    log: String = "/dev/null"
  ) async throws -> Program.Run {
    let library = try await library.value
    let watched = URL(fileURLWithPath: folder.path).resolvingSymlinksInPath().path
    let script = """
      LD_PRELOAD='\(library)' FAILURES_FOLDER='\(watched)' FAILURES_LOG='\(log)' \
      FAILURES_STEP=\(step) FAILURES_ACTION=\(action?.rawValue ?? "none") "$0" "$@"
      """
    return try await Program.run(script: script, arguments, in: folder)
  }

  /// The calls that a log tells of.
  static func calls(in log: String) throws -> [Call] {
    try String(decoding: Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self)
      .split(separator: "\n").map { line in
        let words = line.split(separator: " ").map(String.init)
        try #require((3...4).contains(words.count), "\(line)")
        return Call(name: words[1], path: words[2], newPath: words.count == 4 ? words[3] : nil)
      }
  }

  /// Whether a name is that of a file which is not whole yet.
  static func isTemporary(_ path: String) -> Bool {
    path.split(separator: "/").last?.wholeMatch(of: /\..+\.tmp-[0-9]+(-[0-9]+)?/) != nil
  }

  /// What a power cut at some moment could make of the calls, in words.
  ///
  /// The disk may carry out in any order what no call has waited for. So a file must be on the disk
  /// after its last write and before it gets its name, and the folder after that; nothing is ever
  /// written under a final name.
  static func hazards(of calls: [Call]) -> [String] {
    var hazards: [String] = []
    func folder(of path: String) -> String {
      path.contains("/") ? path.split(separator: "/").dropLast().joined(separator: "/") : "."
    }
    for (index, call) in calls.enumerated() {
      switch call.name {
      case "open", "write":
        if !isTemporary(call.path) { hazards.append("\(call.name) of \(call.path)") }
      case "rename", "link":
        guard let newPath = call.newPath else { continue }
        let last = calls[..<index].last { $0.path == call.path }
        if last?.name != "fsync" { hazards.append("\(newPath): not on the disk when named") }
        if !calls[index...].contains(Call(name: "fsync", path: folder(of: newPath), newPath: nil)) {
          hazards.append("\(newPath): its name never on the disk")
        }
      case "mkdir":
        let parent = folder(of: call.path)
        if !calls[index...].contains(Call(name: "fsync", path: parent, newPath: nil)) {
          hazards.append("\(call.path): a folder never on the disk")
        }
      default: break
      }
    }
    return hazards
  }
}

/// Runs a test in an empty folder in memory, where there is one: writes cost nothing there, and a kill
/// is a kill.
func withFolderInMemory<Value>(
  _ body: (TemporaryFolder) async throws -> Value
) async throws -> Value {
  let memory = "/dev/shm"
  guard FileManager.default.isWritableFile(atPath: memory) else {
    return try await withTemporaryFolder(body)
  }
  let path = "\(memory)/hypermarch-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(TemporaryFolder(path: path))
}
