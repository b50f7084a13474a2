import CPNG

/// Pictures of any size as small ones.
extension PNGFile {
  /// A picture that was made smaller while it was read.
  package struct Reduced: Sendable {
    package let image: Image
    /// Pixels of the picture in the file.
    package let fileWidth: Int
    package let fileHeight: Int
  }

  /// Reads a picture whose sides may be longer than what is wanted of it.
  ///
  /// A larger one is reduced row by row, each new pixel the mean over its area, so that beside the file
  /// only the small picture is in memory. Where a picture is interlaced no row is complete before the
  /// last: its stored samples must keep to the memory limit.
  ///
  /// - Parameters:
  ///   - limit: the longest side of the result, pixels.
  ///   - memoryLimit: what the picture may take beyond the file's size, bytes.
  /// - Throws: `PNGError`, as ``read(_:sizeLimit:pixelLimit:memoryLimit:)``.
  package static func readReduced(
    _ path: String, toSide limit: Int, memoryLimit: Int = defaultMemoryLimit
  ) throws(PNGError) -> Reduced {
    try decodeReduced(bytes(at: path), path: path, toSide: limit, memoryLimit: memoryLimit)
  }

  /// Makes a small picture of a file that is in memory, as `readReduced` does.
  package static func decodeReduced(
    _ bytes: [UInt8], path: String, toSide limit: Int, memoryLimit: Int = defaultMemoryLimit
  ) throws(PNGError) -> Reduced {
    let limits = Limits(size: defaultSizeLimit, pixels: defaultPixelLimit, memory: memoryLimit)
    let chunks = try decodableChunks(of: bytes, path: path, limits: limits)
    let (width, height) = (chunks.width, chunks.height)
    guard max(width, height) > limit else {
      let image = try decode(bytes, path: path, memoryLimit: memoryLimit, readsText: false).image
      return Reduced(image: image, fileWidth: width, fileHeight: height)
    }
    let memory = bytes.count + min(limits.memory, Int.max / 2)
    do {
      let image = try reduced(bytes, toSide: limit, memoryLimit: memory)
      return Reduced(image: image, fileWidth: width, fileHeight: height)
    } catch {
      switch error {
      case .malformed(let reason): throw .malformed(path: path, reason: reason)
      case .tooMuchMemory(let byteCount):
        throw .interlaced(
          path: path, width: width, height: height, byteCount: byteCount, limit: memory)
      }
    }
  }

  private static func reduced(
    _ bytes: [UInt8], toSide limit: Int, memoryLimit: Int
  ) throws(PNGReaderFailure) -> Image {
    try unsafe bytes.withUnsafeBufferPointer { (file) throws(PNGReaderFailure) in
      let reader = try unsafe PNGReader(file, sizeLimit: defaultSizeLimit, readsText: false)
      let shape = try reader.shape()
      let (width, height) = (Int(shape.width), Int(shape.height))
      var picture = PictureReduction(
        width: width, height: height, channelCount: Int(shape.channel_count), toSide: limit)
      let rowCount = width * Int(shape.channel_count)
      let byteCount = rowCount * height * Int(shape.bit_depth) / 8
      guard !reader.isInterlaced || byteCount <= memoryLimit else {
        throw .tooMuchMemory(byteCount)
      }
      if shape.bit_depth == 16 {
        try reader.forEachRow(of: rowCount, height: height, zero: UInt16(0)) { row in
          picture.add(row.map { Float($0) / 65_535 })
        }
      } else {
        try reader.forEachRow(of: rowCount, height: height, zero: UInt8(0)) { row in
          picture.add(row.map { Float($0) / 255 })
        }
      }
      return picture.image()
    }
  }
}

extension PNGReader {
  /// Reads all rows from the top, and to the end of the file; after the header.
  fileprivate func forEachRow<Sample>(
    of rowCount: Int, height: Int, zero: Sample, _ body: (ArraySlice<Sample>) -> Void
  ) throws(PNGReaderFailure) {
    if isInterlaced {
      var samples = [Sample](repeating: zero, count: rowCount * height)
      try readPixels(into: &samples)
      for row in 0..<height { body(samples[row * rowCount..<(row + 1) * rowCount]) }
    } else {
      var samples = [Sample](repeating: zero, count: rowCount)
      for _ in 0..<height {
        try readRow(into: &samples)
        body(samples[...])
      }
      try finish()
    }
  }
}
