import Checkpoints
import Foundation
import Testing

import enum TestSupport.Robustness

/// A command that is given a file that is made to break it.
struct HostileFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// The command, beside a good model `model.safetensors` in the working folder.
  let command: [String]
  /// The file's name and what it holds, of the good model's bytes.
  let name: String
  let bytes: @Sendable ([UInt8]) throws -> [UInt8]

  init(
    _ description: String, _ command: [String], at name: String,
    _ bytes: @escaping @Sendable ([UInt8]) throws -> [UInt8]
  ) {
    testDescription = description
    self.command = command
    self.name = name
    self.bytes = bytes
  }
}

@Suite("Hostile files")
struct HostileFilesTests {
  /// What a model may be instead.
  static let badModels: [(name: String, bytes: @Sendable ([UInt8]) -> [UInt8])] = [
    ("nothing", { _ in [] }),
    ("a header of 2⁶³ bytes", { _ in safetensors([], length: 1 << 63) }),
    ("16 MiB of brackets", { _ in safetensors(repeated("[", 16 << 20)) }),
    ("16 MiB of keys", { _ in safetensors(object { "\"\($0)\":{}" }) }),
    (
      "16 MiB of texts",
      { _ in safetensors("{\"__metadata__\":" + object { "\"\($0)\":\"\"" } + "}") }
    ),
    (
      "16 MiB of extents",
      { _ in safetensors("{\"a\":{\"shape\":[" + repeated("0,", 15 << 20) + "0]}}") }
    ),
    (
      "a tensor of 65,536 by 65,536",
      { _ in safetensors(tensor("[65536,65536]", end: 1 << 34)) }
    ),
    ("a tensor of −1", { _ in safetensors(tensor("[-1,4]", end: 0)) }),
    ("a tensor of 0 by 5", { _ in safetensors(tensor("[0,5]", end: 0)) }),
    (
      "a configuration of lists",
      { _ in
        safetensors("{\"__metadata__\":{\"hypermarch\":\"" + repeated("[", 3 << 20) + "\"}}")
      }
    ),
    (
      "a configuration of numbers",
      { _ in
        safetensors(
          "{\"__metadata__\":{\"hypermarch\":\"{\\\"format_version\\\":["
            + repeated("0,", 3 << 20) + "0]}\"}}")
      }
    ),
    ("a key of 8 MiB", { _ in safetensors("{\"" + repeated("k", 8 << 20) + "\":{}}") }),
    (
      "keys of marks that Unicode orders",
      { _ in safetensors("{\"a" + marks + "\":{},\"a" + marks + "x\":{}}") }
    ),
    ("half a model", { Array($0[..<($0.count / 2)]) }),
    (
      "a model with a flipped bit",
      { model in model.indices.map { model[$0] ^ ($0 == 9000 ? 4 : 0) } }
    ),
    ("a picture", { _ in picture(1, 1) }),
  ]

  static let badPictures: [(name: String, bytes: @Sendable ([UInt8]) -> [UInt8])] = [
    ("0×5", { _ in picture(0, 5) }), ("5×0", { _ in picture(5, 0) }),
    ("−1×5", { _ in picture(0xFFFF_FFFF, 5) }), ("65,536²", { _ in picture(65_536, 65_536) }),
    ("1×65,536", { _ in picture(1, 65_536) }), ("16,384×4,096", { _ in picture(16_384, 4096) }),
    ("no picture", { $0 }),
  ]

  static let badTexts: [(name: String, text: String)] = [
    ("endless lists", repeated("[", 1 << 20)),
    ("very many lists", "[" + repeated("[],", 6 << 20)),
    ("very many frames", "{\"frames\":[" + repeated("{},", 6 << 20) + "{}]}"),
    ("a long line", "{\"frames\":\"" + repeated("x", 8 << 20) + "\"}"),
    ("very many long numbers", "[" + repeated("0.12345678901234567890,", 32 << 20) + "0]"),
    ("very many strings", "[" + repeated("\"0123456789abcdef\",", 30 << 20) + "0]"),
    (
      "a picture's name of 30 MiB",
      "{\"fl_x\":5,\"frames\":[{\"file_path\":\"" + repeated("x", 30 << 20) + "\"}]}"
    ),
    ("a key of marks that Unicode orders", "{\"a" + marks + "\":0,\"a" + marks + "x\":0}"),
    ("a mark of its encoding", "\u{FEFF}{}"),
    ("a zero", "{\u{0}}"),
    ("an infinite angle", "{\"camera_angle_x\":1e999,\"frames\":[]}"),
    ("a key twice", "{\"frames\":[],\"frames\":[]}"),
    ("a width of 65,536", "{\"w\":65536,\"h\":1,\"fl_x\":1,\"frames\":[]}"),
    (
      "65,536² pixels",
      "{\"hypermarch_timeline\":1,\"size\":[65536,65536],\"latent\":[{\"time\":0,\"scene\":\"mean\"}]}"
    ),
    (
      "a picture of another folder",
      "{\"camera_angle_x\":1,\"frames\":[{\"file_path\":\"../../etc/passwd\"}]}"
    ),
  ]

