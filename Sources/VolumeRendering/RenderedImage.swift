/// What a camera sees of a scene: radiance, opacity, depth and, if asked for, normals.
///
/// Of a whole picture or of some of its rows.
package struct RenderedImage: Sendable {
  package let width: Int
  package private(set) var height: Int
  /// Σ w c, premultiplied by opacity, without background, `[height × width]`.
  package var radiance: [SIMD3<Float>]
  /// 0…1, `[height × width]`.
  package var opacity: [Float]
  /// Expected distance along the ray, scene units, 0 where nothing was met, `[height × width]`.
  package var depth: [Float]
  /// Unit vectors in world coordinates or zero, `[height × width]`; empty unless asked for.
  package var normals: [SIMD3<Float>]
  package var statistics = RenderStatistics()

  /// Rows that show nothing.
  package init(width: Int, height: Int, hasNormals: Bool) {
    let count = width * height
    self.width = width
    self.height = height
    radiance = [SIMD3<Float>](repeating: .zero, count: count)
    opacity = [Float](repeating: 0, count: count)
    depth = [Float](repeating: 0, count: count)
    normals = hasNormals ? radiance : []
  }

  /// Adds rows of the same picture at the lower end.
  mutating func append(_ rows: RenderedImage) {
    precondition(
      rows.width == width && rows.normals.isEmpty == normals.isEmpty,
      "found rows of another picture, expected \(width) pixels in each")
    height += rows.height
    radiance += rows.radiance
    opacity += rows.opacity
    depth += rows.depth
    normals += rows.normals
    statistics += rows.statistics
  }

  /// What the rays of a tile gathered, as an image of the tile alone.
  ///
  /// Pixels that are not finite numbers are shown as empty, and counted.
  init(_ result: RayMarcher.TileResult) {
    self.init(
      width: result.tile.columns.count, height: result.tile.rows.count,
      hasNormals: !result.normals.isEmpty)
    statistics = result.statistics
    for (pixel, ray) in result.accumulators.enumerated() {
      guard ray.radiance.sum().isFinite && ray.expectedDepth.isFinite else {
        statistics.nonFinitePixelCount += 1
        continue
      }
      radiance[pixel] = ray.radiance
      opacity[pixel] = ray.opacity
      depth[pixel] = ray.expectedDepth
      if !normals.isEmpty { normals[pixel] = result.normals[pixel] }
    }
  }

  /// Puts an image in a place of its own size, and counts its work.
  ///
  /// - Parameters:
  ///   - tile: the place, in the rows and columns of the whole picture.
  ///   - firstRow: of the picture's rows the one with which this image begins.
  mutating func insert(_ image: RenderedImage, at tile: Tile, firstRow: Int = 0) {
    statistics += image.statistics
    for (row, pictureRow) in tile.rows.enumerated() {
      let source = row * image.width..<(row + 1) * image.width
      let start = (pictureRow - firstRow) * width + tile.columns.lowerBound
      let target = start..<start + image.width
      radiance.replaceSubrange(target, with: image.radiance[source])
      opacity.replaceSubrange(target, with: image.opacity[source])
      depth.replaceSubrange(target, with: image.depth[source])
      if !normals.isEmpty { normals.replaceSubrange(target, with: image.normals[source]) }
    }
  }

  /// Some rows of the image; of their work nothing is known.
  package func rows(_ range: Range<Int>) -> RenderedImage {
    var rows = RenderedImage(width: width, height: 0, hasNormals: false)
    let pixels = range.lowerBound * width..<range.upperBound * width
    rows.height = range.count
    rows.radiance = Array(radiance[pixels])
    rows.opacity = Array(opacity[pixels])
    rows.depth = Array(depth[pixels])
    rows.normals = normals.isEmpty ? [] : Array(normals[pixels])
    return rows
  }
}
