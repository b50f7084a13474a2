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
  /// Whether surface normals are wanted: six more evaluations per pixel.
  package var makesNormals: Bool

  package init(
    samplesPerDiagonal: Int = 384, terminationThreshold: Float = 1e-3, near: Float = 0,
    jitterSeed: UInt64? = nil, tileSize: Int = 32, threadCount: Int, makesNormals: Bool = false
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
  }
}