  static let cases: [HostileFile] = {
    var cases: [HostileFile] = []
    for (name, bytes) in badModels {
      let commands = [
        ["info", "bad"], ["render", "bad", "-o", "out.png"], ["evaluate", "bad", Fixtures.cars],
        ["interpolate", "bad", "-o", "f_##.png"],
      ]
      for command in commands {
        cases.append(HostileFile("\(command[0]): \(name)", command, at: "bad", bytes))
      }
    }
    for (name, bytes) in badPictures {
      let command = ["fit", "model.safetensors", "bad.png", "-o", "x.latent.safetensors"]
      cases.append(HostileFile("fit: a picture of \(name)", command, at: "bad.png", bytes))
    }
    for (name, text) in badTexts {
      let timeline = [
        "interpolate", "model.safetensors", "--timeline", "bad.json", "-o", "f_##.png",
      ]
      let commands = [
        (["inspect", "."], "transforms.json"), (timeline, "bad.json"),
        (["render", "bad.json", "-o", "out.png"], "bad.json"),
      ]
      for (command, file) in commands {
        cases.append(
          HostileFile("\(command[0]): \(name)", command, at: file) { _ in Array(text.utf8) })
      }
    }
    return cases
  }()

  @Test(
    "Promise 2: loading any file, however broken or hostile, ends in a result or one clear line")
  func promise() async throws {
    let model = try await Fixtures.model()
    let idle = try await withTemporaryFolder { folder in
      try folder.put(model, at: "model.safetensors")
      return try await Program.runWatchingMemory(["info", "model.safetensors"], in: folder)
        .peakMemory
    }
    // A share of each kind, and always the same.
    let step = Robustness.cases(quick: 5, all: 1)
    let moreStep = Robustness.cases(quick: 15, all: 1)
    let chosen =
      Self.cases.enumerated().filter { $0.offset % step == 0 }.map(\.element)
      + Self.moreCases.enumerated().filter { $0.offset % moreStep == 0 }.map(\.element)
    var outcomes: [Outcome] = []
    for hostile in chosen { outcomes.append(try await Self.outcome(of: hostile, model: model)) }
    // MiB; with a sanitizer, which has memory of its own, any number.
    let limit = Robustness.isSanitized ? Int.max : 64
    for (hostile, outcome) in zip(chosen, outcomes) {
      let rise = outcome.peakMemory - idle - outcome.fileSize
      #expect(outcome.isKept, "\(hostile.testDescription): \(outcome.errors)")
      #expect(rise <= limit, "\(hostile.testDescription): \(outcome.peakMemory) MiB, idle \(idle)")
    }
    let rises = outcomes.map { $0.peakMemory - idle - $0.fileSize }
    let failures = zip(outcomes, rises).count { !$0.isKept || $1 > limit }
    let greatest = rises.max() ?? 0
    Robustness.record(
      "hostile files by command", cases: chosen.count, failures: failures,
      note: "at most \(greatest) MiB beyond an idle run and the file")
  }

  private struct Outcome: Sendable {
    /// Whether the promise's words about the end were kept, and nothing was left behind.
    let isKept: Bool
    /// The exit code and the beginning of what was said.
    let errors: String
    /// MiB, as `fileSize`.
    let peakMemory: Int
    let fileSize: Int
  }

  private static func outcome(
    of hostile: HostileFile, model: [UInt8]
  ) async throws -> Outcome {
    let bytes = try hostile.bytes(model)
    return try await withTemporaryFolder { folder in
      try folder.put(model, at: "model.safetensors")
      try await surround(folder)
      try folder.put(bytes, at: hostile.name)
      let before = try folder.names()
      let (run, peak) = try await Program.runWatchingMemory(hostile.command, in: folder)
      let lines = run.errorLines
      let isRefused =
        run.exitCode == 65 && run.output.isEmpty && lines.count == 1
        && lines[0].hasPrefix("error: ") && lines[0].utf8.count < 1000
      let isClean = try folder.names() == before
      return Outcome(
        isKept: run.exitCode == 0 || (isRefused && isClean),
        errors: "exit code \(run.exitCode): \(run.errors.prefix(1000))", peakMemory: peak,
        fileSize: bytes.count >> 20)
    }
  }

  @Test(
    "a size that no picture has is refused before anything is made",
    arguments: [
      "0x5", "5x0", "-1x5", "65536x65536", "1x65536", "4294967296x1", "9999999999999999999x1",
    ])
  func sizes(size: String) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "model.safetensors")
      let (run, peak) = try await Program.runWatchingMemory(
        ["render", "model.safetensors", "--size=\(size)", "-o", "out.png"], in: folder)
      #expect(run.exitCode == 64 && run.errorLines.count == 1, "\(run.errors)")
      #expect(try folder.names() == ["model.safetensors"])
      Robustness.record(
        "sizes as options", cases: 1, failures: run.exitCode == 64 ? 0 : 1, note: "\(peak) MiB"
      )
    }
  }
}

/// 160 KB that take a minute to compare with a like text.
private let marks = repeated("\u{301}\u{316}", 160_000)

private func repeated(_ text: String, _ byteCount: Int) -> String {
  String(repeating: text, count: byteCount / text.utf8.count)
}

/// An object of about 15 MiB, with members by their number.
private func object(_ member: (Int) -> String) -> String {
  "{" + (0..<(15 << 20) / 12).map(member).joined(separator: ",") + "}"
}

private func tensor(_ shape: String, end: Int) -> String {
  "{\"a\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[0,\(end)]}}"
}

private func safetensors(_ header: String) -> [UInt8] {
  safetensors(Array(header.utf8), length: UInt64(header.utf8.count))
}

private func safetensors(_ header: [UInt8], length: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header
}

/// A picture with a header of this size, and pixels of zeros that would be enough for many.
private func picture(_ width: UInt32, _ height: UInt32) -> [UInt8] {
  func number(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
  func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
    let named = Array(name.utf8) + contents
    return number(UInt32(contents.count)) + named + number(CRC32.checksum(of: named.span))
  }
  return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    + chunk("IHDR", number(width) + number(height) + [8, 6, 0, 0, 0])
    + chunk("IDAT", [UInt8](repeating: 0, count: 300_000)) + chunk("IEND", [])
}
