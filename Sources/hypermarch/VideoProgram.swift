import Files
import Foundation
import Synchronization

/// The program ffmpeg, which makes videos of frames.
///
/// It is found in PATH and started with a list of arguments, never by way of a shell.
struct VideoProgram {
  private let executable: URL

  /// What ffmpeg calls the kinds of video, by the endings of names.
  static let formats = [
    "mp4": "mp4", "m4v": "mp4", "mov": "mov", "mkv": "matroska", "webm": "webm", "avi": "avi",
  ]

  static func format(of path: String) -> String? {
    formats[URL(fileURLWithPath: path).pathExtension.lowercased()]
  }

  /// - Throws: `CommandFailure` where there is none.
  init() throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let candidates = folders.map { URL(fileURLWithPath: String($0) + "/ffmpeg") }
    guard
      let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
    else {
      throw CommandFailure(
        "--video: found no program ffmpeg in PATH, expected one: install it, or use --animation",
        .unavailable)
    }
    executable = found
  }

  /// Makes a video, whole or not at all.
  ///
  /// - Parameters:
  ///   - frames: PNG files of one size, in order.
  ///   - comment: stands in the file as it is.
  ///   - signals: end ffmpeg too.
  /// - Throws: `CommandFailure` with what ffmpeg said last, or after a signal.
  func encode(
    _ frames: [String], framesPerSecond: Double, comment: String, to path: String,
    overwriting: Bool, signals: InterruptSignals
  ) throws {
    guard let format = Self.format(of: path) else {
      preconditionFailure("found \(path), expected a name that ends as a video's")
    }
    let file = try CommandFailure.wrapping { try PendingFile(path, overwriting: overwriting) }
    let process = Process()
    process.executableURL = executable
    process.arguments = [
      "-hide_banner", "-nostats", "-loglevel", "error", "-f", "image2pipe", "-framerate",
      "\(framesPerSecond)", "-c:v", "png", "-i", "pipe:0",
      // Videos of the usual kind have even sides and no transparency.
      "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-f", format,
      "-metadata", "comment=" + comment, "-y",
      "file:" + file.temporaryPath,
    ]
    let input = Pipe()
    let errors = Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    let said = Said()
    errors.fileHandleForReading.readabilityHandler = { handle in
      // Reading keeps ffmpeg from waiting for a full pipe.
      said.append(handle.availableData)
    }
    do {
      try process.run()
    } catch {
      throw CommandFailure("\(executable.path): cannot be started: \(error)", .unavailable)
    }
    defer { if process.isRunning { process.terminate() } }
    try signals.whileRunning(process.processIdentifier) {
      for frame in frames {
        try signals.check()
        let bytes = try CommandFailure.wrapping {
          try FileReader.bytes(at: frame, limit: 512 << 20)
        }
        // Where ffmpeg has ended, what it said is told below.
        do { try input.fileHandleForWriting.write(contentsOf: Data(bytes)) } catch { break }
      }
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
    }
    errors.fileHandleForReading.readabilityHandler = nil
    try signals.check()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw CommandFailure(
        "\(path): ffmpeg ended with \(process.terminationStatus): \(said.lastLine)", .inputOutput)
    }
    try CommandFailure.wrapping { try file.publish() }
  }
}

/// What a program says while it runs, from any thread.
private final class Said: Sendable {
  private let data = Mutex(Data())

  func append(_ more: Data) { data.withLock { $0.append(more) } }

  var lastLine: String {
    let text = data.withLock { String(decoding: $0, as: UTF8.self) }
    return text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
  }
}
