import Checkpoints
import Datasets
import Files
import Foundation
import Imaging
import Sequences

/// The files that are made of a sequence's frames.
///
/// Each says of which sequence it was made, so that the same command again leaves it alone,
/// and another one does not take its place.
struct SequenceExtras {
  private static let keyword = "hypermarch_sequence"
  /// Of files that are looked into, bytes.
  private static let byteLimit = 1 << 30

  private let options: SequenceExtrasOptions
  /// The checksum of the sequence.
  private let key: String
  private let overwriting: Bool
  /// Files that are there already, made of the same sequence.
  private var present: Set<String> = []

  /// Looks at what has the files' names.
  ///
  /// - Throws: `CommandFailure` where another file is in the way.
  init(_ options: SequenceExtrasOptions, sequence key: String, overwriting: Bool) throws {
    self.options = options
    self.key = key
    self.overwriting = overwriting
    for path in options.files where !overwriting {
      guard FileManager.default.fileExists(atPath: path) else { continue }
      guard path == options.video ? hasComment(path) : self.key(ofFile: path) == key else {
        throw CommandFailure(
          "\(path): found an existing file, expected a free name or one made of the same sequence: "
            + "use --overwrite to replace it", .cannotCreate)
      }
      present.insert(path)
    }
  }

  /// A checksum of all that decides a sequence's pictures.
  static func key(
    of frames: [SequenceRendering.Frame], framesPerSecond: Double, signals: InterruptSignals
  ) throws -> String {
    var checksum = CRC32()
    for frame in frames {
      try signals.check()
      checksum.update(Array(frame.settings.text.utf8).span)
    }
    checksum.update(Array("\(framesPerSecond)".utf8).span)
    return checksum.digits
  }

  /// What a file says of which sequence it was made; nil where it says nothing.
  private func key(ofFile path: String) -> String? {
    guard path == options.report else {
      return try? PNGChunkList(reading: path).text(Self.keyword)
    }
    guard let bytes = try? FileReader.bytes(at: path, limit: Self.byteLimit),
      case .object(let members) = try? StrictJSON(parsing: bytes),
      case .string(let text) = members.first(where: { $0.key == "sequence" })?.value
    else { return nil }
    return text
  }

  /// What a video says.
  private var comment: String { "\(Self.keyword)=\(key)" }

  /// Whether the comment stands anywhere in a video.
  private func hasComment(_ path: String) -> Bool {
    guard let bytes = try? FileReader.bytes(at: path, limit: Self.byteLimit) else { return false }
    return bytes.firstRange(of: Array(comment.utf8)) != nil
  }

  private var text: [PNGTextEntry] {
    [
      PNGTextEntry(keyword: "Software", text: Hypermarch.programName),
      PNGTextEntry(keyword: Self.keyword, text: key),
    ]
  }

  private func isWanted(_ path: String?) -> String? {
    path.flatMap { present.contains($0) ? nil : $0 }
  }

  /// Makes all that is asked for and not there.
  ///
  /// - Parameter frames: files, in order.
  /// - Returns: the files that are asked for.
  /// - Throws: `CommandFailure`, also after a signal: files that are done stay.
  func write(
    _ frames: [String], plan: SequencePlan, probe: SequenceProbe, signals: InterruptSignals,
    isQuiet: Bool
  ) throws -> [String] {
    if let path = isWanted(options.animation) {
      try writeAnimation(
        of: frames, framesPerSecond: plan.framesPerSecond, to: path, signals: signals)
    }
    try signals.check()
    if let path = isWanted(options.contactSheet) {
      try CommandFailure.wrapping {
        let pictures = try ContactSheet.places(of: frames.count).map {
          // Frames of any size that is rendered.
          ContactSheet.reduced(try PNGFile.read(frames[$0], memoryLimit: .max))
        }
        try PNGFile.write(
          ContactSheet.sheet(of: pictures), to: path, text: text, overwriting: overwriting)
      }
    }
    try signals.check()
    if isWanted(options.report) != nil || isWanted(options.plot) != nil {
      try writeReport(of: plan, probe: probe, isQuiet: isQuiet)
    }
    try signals.check()
    if let path = isWanted(options.video) {
      try VideoProgram().encode(
        frames, framesPerSecond: plan.framesPerSecond, comment: comment, to: path,
        overwriting: overwriting, signals: signals)
    }
    return [
      options.animation, options.contactSheet, options.report, options.plot, options.video,
    ].compactMap(\.self)
  }

  private func writeReport(of plan: SequencePlan, probe: SequenceProbe, isQuiet: Bool) throws {
    let health = ProgressReporter.waiting(for: "measuring the path", isQuiet: isQuiet) {
      SequenceHealth(
        of: plan.path, sequence: key, framesPerSecond: plan.framesPerSecond, probe: probe)
    }
    try CommandFailure.wrapping {
      if let path = isWanted(options.report) {
        try FileWriter.write(
          Array((Terminal.json(health) + "\n").utf8), to: path, overwriting: overwriting)
      }
      if let path = isWanted(options.plot) {
        try PNGFile.write(
          HealthPlot.picture(of: health), to: path, text: text, overwriting: overwriting)
      }
    }
  }

  private func writeAnimation(
    of frames: [String], framesPerSecond: Double, to path: String, signals: InterruptSignals
  ) throws {
    var builder = AnimatedPNG.Builder(frameCount: frames.count, framesPerSecond: framesPerSecond)
    for frame in frames {
      try signals.check()
      let chunks = try CommandFailure.wrapping { try PNGChunkList(reading: frame) }
      do {
        try builder.append(chunks)
      } catch {
        switch error {
        case .otherShape:
          throw CommandFailure(
            "\(frame): found a picture of another size or kind than the first frame, "
              + "expected the same", .badData)
        case .tooLarge(let byteCount):
          throw CommandFailure(
            "\(path): found \(byteCount) bytes of frames, expected at most "
              + "\(AnimatedPNG.byteLimit): use --video", .cannotCreate)
        }
      }
    }
    try CommandFailure.wrapping {
      try FileWriter.write(builder.bytes(text: text), to: path, overwriting: overwriting)
    }
  }
}
