import Checkpoints
import Datasets
import Files
import Imaging
import Sequences

/// A reader of files or texts from outside, given bytes that may be anything.
///
/// Whatever the bytes are, a reader must return or throw an error of one short line. What it returns
/// must say the same when it is written and read again, where there is a writer.
package enum ReaderEntry: String, CaseIterable, Sendable {
  case safetensors
  case latent
  case png
  case transforms
  case timeline
  case scene
  case cameraPath = "camera-path"
  case framePattern = "frame-pattern"

  /// What a reader did.
  package enum Outcome: Equatable, Sendable {
    case accepted
    /// With the error's line.
    case refused(String)
  }

  /// A name in the place of a path; nothing there can be opened.
  private static let path = "/dev/null/file"

  /// The longest error, bytes: a path, and what stands beside it.
  private static let lineLimit = 2000

  /// Reads bytes.
  ///
  /// - Precondition: the reader keeps its promises; a program that looks for files that break them
  ///   wants to be stopped there.
  @discardableResult
  package func read(_ bytes: [UInt8]) -> Outcome {
    do {
      switch self {
      case .safetensors: try Self.safetensors(bytes)
      case .latent: _ = try LatentFile.decode(bytes, path: Self.path, checksums: .checkedIfPresent)
      case .png: try Self.png(bytes)
      case .transforms:
        _ = try TransformsFrame.all(
          inTransforms: bytes, path: Self.path, folder: "/dev/null")
      case .timeline: _ = try Timeline(json: bytes, path: Self.path)
      case .scene: _ = try SceneDescription(json: bytes, path: Self.path)
      case .cameraPath: _ = try CameraPathFile(json: bytes, path: Self.path)
      case .framePattern: try Self.framePattern(String(decoding: bytes, as: UTF8.self))
      }
      return .accepted
    } catch {
      let line = "\(error)"
      precondition(
        line == line.onOneLine && (1...Self.lineLimit).contains(line.utf8.count),
        "found an error of \(line.utf8.count) bytes, expected one short line")
      return .refused(line)
    }
  }

  private static func safetensors(_ bytes: [UInt8]) throws {
    let file = try Safetensors.decode(bytes, path: path)
    var written = file
    // The writer's own.
    written.metadata["format"] = nil
    let copy = try Safetensors.decode(Safetensors.encode(written, path: path), path: path)
    written.metadata["format"] = "pt"
    precondition(
      Set(copy.tensors.map(\.name)) == Set(file.tensors.map(\.name))
        && copy.metadata == written.metadata,
      "found another file after writing and reading, expected the same")
    _ = try Checkpoint.decode(bytes, path: path)
  }

  private static func png(_ bytes: [UInt8]) throws {
    _ = try? PNGChunkList(bytes, path: path).text("hypermarch")
    _ = try? PNGFile.decodeReduced(
      withChecksums(bytes), path: path, toSide: 4, memoryLimit: pictureMemory)
    do {
      _ = try PNGFile.decode(bytes, path: path, memoryLimit: pictureMemory)
    } catch {
      // Once more as if the check sums of the chunks were right, which else hide what is behind them.
      let repaired = withChecksums(bytes)
      if repaired == bytes { throw error }
      _ = try PNGFile.decode(repaired, path: path, memoryLimit: pictureMemory)
    }
  }

  /// For pictures, bytes: small, for many inputs a second.
  private static let pictureMemory = 4 << 20

  /// The bytes with the right check sum behind each chunk of a PNG file.
  package static func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    var offset = 8
    while result.count - offset >= 12 {
      let length = result[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= result.count - offset - 12 else { break }
      let end = offset + 8 + length
      let sum = CRC32.checksum(of: result.span.extracting(offset + 4..<end))
      for byte in 0..<4 { result[end + byte] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * byte)) }
      offset = end + 4
    }
    return result
  }

  /// The texts of options that name frames, scenes and their sums.
  private static func framePattern(_ text: String) throws {
    if let selection = FrameSelection(text), case .listed(let list) = selection {
      precondition(
        zip(list.frames, list.frames.dropFirst()).allSatisfy(<),
        "found frames out of order, expected each once and ascending")
    }
    _ = Shard(text)
    if let mix = try? LatentMix(parsing: text, names: ["car", "red car", "3*x"]) {
      precondition(!mix.parts.isEmpty, "found no parts, expected some")
    }
    let pattern = try FramePattern(text)
    precondition(
      pattern.path(of: 1) != pattern.path(of: 2), "found one name, expected one for each frame")
  }
}
