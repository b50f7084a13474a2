import Kernels

/// How finely a scene is marched.
package struct RenderSettings: Sendable, Hashable {
  /// Intervals along the bound's diagonal, 1…65,536; δ is the diagonal divided by it.
  package var samplesPerDiagonal: Int
  /// A ray stops when less than this share of light passes, [0, 1); 0 never stops.
  package var terminationThreshold: Float
  /// The distance before which nothing is seen, scene units, ≥ 0.
  package var near: Float
  /// Draws every sample's place in its interval from this seed; nil takes the middle.
  package var jitterSeed: UInt64?
  /// The edge of a tile, pixels.
  package var tileSize: Int
  package var threadCount: Int
  /// Whether surface normals are wanted: six more evaluations per pixel that shows something.
  package var makesNormals: Bool
  /// Whether the time of each phase is wanted: two looks at the clock per phase and batch.
  package var measuresPhases: Bool

  /// Settings one by one; by default those of high quality.
  package init(
    samplesPerDiagonal: Int = RenderQuality.high.samplesPerDiagonal,
    terminationThreshold: Float = RenderQuality.high.terminationThreshold, near: Float = 0,
    jitterSeed: UInt64? = nil, tileSize: Int = RenderSettings.defaultTileSize, threadCount: Int,
    makesNormals: Bool = false, measuresPhases: Bool = false
  ) {
    precondition(
      (1...65_536).contains(samplesPerDiagonal),
      "found \(samplesPerDiagonal) samples, expected 1…65,536")
    precondition(tileSize > 0 && threadCount > 0, "found a tile size or thread count below 1")
    self.samplesPerDiagonal = samplesPerDiagonal
    self.terminationThreshold = terminationThreshold
    self.near = near
    self.jitterSeed = jitterSeed
    self.tileSize = tileSize
    self.threadCount = threadCount
    self.makesNormals = makesNormals
    self.measuresPhases = measuresPhases
  }

  /// A quality's settings.
  package init(
    quality: RenderQuality, near: Float = 0, jitterSeed: UInt64? = nil,
    tileSize: Int = RenderSettings.defaultTileSize, threadCount: Int, makesNormals: Bool = false,
    measuresPhases: Bool = false
  ) {
    self.init(
      samplesPerDiagonal: quality.samplesPerDiagonal,
      terminationThreshold: quality.terminationThreshold, near: near, jitterSeed: jitterSeed,
      tileSize: tileSize, threadCount: threadCount, makesNormals: makesNormals,
      measuresPhases: measuresPhases)
  }

  /// The random stream of a pixel's ray; nil where samples are in the middles of intervals.
  func jitter(column: Int, row: Int) -> SeededGenerator? {
    jitterSeed.map { SeededGenerator(seed: $0).split(UInt64(row)).split(UInt64(column)) }
  }

  /// Large enough that the batches at a tile's end, which are not full, hardly count.
  package static let defaultTileSize = 64
}
