import CPNG
import Files

extension PNGFile {
  /// Decodes a file that is in memory already.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: what errors name it by.
  ///   - readsText: whether the texts are read; otherwise there are none in the result.
  /// - Throws: `PNGError`, whatever the bytes are.
  package static func decode(
    _ bytes: [UInt8], path: String, sizeLimit: Int = defaultSizeLimit,
    pixelLimit: Int = defaultPixelLimit, readsText: Bool = true
  ) throws(PNGError) -> (image: Image, text: [PNGTextEntry], bitDepth: Int) {
    precondition(
      (1...1_000_000).contains(sizeLimit) && pixelLimit > 0,
      "found limits \(sizeLimit) and \(pixelLimit), expected 1…1000000 and a positive number")
    guard !bytes.isEmpty else { throw .empty(path: path) }
    let chunks: PNGChunks
    do {
      chunks = try PNGChunks(bytes)
    } catch {
      switch error {
      case .notPNG: throw .notPNG(path: path)
      case .malformed(let reason): throw .malformed(path: path, reason: reason)
      }
    }
    let (width, height) = (chunks.width, chunks.height)
    guard max(width, height) <= sizeLimit else {
      throw .tooLarge(path: path, width: width, height: height, limit: sizeLimit)
    }
    guard width * height <= pixelLimit else {
      throw .tooManyPixels(path: path, width: width, height: height, limit: pixelLimit)
    }
    guard chunks.pixelByteCount <= PNGChunks.greatestCompression * chunks.compressedByteCount else {
      throw .malformed(
        path: path,
        reason: "found \(chunks.compressedByteCount) bytes of pixels, too few for "
          + "\(width)×\(height)")
    }
    do {
      let (image, text) = try decode(bytes, sizeLimit: sizeLimit, readsText: readsText)
      return (image, text, chunks.bitDepth)
    } catch {
      throw .malformed(path: path, reason: error.reason)
    }
  }

  /// Decodes a file's bytes, whose size has been checked.
  private static func decode(
    _ bytes: [UInt8], sizeLimit: Int, readsText: Bool
  ) throws(PNGReaderFailure) -> (image: Image, text: [PNGTextEntry]) {
    try unsafe bytes.withUnsafeBufferPointer { (file) throws(PNGReaderFailure) in
      let reader = try unsafe PNGReader(file, sizeLimit: sizeLimit, readsText: readsText)
      let shape = try reader.shape()
      let (width, height) = (Int(shape.width), Int(shape.height))
      let channelCount = Int(shape.channel_count)
      let sampleCount = width * height * channelCount
      let samples: [Float]
      if shape.bit_depth == 16 {
        var stored = [UInt16](repeating: 0, count: sampleCount)
        try reader.readPixels(into: &stored)
        samples = stored.map { Float($0) / 65_535 }
      } else {
        var stored = [UInt8](repeating: 0, count: sampleCount)
        try reader.readPixels(into: &stored)
        samples = stored.map { Float($0) / 255 }
      }
      let image = Image(
        width: width, height: height, channelCount: channelCount, samples: samples)
      return (image, try reader.texts())
    }
  }
}

/// Why the decoder refuses a file, in its words.
private struct PNGReaderFailure: Error {
  let reason: String

  static let noMemory = PNGReaderFailure(reason: "found no memory to decode it")
}

/// The decoder of one file that is in memory; it lives no longer than the buffer it is given.
@safe private struct PNGReader: ~Copyable {
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
      else { throw PNGReaderFailure(reason: "found a text that is not UTF-8 in chunk iTXt") }
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
    unsafe PNGReaderFailure(reason: String(cString: cpng_reader_message(handle)))
  }
}
