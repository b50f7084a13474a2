import Files
import Foundation
import Fuzzing
import TestSupport
import Testing

/// Inputs that once broke a reader, or led somewhere new in it, read again without a sanitizer.
@Suite("Corpora")
struct CorpusTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fuzzing/Corpora").path

  private static func inputs(of entry: ReaderEntry) throws -> [[UInt8]] {
    try names(in: "\(folder)/\(entry.rawValue)").map {
      try FileReader.bytes(at: "\(folder)/\(entry.rawValue)/\($0)", limit: 1 << 20)
    }
  }

  @Test("every input of a corpus is read or refused with one line", arguments: ReaderEntry.allCases)
  func replay(entry: ReaderEntry) throws {
    let inputs = try Self.inputs(of: entry)
    #expect(!inputs.isEmpty)
    let accepted = inputs.count { entry.read($0) == .accepted }
    // What only ever refuses has not been tried.
    #expect(accepted > 0)
  }

  @Test(
    "a reader takes any change of a few bytes without a trap, and within a second",
    arguments: ReaderEntry.allCases)
  func changes(entry: ReaderEntry) throws {
    let inputs = try Self.inputs(of: entry).filter { $0.count <= 4096 }
    var random = ByteChanges(seed: 5)
    let count = Robustness.cases(quick: 500, all: 20_000)
    // One that traps ends the run.
    var slowCount = 0
    for index in 0..<count {
      let bytes = random.changed(
        inputs[index % inputs.count], and: inputs[(index * 7) % inputs.count])
      let start = ContinuousClock.now
      entry.read(bytes)
      if .now - start >= .seconds(1) { slowCount += 1 }
    }
    #expect(slowCount == 0)
    Robustness.record("random changes: \(entry.rawValue)", cases: count, failures: slowCount)
  }
}

/// Random changes of bytes, the same in every run.
struct ByteChanges: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ state >> 29) &* 0x9E37_79B9_7F4A_7C15
  }

  /// One to eight bits flipped, bytes replaced, pieces left out, doubled or taken from another input.
  mutating func changed(_ input: [UInt8], and other: [UInt8]) -> [UInt8] {
    var bytes = input
    for _ in 0..<Int.random(in: 1...8, using: &self) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &self)
      let end = min(place + Int.random(in: 1...16, using: &self), bytes.count)
      switch Int.random(in: 0..<6, using: &self) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &self)
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 4:
        let tokens = ["0", "-1", "1e999", "[", "]", "{", "}", ",", "\"", "\\u0000", "4294967296"]
        bytes.replaceSubrange(
          place..<end, with: tokens.randomElement(using: &self)?.utf8 ?? "".utf8)
      default:
        guard !other.isEmpty else { break }
        let start = Int.random(in: other.indices, using: &self)
        bytes.insert(contentsOf: other[start..<min(start + 16, other.count)], at: place)
      }
    }
    return bytes
  }
}
