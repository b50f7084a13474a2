import Foundation
import Subprocess

/// The built program, run as its users run it.
enum Program {
  /// The program lies beside the tests, in the folder of the build's products.
  static let path = Bundle.main.bundleURL.appendingPathComponent("hypermarch").path

  /// What a run left behind.
  struct Run: Sendable {
    let exitCode: Int32
    let output: String
    /// What standard error holds but for the memory that is stated, and the line that tells of reading
    /// where that takes long.
    let errors: String
    /// The line that states it; nil where there is none.
    let memoryLine: String?

    init(exitCode: Int32, output: String, errors: String) {
      self.exitCode = exitCode
      self.output = output
      let lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
      memoryLine = lines.first { $0.hasPrefix("needs about ") }.map(String.init)
      self.errors = lines.filter { !$0.hasPrefix("needs about ") && !$0.hasPrefix("reading ") }
        .joined(separator: "\n")
    }

    var outputLines: [String] { lines(of: output) }
    var errorLines: [String] { lines(of: errors) }

    /// The report that `--json` prints.
    func report<Report: Decodable>(_ type: Report.Type) throws -> Report {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(type, from: Data(output.utf8))
    }

    private func lines(of text: String) -> [String] {
      text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - folder: the working folder.
  ///   - home: where the repository is, as `scripts/hypermarch` says it.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, home: String? = nil
  ) async throws -> Run {
    try await run(executable: path, arguments, in: folder, home: home)
  }

  /// Runs the program where no file may grow beyond a number of KiB, as on a full disk.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, fileLimit: Int
  ) async throws -> Run {
    let script = "ulimit -f \(fileLimit) && exec \"$0\" \"$@\""
    return try await run(executable: "/bin/bash", ["-c", script, path] + arguments, in: folder)
  }

