import CPNG

extension PNGFile {
  /// Encodes a picture into an open file, row by row.
  static func encode(
    _ image: Image, to file: Int32, bitDepth: Int, text: [PNGTextEntry]
  ) throws(PNGWriterFailure) {
    let writer = try PNGWriter(file)
    for entry in text { try writer.add(entry) }
    try writer.writeHeader(
      cpng_shape(
        width: UInt32(image.width), height: UInt32(image.height),
        channel_count: Int32(image.channelCount), bit_depth: Int32(bitDepth)))
    let rowCount = image.width * image.channelCount
    for row in 0..<image.height {
      let samples = image.samples[row * rowCount..<(row + 1) * rowCount]
      if bitDepth == 16 {
        try writer.writeRow(samples.map { UInt16(stored($0, greatest: 65_535)) })
      } else {
        try writer.writeRow(samples.map { UInt8(stored($0, greatest: 255)) })
      }
    }
    try writer.finish()
  }

  /// A sample in [0, 1] as a stored number, a half rounded up.
  private static func stored(_ sample: Float, greatest: Float) -> Float {
    sample.isFinite ? (min(max(sample, 0), 1) * greatest + 0.5).rounded(.down) : 0
  }
}

/// Why the encoder gives up, in its or the system's words.
struct PNGWriterFailure: Error {
  let reason: String
}

/// The encoder of one picture into an open file.
@safe private struct PNGWriter: ~Copyable {
  private let handle: OpaquePointer

  init(_ file: Int32) throws(PNGWriterFailure) {
    guard let handle = unsafe cpng_writer_create(file) else {
      throw PNGWriterFailure(reason: "found no memory to encode it")
    }
    unsafe self.handle = handle
  }

  deinit { unsafe cpng_writer_destroy(handle) }

  func add(_ entry: PNGTextEntry) throws(PNGWriterFailure) {
    let isAdded = unsafe cpng_writer_add_text(handle, entry.keyword, entry.text, !entry.isASCII)
    guard isAdded else { throw failure }
  }

  func writeHeader(_ shape: cpng_shape) throws(PNGWriterFailure) {
    let isWritten = unsafe withUnsafePointer(to: shape) {
      unsafe cpng_writer_write_header(handle, $0)
    }
    guard isWritten else { throw failure }
  }

  func writeRow<Sample>(_ samples: [Sample]) throws(PNGWriterFailure) {
    let isWritten = unsafe samples.withUnsafeBytes {
      unsafe cpng_writer_write_row(handle, $0.baseAddress, $0.count)
    }
    guard isWritten else { throw failure }
  }

  func finish() throws(PNGWriterFailure) {
    guard unsafe cpng_writer_finish(handle) else { throw failure }
  }

  private var failure: PNGWriterFailure {
    unsafe PNGWriterFailure(reason: String(cString: cpng_writer_message(handle)))
  }
}
