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
      bytes, path: path, limits: limits, bytesBeside: { _, _ in 4 }, readsText: readsText)
    return (picture.image, text, bitDepth)
  }

  /// - Parameter bytesBeside: what the caller makes of a sample beside what is stored, by its shape.
  static func decodeStored(
    _ bytes: [UInt8], path: String, limits: Limits,
    bytesBeside: (_ channelCount: Int, _ bitDepth: Int) -> Int,
    readsText: Bool
  ) throws(PNGError) -> (picture: StoredPicture, text: [PNGTextEntry], bitDepth: Int) {
    let chunks = try decodableChunks(of: bytes, path: path, limits: limits)
    let (width, height) = (chunks.width, chunks.height)
    // Beyond the limit nothing is given to the picture.
    let memory = bytes.count + min(limits.memory, Int.max / 2)
    do {
      let (picture, text) = try decode(
        bytes, sizeLimit: limits.size, memoryLimit: memory,
        bytesBeside: bytesBeside, readsText: readsText)
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

  /// What a file claims to be, compared with limits and with the bytes that it has for it.
  static func decodableChunks(
    of bytes: [UInt8], path: String, limits: Limits
  ) throws(PNGError) -> PNGChunks {
    let chunks = try chunks(of: bytes, path: path, limits: limits)
    guard chunks.pixelByteCount <= PNGChunks.greatestCompression * chunks.compressedByteCount else {
      throw .malformed(
        path: path,
        reason: "found \(chunks.compressedByteCount) bytes of pixels, too few for "
          + "\(chunks.width)×\(chunks.height)")
    }
    return chunks
  }

  /// Decodes a file's bytes, whose size has been checked.
  private static func decode(
    _ bytes: [UInt8], sizeLimit: Int, memoryLimit: Int,
    bytesBeside: (_ channelCount: Int, _ bitDepth: Int) -> Int,
    readsText: Bool
  ) throws(PNGReaderFailure) -> (picture: StoredPicture, text: [PNGTextEntry]) {
    try unsafe bytes.withUnsafeBufferPointer { (file) throws(PNGReaderFailure) in
      let reader = try unsafe PNGReader(file, sizeLimit: sizeLimit, readsText: readsText)
      let shape = try reader.shape()
      let (width, height) = (Int(shape.width), Int(shape.height))
      let channelCount = Int(shape.channel_count)
      let sampleCount = width * height * channelCount
      let byteCount =
        sampleCount * (Int(shape.bit_depth) / 8 + bytesBeside(channelCount, Int(shape.bit_depth)))
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