  /// Runs the program where the process may have so many KiB of data.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, dataLimit: Int
  ) async throws -> Run {
    let script = "ulimit -d \(dataLimit) && exec \"$0\" \"$@\""
    return try await run(executable: "/bin/bash", ["-c", script, path] + arguments, in: folder)
  }

  /// Runs another program, such as one that looks at what this one does; its path is the first word.
  static func run(tool command: [String], in folder: TemporaryFolder) async throws -> Run {
    try await run(executable: command[0], Array(command.dropFirst()), in: folder)
  }

  /// Runs a shell script that starts the program, which it gets as `$0`, with the arguments.
  ///
  /// Its exit code is 137 where the program was killed.
  static func run(
    script: String, _ arguments: [String], in folder: TemporaryFolder
  ) async throws -> Run {
    try await run(
      executable: "/bin/bash", ["-c", script + "; exit $?", path] + arguments, in: folder)
  }

  /// Runs the program and watches how much memory it comes to hold.
  ///
  /// - Returns: `peakMemory` in MiB, as of a moment before the end.
  static func runWatchingMemory(
    _ arguments: [String], in folder: TemporaryFolder
  ) async throws -> (run: Run, peakMemory: Int) {
    let script = """
      "$0" "$@" & process=$! peak=0 last=1
      while [[ -n "$last" ]]; do
        last=
        while read -r key value _; do
          if [[ "$key" == VmHWM: ]]; then last=$value peak=$value; fi
        done < /proc/$process/status
      done 2> /dev/null
      wait $process; code=$?
      echo "$peak" > memory
      exit $code
      """
    let run = try await run(executable: "/bin/bash", ["-c", script, path] + arguments, in: folder)
    let text = try folder.text(of: "memory")
    try folder.remove("memory")
    guard let peak = Int(text.filter(\.isNumber)) else {
      throw UnexpectedEnd(description: "found “\(text)”, expected the memory that was used")
    }
    return (run, peak >> 10)
  }

  /// Runs the program and writes what it holds, ten times a second, to the file `samples`.
  ///
  /// A line has the resident memory in KiB, open descriptors, threads, and milliseconds since the start.
  static func runSampling(
    _ arguments: [String], in folder: TemporaryFolder
  ) async throws -> Run {
    let script = """
      "$0" "$@" & process=$!
      start=$(date +%s%3N)
      while kill -0 $process; do
        files=(/proc/$process/fd/*)
        while read -r key value _; do
          case $key in VmRSS:) memory=$value ;; Threads:) threads=$value ;; esac
        done < /proc/$process/status
        echo "$memory ${#files[@]} $threads $(($(date +%s%3N) - start))"
        sleep 0.1
      done > samples 2> /dev/null
      wait $process
      """
    return try await run(executable: "/bin/bash", ["-c", script, path] + arguments, in: folder)
  }

  /// Runs the program and kills it after some seconds, unless it has ended by then.
  static func kill(
    _ arguments: [String], in folder: TemporaryFolder, after seconds: Double
  ) async throws {
    let script = """
      "$0" "$@" > /dev/null 2>&1 & process=$!
      sleep \(seconds); kill -KILL $process; wait $process; exit 0
      """
    _ = try await run(executable: "/bin/bash", ["-c", script, path] + arguments, in: folder)
  }

  /// Runs the program with other variables of the environment.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, environment: [String: String]
  ) async throws -> Run {
    let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
    return try await run(executable: "/usr/bin/env", variables + [path] + arguments, in: folder)
  }

  /// Runs the program with a standard error whose reader leaves after the first line.
  static func runWithLeavingReader(
    _ arguments: [String], in folder: TemporaryFolder
  ) async throws -> Run {
    let script = "exec \"$0\" \"$@\" 2> >(exec head -n 1 > /dev/null)"
    return try await run(executable: "/bin/bash", ["-c", script, path] + arguments, in: folder)
  }

  private static func run(
    executable: String, _ arguments: [String], in folder: TemporaryFolder, home: String? = nil
  ) async throws -> Run {
    try await ProcessSlots.shared.withSlot {
      let result = try await Subprocess.run(
        .path(filePath(executable)), arguments: Arguments(arguments),
        environment: .inherit.updating(["HYPERMARCH_HOME": home]),
        workingDirectory: filePath(folder.path), output: .string(limit: 1 << 20),
        error: .string(limit: 1 << 20))
      return Run(
        exitCode: try exitCode(result.terminationStatus), output: result.standardOutput,
        errors: result.standardError)
    }
  }

  /// What a run did whose progress was watched.
  struct WatchedRun: Sendable {
    let run: Run
    /// From the start to the first line on standard error.
    let firstLineDelay: Duration?
  }

  /// Runs the program, and sends it a signal after each of the given beginnings of lines of progress.
  ///
  /// - Parameter signals: in order; each is sent once, after the first line since the one before that
  ///   begins so.
  static func watch(
    _ arguments: [String], in folder: TemporaryFolder,
    sending signals: [(afterLine: String, signal: Subprocess.Signal)] = []
  ) async throws -> WatchedRun {
    try await ProcessSlots.shared.withSlot {
      let start = ContinuousClock.now
      let result = try await Subprocess.run(
        .path(filePath(path)), arguments: Arguments(arguments),
        workingDirectory: filePath(folder.path), input: .none, output: .string(limit: 1 << 20),
        error: .sequence
      ) { execution in
        var lines: [String] = []
        var delay: Duration?
        var rest = signals[...]
        for try await line in execution.standardError.strings() {
          delay = delay ?? (ContinuousClock.now - start)
          lines.append(line)
          guard let next = rest.first, line.hasPrefix(next.afterLine) else { continue }
          try execution.send(signal: next.signal)
          rest.removeFirst()
        }
        return (lines: lines, delay: delay)
      }
      return WatchedRun(
        run: Run(
          exitCode: try exitCode(result.terminationStatus), output: result.standardOutput,
          errors: result.closureResult.lines.map { $0 + "\n" }.joined()),
        firstLineDelay: result.closureResult.delay)
    }
  }

  /// Runs the program, and sends it a signal some time after a line of progress.
  ///
  /// - Parameter again: the milliseconds after which SIGTERM follows; nil for no second signal.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, sending signal: Subprocess.Signal,
    afterLine beginning: String, milliseconds: Int, again: Int? = nil
  ) async throws -> Run {
    try await ProcessSlots.shared.withSlot {
      let result = try await Subprocess.run(
        .path(filePath(path)), arguments: Arguments(arguments),
        workingDirectory: filePath(folder.path), input: .none, output: .string(limit: 1 << 20),
        error: .sequence
      ) { execution in
        var lines: [String] = []
        var isSent = false
        for try await line in execution.standardError.strings() {
          lines.append(line)
          guard !isSent, line.hasPrefix(beginning) else { continue }
          isSent = true
          try await Task.sleep(for: .milliseconds(milliseconds))
          // The program may have ended by now.
          try? execution.send(signal: signal)
          if let again {
            try await Task.sleep(for: .milliseconds(again))
            try? execution.send(signal: .terminate)
          }
        }
        return lines
      }
      return Run(
        exitCode: try exitCode(result.terminationStatus), output: result.standardOutput,
        errors: result.closureResult.map { $0 + "\n" }.joined())
    }
  }

  private static func exitCode(_ status: TerminationStatus) throws -> Int32 {
    guard case .exited(let code) = status else {
      throw UnexpectedEnd(description: "found \(status), expected the program to exit by itself")
    }
    return code
  }

  private struct UnexpectedEnd: Error, CustomStringConvertible {
    let description: String
  }

  /// A path of the type that swift-subprocess asks for, which is another package's.
  private static func filePath<Path: ExpressibleByStringLiteral>(_ path: String) -> Path
  where Path.StringLiteralType == String {
    Path(stringLiteral: path)
  }
}

/// Lets few processes run at a time, however many tests run: each works with several threads, and
/// tests of time should not wait for the others.
private actor ProcessSlots {
  static let shared = ProcessSlots()

  private var freeCount = 2
  private var waiting: [CheckedContinuation<Void, Never>] = []

  nonisolated func withSlot<Value: Sendable>(
    _ body: () async throws -> Value
  ) async throws -> Value {
    await take()
    do {
      let value = try await body()
      await giveBack()
      return value
    } catch {
      await giveBack()
      throw error
    }
  }

  private func take() async {
    guard freeCount == 0 else {
      freeCount -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func giveBack() {
    if waiting.isEmpty {
      freeCount += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}
