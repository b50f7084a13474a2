import CPNG
import Files

extension PNGFile {
  /// What a picture may be and take.
  struct Limits {
    /// The greatest width and height, pixels.
    let size: Int
    /// The greatest product of the two.
    let pixels: Int
    /// What may be taken beyond the file's size, bytes.
    let memory: Int
  }

  /// Decodes a file that is in memory already.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: what errors name it by.
  ///   - readsText: whether the texts are read; otherwise there are none in the result.
  /// - Throws: `PNGError`, whatever the bytes are.
  package static func decode(
    _ bytes: [UInt8], path: String, sizeLimit: Int = defaultSizeLimit,
    pixelLimit: Int = defaultPixelLimit, memoryLimit: Int = defaultMemoryLimit,
    readsText: Bool = true
  ) throws(PNGError) -> (image: Image, text: [PNGTextEntry], bitDepth: Int) {
    let limits = Limits(size: sizeLimit, pixels: pixelLimit, memory: memoryLimit)
    let (picture, text, bitDepth) = try decodeStored(
      bytes, path: path, limits: limits, bytesPerSampleBeside: 4, readsText: readsText)
    return (picture.image, text, bitDepth)
  }

  /// - Parameter bytesPerSampleBeside: what the caller makes of a sample beside what is stored.
  static func decodeStored(
    _ bytes: [UInt8], path: String, limits: Limits, bytesPerSampleBeside: Int, readsText: Bool
  ) throws(PNGError) -> (picture: StoredPicture, text: [PNGTextEntry], bitDepth: Int) {
    let chunks = try chunks(of: bytes, path: path, limits: limits)
    let (width, height) = (chunks.width, chunks.height)
    guard chunks.pixelByteCount <= PNGChunks.greatestCompression * chunks.compressedByteCount else {
      throw .malformed(
        path: path,
        reason: "found \(chunks.compressedByteCount) bytes of pixels, too few for "
          + "\(width)×\(height)")
    }
    // Beyond the limit nothing is given to the picture.
    let memory = bytes.count + min(limits.memory, Int.max / 2)
    do {
      let (picture, text) = try decode(
        bytes, sizeLimit: limits.size, memoryLimit: memory,
        bytesPerSampleBeside: bytesPerSampleBeside, readsText: readsText)
      return (picture, text, chunks.bitDepth)
    } catch {
      switch error {
      case .malformed(let reason): throw .malformed(path: path, reason: reason)
      case .tooMuchMemory(let byteCount):
        throw .tooMuchMemory(
          path: path, width: width, height: height, byteCount: byteCount, limit: memory)
      }
    }
  }

  /// What a file claims to be, compared with limits.
  static func chunks(
    of bytes: [UInt8], path: String, limits: Limits
  ) throws(PNGError) -> PNGChunks {
    precondition(
      (1...1_000_000).contains(limits.size) && limits.pixels > 0 && limits.memory >= 0,
      "found limits \(limits), expected a size in 1…1000000 and positive numbers")
    guard !bytes.isEmpty else { throw .empty(path: path) }
    let chunks: PNGChunks
    do {
      chunks = try PNGChunks(bytes)
    } catch {
      throw PNGError(error, path: path)
    }
    let (width, height) = (chunks.width, chunks.height)
    guard max(width, height) <= limits.size else {
      throw .tooLarge(path: path, width: width, height: height, limit: limits.size)
    }
    guard width * height <= limits.pixels else {
      throw .tooManyPixels(path: path, width: width, height: height, limit: limits.pixels)
    }
    return chunks
  }

  /// Decodes a file's bytes, whose size has been checked.
  private static func decode(
    _ bytes: [UInt8], sizeLimit: Int, memoryLimit: Int, bytesPerSampleBeside: Int, readsText: Bool
  ) throws(PNGReaderFailure) -> (picture: StoredPicture, text: [PNGTextEntry]) {
    try unsafe bytes.withUnsafeBufferPointer { (file) throws(PNGReaderFailure) in
      let reader = try unsafe PNGReader(file, sizeLimit: sizeLimit, readsText: readsText)
      let shape = try reader.shape()
      let (width, height) = (Int(shape.width), Int(shape.height))
      let channelCount = Int(shape.channel_count)
      let sampleCount = width * height * channelCount
      let byteCount = sampleCount * (Int(shape.bit_depth) / 8 + bytesPerSampleBeside)
      guard byteCount <= memoryLimit else { throw .tooMuchMemory(byteCount) }
      let samples: StoredPicture.Samples
      if shape.bit_depth == 16 {
        var stored = [UInt16](repeating: 0, count: sampleCount)
        try reader.readPixels(into: &stored)
        samples = .words(stored)
      } else {
        var stored = [UInt8](repeating: 0, count: sampleCount)
        try reader.readPixels(into: &stored)
        samples = .bytes(stored)
      }
      let picture = StoredPicture(
        width: width, height: height, channelCount: channelCount, samples: samples)
      return (picture, try reader.texts())
    }
  }
}

extension PNGError {
  init(_ failure: PNGChunks.Failure, path: String) {
    switch failure {
    case .notPNG: self = .notPNG(path: path)
    case .malformed(let reason): self = .malformed(path: path, reason: reason)
    }
  }
}

/// Why the decoder refuses a file, in its words.
private enum PNGReaderFailure: Error {
  case malformed(String)
  /// The picture would take so many bytes.
  case tooMuchMemory(Int)

  static let noMemory = PNGReaderFailure.malformed("found no memory to decode it")
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
