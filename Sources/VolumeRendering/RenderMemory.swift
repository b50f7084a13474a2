package import NeuralFields

/// The memory that renderings take, bytes.
package enum RenderMemory {
  /// A pixel of a rendered image.
  private static func pixelBytes(hasNormals: Bool) -> Int {
    2 * MemoryLayout<Float>.stride + (hasNormals ? 2 : 1) * MemoryLayout<SIMD3<Float>>.stride
  }

  /// A picture of four channels.
  private static let pictureBytes = 4 * MemoryLayout<Float>.stride

  /// Workspaces of a thread: rays under way, and batches of samples with the network's values.
  private static let threadBytes = 1 << 20

  /// A picture that is rendered and written band by band.
  ///
  /// Its tiles stand in memory beside the band they make, and the band beside a picture of it, while the one
  /// before is given back.
  package static func streamedBytes(_ renderer: Renderer, width: Int, height: Int) -> Int {
    let bandHeight = renderer.bandHeight(width: width)
    let pixelCount = width * min(height, bandHeight)
    let pixel = pixelBytes(hasNormals: renderer.settings.makesNormals)
    // Of what a row takes, the encoder keeps a few.
    return pixelCount * 2 * (pixel + pictureBytes) + 64 * width
      + renderer.settings.threadCount * threadBytes + (1 << 20)
  }

  /// A picture that is kept whole, as one against the clock is, beside a coarser one of it.
  package static func wholeBytes(_ renderer: Renderer, width: Int, height: Int) -> Int {
    let pixel = pixelBytes(hasNormals: renderer.settings.makesNormals)
    return width * height * (pixel + pixel / 8)
      + streamedBytes(renderer, width: width, height: height)
  }

  /// A picture that grows band by band until it is whole.
  package static func grownBytes(_ renderer: Renderer, width: Int, height: Int) -> Int {
    let pixel = pixelBytes(hasNormals: renderer.settings.makesNormals)
    return width * height * 2 * pixel + streamedBytes(renderer, width: width, height: height)
  }

  /// A comparison with and without skipping: two pictures, and what is known of every pixel.
  package static func verificationBytes(width: Int, height: Int) -> Int { width * height * 96 }

  /// An occupancy grid while it is made: a distance for each cell, sets of one bit a cell, and lists of
  /// the cells to look at, which are those near surfaces.
  package static func gridBytes(bound: BoundingBox, resolution: Int) -> Int {
    3 * CellGrid(bound: bound, resolution: resolution).cellCount + (6 << 20)
  }
}
