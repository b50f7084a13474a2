import CPNG

/// Why the decoder refuses a file, in its words.
enum PNGReaderFailure: Error {
  case malformed(String)
  /// The picture would take so many bytes.
  case tooMuchMemory(Int)

  static let noMemory = PNGReaderFailure.malformed("found no memory to decode it")
}

/// The decoder of one file that is in memory; it lives no longer than the buffer it is given.
@safe struct PNGReader: ~Copyable {
  private let handle: OpaquePointer

  init(
    _ file: UnsafeBufferPointer<UInt8>, sizeLimit: Int, readsText: Bool
  ) throws(PNGReaderFailure) {
    guard
      let handle = unsafe cpng_reader_create(
        file.baseAddress, file.count, UInt32(sizeLimit), readsText)
    else { throw .noMemory }
    unsafe self.handle = handle
  }

  deinit { unsafe cpng_reader_destroy(handle) }

  func shape() throws(PNGReaderFailure) -> cpng_shape {
    var shape = cpng_shape()
    guard unsafe cpng_reader_read_header(handle, &shape) else { throw failure }
    return shape
  }

  func readPixels<Sample>(into samples: inout [Sample]) throws(PNGReaderFailure) {
    let isRead = unsafe samples.withUnsafeMutableBytes {
      unsafe cpng_reader_read_pixels(handle, $0.baseAddress, $0.count)
    }
    guard isRead else { throw failure }
  }

  /// Whether no row is complete before the last pass; after the header.
  var isInterlaced: Bool { unsafe cpng_reader_is_interlaced(handle) }

  func readRow<Sample>(into samples: inout [Sample]) throws(PNGReaderFailure) {
    let isRead = unsafe samples.withUnsafeMutableBytes {
      unsafe cpng_reader_read_row(handle, $0.baseAddress, $0.count)
    }
    guard isRead else { throw failure }
  }

  /// Reads to the end of the file, after the last row.
  func finish() throws(PNGReaderFailure) {
    guard unsafe cpng_reader_finish(handle) else { throw failure }
  }

  /// The texts, after the pixels have been read.
  func texts() throws(PNGReaderFailure) -> [PNGTextEntry] {
    var texts: [PNGTextEntry] = []
    let textCount = unsafe cpng_reader_text_count(handle)
    for index in 0..<textCount {
      var keyword: UnsafePointer<CChar>?
      var text: UnsafePointer<CChar>?
      var isUTF8 = false
      unsafe cpng_reader_text(handle, index, &keyword, &text, &isUTF8)
      guard let keyword = unsafe string(keyword, isUTF8: false),
        let text = unsafe string(text, isUTF8: isUTF8)
      else { throw PNGReaderFailure.malformed("found a text that is not UTF-8 in chunk iTXt") }
      texts.append(PNGTextEntry(keyword: keyword, text: text))
    }
    return texts
  }

  /// A C string; `nil` where it is not in its encoding.
  private func string(_ start: UnsafePointer<CChar>?, isUTF8: Bool) -> String? {
    guard let start = unsafe start else { return "" }
    if isUTF8 { return unsafe String(validatingCString: start) }
    var scalars = String.UnicodeScalarView()
    var next = unsafe start
    while unsafe next.pointee != 0 {
      unsafe scalars.append(Unicode.Scalar(UInt8(bitPattern: next.pointee)))
      unsafe next += 1
    }
    return String(scalars)
  }

  private var failure: PNGReaderFailure {
    unsafe .malformed(String(cString: cpng_reader_message(handle)))
  }
}
