import CPNG

/// The encoder of one picture into an open file.
@safe struct PNGEncoder: ~Copyable {
  /// Why the encoder gives up, in its or the system's words.
  struct Failure: Error {
    let reason: String
  }

  private let handle: OpaquePointer

  init(_ file: Int32) throws(Failure) {
    guard let handle = unsafe cpng_writer_create(file) else {
      throw Failure(reason: "found no memory to encode it")
    }
    unsafe self.handle = handle
  }

  deinit { unsafe cpng_writer_destroy(handle) }

  func add(_ entry: PNGTextEntry) throws(Failure) {
    let isAdded = unsafe cpng_writer_add_text(handle, entry.keyword, entry.text, !entry.isASCII)
    guard isAdded else { throw failure }
  }

  func writeHeader(_ shape: cpng_shape) throws(Failure) {
    let isWritten = unsafe withUnsafePointer(to: shape) {
      unsafe cpng_writer_write_header(handle, $0)
    }
    guard isWritten else { throw failure }
  }

  /// Writes rows of `sampleCount` samples each.
  func writeRows(_ samples: [Float], sampleCount: Int) throws(Failure) {
    let areWritten = unsafe samples.withUnsafeBufferPointer { all in
      stride(from: 0, to: all.count, by: sampleCount).allSatisfy { start in
        let row = unsafe UnsafeBufferPointer(rebasing: all[start..<start + sampleCount])
        return unsafe cpng_writer_write_row(handle, row.baseAddress, row.count)
      }
    }
    guard areWritten else { throw failure }
  }

  func finish() throws(Failure) {
    guard unsafe cpng_writer_finish(handle) else { throw failure }
  }

  private var failure: Failure {
    unsafe Failure(reason: String(cString: cpng_writer_message(handle)))
  }
}
