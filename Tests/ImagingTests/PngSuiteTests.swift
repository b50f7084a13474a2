import Files
import Foundation
import Imaging
import TestSupport
import Testing

/// Willem van Schaik's PngSuite (http://www.schaik.com/pngsuite) and files broken on purpose, where
/// `HYPERMARCH_PNGSUITE` names a folder with `valid` and `broken`; the pictures are not the package's.
@Suite(
  "PngSuite", .enabled(if: ProcessInfo.processInfo.environment["HYPERMARCH_PNGSUITE"] != nil))
struct PngSuiteTests {
  private static var folder: String {
    ProcessInfo.processInfo.environment["HYPERMARCH_PNGSUITE"] ?? ""
  }

  /// Name, size and CRC-32 of the 8-bit RGBA of each file, as a decoder of another make has them.
  private static func expectations() throws -> [[String]] {
    let file = Bundle.module.bundleURL.appendingPathComponent("Fixtures/pngsuite.txt")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
  }

  @Test("every valid file has the pixels of another decoder")
  func valid() throws {
    let rows = try Self.expectations()
    var failures = 0
    for row in rows {
      let image = try PNGFile.read("\(Self.folder)/valid/\(row[0])")
      let found = "\(image.width)x\(image.height) \(hexadecimal(crc32(Self.rgba(image))))"
      #expect(found == "\(row[1]) \(row[2])", "\(row[0])")
      if found != "\(row[1]) \(row[2])" { failures += 1 }
    }
    Robustness.record("PngSuite: valid", cases: rows.count, failures: failures)
  }

  @Test("every broken file is refused with one line")
  func broken() throws {
    let files = try names(in: "\(Self.folder)/broken").filter { $0.hasSuffix(".png") }
    #expect(!files.isEmpty)
    var failures = 0
    for file in files {
      let error = #expect(throws: PNGError.self, "\(file)") {
        try PNGFile.read("\(Self.folder)/broken/\(file)")
      }
      guard let error else {
        failures += 1
        continue
      }
      #expect(error.description == error.description.onOneLine)
    }
    Robustness.record("PngSuite: broken", cases: files.count, failures: failures)
  }

  private static func rgba(_ image: Image) -> [UInt8] {
    (0..<image.width * image.height).flatMap { pixel in
      let own = image.samples[pixel * image.channelCount..<(pixel + 1) * image.channelCount]
        .map { UInt8(($0 * 255).rounded()) }
      return switch own.count {
      case 1: [own[0], own[0], own[0], 255]
      case 2: [own[0], own[0], own[0], own[1]]
      case 3: own + [255]
      default: own
      }
    }
  }

  private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
