import CPNG
package import Files

/// A PNG file whose rows come bit by bit; it gets its name only when all of them are there.
///
/// Memory does not grow with the picture's height. A stream whose life ends before it is published
/// leaves nothing behind.
package final class PNGStream {
  package let path: String

  /// Rows that are still to come.
  package private(set) var missingRowCount: Int

  private let width: Int
  private let height: Int
  private let channelCount: Int
  private let file: PendingFile
  private let encoder: PNGEncoder

  /// Creates the file under a temporary name, and writes what comes before the pixels.
  ///
  /// - Parameters:
  ///   - width: pixels, as `height`; at least 1 each.
  ///   - channelCount: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
  ///   - bitDepth: 8 or 16.
  ///   - text: at most 32 entries, stored in order before the pixels; ASCII as `tEXt`, other texts
  ///     as `iTXt`, neither compressed.
  ///   - overwriting: whether a file that has the name is replaced.
  /// - Throws: `PNGError.file`.
  package init(
    _ path: String, width: Int, height: Int, channelCount: Int, bitDepth: Int = 8,
    text: [PNGTextEntry] = [], overwriting: Bool = false
  ) throws(PNGError) {
    precondition(
      width > 0 && height > 0 && (1...4).contains(channelCount),
      "found \(width)×\(height)×\(channelCount), expected a positive size and 1…4 channels")
    precondition(bitDepth == 8 || bitDepth == 16, "found bit depth \(bitDepth), expected 8 or 16")
    precondition(text.count <= 32, "found \(text.count) texts, expected at most 32")
    for entry in text { entry.checkWritable() }
    self.path = path
    self.width = width
    self.height = height
    self.channelCount = channelCount
    missingRowCount = height
    do {
      file = try PendingFile(path, overwriting: overwriting)
    } catch {
      throw .file(error)
    }
    do {
      encoder = try file.write { (file) throws(PNGEncoder.Failure) in
        let encoder = try PNGEncoder(file)
        for entry in text { try encoder.add(entry) }
        try encoder.writeHeader(
          cpng_shape(
            width: UInt32(width), height: UInt32(height), channel_count: Int32(channelCount),
            bit_depth: Int32(bitDepth)))
        return encoder
      }
    } catch {
      throw .file(file.writeFailure(error.reason))
    }
  }

  /// Writes the next rows.
  ///
  /// - Parameter rows: as wide as the picture and with its channels.
  /// - Throws: `PNGError.file`, also where there are more rows than the picture has.
  package func append(_ rows: Image) throws(PNGError) {
    precondition(
      rows.width == width && rows.channelCount == channelCount,
      "found rows of \(rows.width)×\(rows.channelCount), expected \(width)×\(channelCount)")
    guard rows.height <= missingRowCount else {
      throw failure("found \(height - missingRowCount + rows.height) rows, expected \(height)")
    }
    do {
      try file.write { (_) throws(PNGEncoder.Failure) in
        try encoder.writeRows(rows.samples, sampleCount: width * channelCount)
      }
    } catch {
      throw failure(error.reason)
    }
    missingRowCount -= rows.height
  }

  /// Gives files their names, in order, once all of them are whole.
  ///
  /// Where one of them is not, none gets its name.
  ///
  /// - Throws: `PNGError.file`, also where rows are missing.
  package static func publish(_ streams: [PNGStream]) throws(PNGError) {
    var files: [PendingFile] = []
    for stream in streams { files.append(try stream.finish()) }
    do {
      try PendingFile.publish(files)
    } catch {
      throw .file(error)
    }
  }

  /// Writes what comes after the last row.
  ///
  /// - Returns: the file, which still waits for its name, to be published with others.
  /// - Throws: `PNGError.file`, also where rows are missing.
  package func finish() throws(PNGError) -> PendingFile {
    guard missingRowCount == 0 else {
      throw failure("found \(height - missingRowCount) rows, expected \(height)")
    }
    do {
      try file.write { (_) throws(PNGEncoder.Failure) in try encoder.finish() }
    } catch {
      throw failure(error.reason)
    }
    return file
  }

  private func failure(_ reason: String) -> PNGError {
    .file(file.writeFailure(reason))
  }
}
